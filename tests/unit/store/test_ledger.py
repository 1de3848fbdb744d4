"""The ledger keeps every answer that was paid for, whatever happens to its last line."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daydream.store.ledger import NAME, Attempt, Ledger, read_attempts
from tests.support.workspace import ROOT

ANSWER = Attempt(
    at="2026-01-02T03:04:05+00:00",
    outcome="answer",
    fingerprint="f1",
    endpoint="mock",
    model="lab/writer",
    parameters={"max_tokens": 10, "temperature": 0.7},
    replicate=1,
    attempt=2,
    forced=True,
    latency_s=0.25,
    returned_model="lab/writer-2",
    provider="DeepInfra",
    system_fingerprint="fp_1",
    response_id="chatcmpl-1",
    finish_reason="stop",
    usage={"prompt_tokens": 3, "completion_tokens": 4},
    cost_usd=0.0012,
    text="An idea.",
    reasoning="Hm.",
)
FAILURE = replace(
    ANSWER,
    outcome="failed",
    text=None,
    cost_usd=None,
    usage={},
    error={"kind": "http_500", "message": "oops"},
)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "gens" / "draft" / "d_1")


def keep(folder: str, *attempts: Attempt) -> None:
    with Ledger.open(folder) as ledger:
        for attempt in attempts:
            ledger.append(attempt)


def content(folder: str) -> bytes:
    return Path(folder, NAME).read_bytes()


def test_a_generation_without_a_ledger_has_no_attempts(folder: str) -> None:
    assert read_attempts(folder) == []


def test_opening_makes_folder_and_file(folder: str) -> None:
    with Ledger.open(folder) as ledger:
        assert ledger.attempts == []
    assert content(folder) == b""


def test_answers_and_failures_are_read_back_as_they_were(folder: str) -> None:
    keep(folder, FAILURE, ANSWER)
    assert read_attempts(folder) == [FAILURE, ANSWER]
    with Ledger.open(folder) as ledger:
        assert ledger.attempts == [FAILURE, ANSWER]


def test_an_attempt_is_on_disk_before_the_ledger_is_closed(folder: str) -> None:
    with Ledger.open(folder) as ledger:
        ledger.append(ANSWER)
        assert read_attempts(folder) == [ANSWER]
        assert ledger.attempts == [ANSWER]


LATER = replace(ANSWER, at="2026-01-02T03:04:06+00:00")


def answers(ledger: Ledger, fingerprint: str) -> list[Attempt]:
    return [a for a in ledger.attempts if a.is_answer and a.fingerprint == fingerprint]


def test_the_ledger_only_grows(folder: str) -> None:
    keep(folder, ANSWER)
    before = content(folder)
    keep(folder, FAILURE)
    assert content(folder).startswith(before)
    assert content(folder).count(b"\n") == 2


def test_answers_are_found_by_fingerprint_and_the_newest_is_last(folder: str) -> None:
    old, new = replace(ANSWER, text="old"), replace(ANSWER, text="new")
    keep(folder, old, replace(ANSWER, fingerprint="f2"), FAILURE, new)
    with Ledger.open(folder) as ledger:
        assert [a.text for a in answers(ledger, "f1")] == ["old", "new"]
        assert [a.fingerprint for a in answers(ledger, "f2")] == ["f2"]
        assert answers(ledger, "f3") == []


def test_a_failure_is_no_answer(folder: str) -> None:
    keep(folder, FAILURE)
    with Ledger.open(folder) as ledger:
        assert answers(ledger, "f1") == []


def test_an_answer_of_this_session_is_found_at_once(folder: str) -> None:
    with Ledger.open(folder) as ledger:
        ledger.append(ANSWER)
        assert answers(ledger, "f1") == [ANSWER]


@pytest.mark.parametrize("cut", [1, 2, 30, 150])
def test_a_torn_last_line_loses_itself_only(folder: str, cut: int) -> None:
    keep(folder, ANSWER, replace(ANSWER, text="torn"))
    Path(folder, NAME).write_bytes(content(folder)[:-cut])
    keep(folder, replace(ANSWER, text="after"))
    texts = [a.text for a in read_attempts(folder)]
    assert texts == ["An idea.", *(["torn"] if cut == 1 else []), "after"]


def test_a_line_torn_in_the_middle_of_a_character_is_passed_over(folder: str) -> None:
    keep(folder, ANSWER, replace(ANSWER, text="é" * 50))
    whole = content(folder)
    Path(folder, NAME).write_bytes(whole[: whole.rindex("é".encode()) + 1])
    keep(folder, LATER)
    assert read_attempts(folder) == [ANSWER, LATER]


def test_a_line_that_a_bad_copy_has_twice_was_one_call(folder: str) -> None:
    keep(folder, ANSWER, FAILURE, LATER)
    Path(folder, NAME).write_bytes(content(folder) * 2)
    assert read_attempts(folder) == [ANSWER, FAILURE, LATER]
    with Ledger.open(folder) as ledger:
        assert ledger.attempts == [ANSWER, FAILURE, LATER] and ledger.damaged == []


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"3", b"null", b'"x"', b"{}", b'{"outcome": "answer"}', b"\xff\xfe\x00"]
)
def test_a_line_that_is_no_attempt_is_passed_over(folder: str, line: bytes) -> None:
    keep(folder, ANSWER)
    Path(folder, NAME).write_bytes(line + b"\n" + content(folder))
    assert read_attempts(folder) == [ANSWER]


def test_fields_of_a_newer_version_are_ignored_and_stay_in_the_file(folder: str) -> None:
    keep(folder, ANSWER)
    line = json.loads(content(folder)) | {"mood": "good", "tools": [1]}
    Path(folder, NAME).write_text(json.dumps(line) + "\n")
    keep(folder, FAILURE)
    assert read_attempts(folder) == [ANSWER, FAILURE]
    assert b'"mood"' in content(folder)


@pytest.mark.parametrize(
    "text", ["", "a\nb\r\nc\u2028d\u2029e\x85f\x0bg", "é\U0001f600\ufeff", "\0\x1b[0m", '"\\']
)
def test_any_text_stays_on_one_line_and_comes_back(folder: str, text: str) -> None:
    keep(folder, replace(ANSWER, text=text, reasoning=text))
    assert content(folder).count(b"\n") == 1
    assert read_attempts(folder)[0].text == text
    assert read_attempts(folder)[0].reasoning == text


def test_half_a_surrogate_pair_does_not_lose_the_answer(folder: str) -> None:
    keep(folder, replace(ANSWER, text="paid \ud83d answer"))
    assert read_attempts(folder)[0].text == "paid ? answer"


def test_an_answer_without_parameters_is_not_lost(folder: str) -> None:
    keep(folder, replace(ANSWER, parameters={}))
    assert [a.text for a in read_attempts(folder)] == ["An idea."]


NUMBER = st.none() | st.floats(0, 1e6, allow_nan=False)
WORD = st.none() | st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
ATTEMPTS = st.builds(
    Attempt,
    at=st.just("2026-01-01"),
    outcome=st.sampled_from(["answer", "failed"]),
    fingerprint=st.sampled_from(["f1", "f2"]),
    endpoint=st.just("e"),
    model=st.text(st.characters(blacklist_categories=("Cs",)), max_size=5),
    parameters=st.just({"max_tokens": 1}),
    replicate=st.integers(1, 9),
    forced=st.booleans(),
    latency_s=st.floats(0, 1e6),
    finish_reason=WORD,
    usage=st.dictionaries(st.sampled_from(["prompt_tokens", "x"]), st.integers(0, 10**9)),
    cost_usd=NUMBER,
    error=st.none() | st.just({"kind": "k"}),
    reasoning=WORD,
    text=WORD,
)


@settings(deadline=None)
@given(st.lists(ATTEMPTS, max_size=4, unique_by=repr))
def test_any_attempts_survive(tmp_path_factory, attempts: list[Attempt]) -> None:
    folder = str(tmp_path_factory.getbasetemp() / "ledger")
    Path(folder).mkdir(exist_ok=True)
    Path(folder, NAME).write_bytes(b"")
    keep(folder, *attempts)
    assert [asdict(a) for a in read_attempts(folder)] == [asdict(a) for a in attempts]


def add(folder: str, start: int, count: int) -> None:
    for number in range(start, start + count):
        keep(folder, replace(ANSWER, text=f"{number} " + "x" * 9000))


def numbers(folder: str) -> list[int]:
    return sorted(int((a.text or "").split()[0]) for a in read_attempts(folder))


def test_threads_that_append_at_once_lose_nothing(folder: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add(folder, 10 * n, 10), range(8)))
    assert numbers(folder) == list(range(80))


def test_processes_that_append_at_once_lose_nothing(folder: str) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=add, args=(folder, 20 * n, 20)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert numbers(folder) == list(range(60))


def test_whoever_waits_for_the_lock_reads_what_its_holder_paid_for(folder: str) -> None:
    found = []

    def second() -> None:
        with Ledger.open(folder) as ledger:
            found.extend(answers(ledger, "f1"))

    with ThreadPoolExecutor(1) as pool:
        with Ledger.open(folder) as ledger:
            waiting = pool.submit(second)
            ledger.append(ANSWER)
        waiting.result(timeout=10)
    assert found == [ANSWER]


FULL_DISK = """
import resource, sys
sys.path.insert(0, {root!r})
from tests.unit.store.test_ledger import ANSWER, keep
from dataclasses import replace
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    keep({folder!r}, replace(ANSWER, text="x" * 5000))
except OSError:
    sys.exit(7)
"""


def test_an_answer_that_does_not_fit_on_the_disk_is_told(folder: str) -> None:
    root = str(ROOT)
    code = FULL_DISK.format(root=root, folder=folder)
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7


@given(position=st.integers(0), byte=st.integers(0, 255))
def test_one_bad_byte_never_hides_an_answer_silently(position: int, byte: int) -> None:
    """The answer is read, perhaps with a wrong character, or the line is named as damaged."""
    with tempfile.TemporaryDirectory() as folder:
        keep(folder, replace(ANSWER, text="An essay of some length.\nWith two lines, \u00e9."))
        line = bytearray(content(folder))
        place = position % (len(line) - 1)
        was, line[place] = line[place], byte
        assume(was != byte and byte != 0x0A)
        Path(folder, NAME).write_bytes(bytes(line))
        with Ledger.open(folder) as ledger:
            assert ledger.attempts or ledger.damaged == [1] or place == len(line) - 2


def test_a_line_torn_by_a_kill_is_not_called_damaged(folder: str) -> None:
    keep(folder, ANSWER)
    whole = content(folder)
    for cut in range(1, len(whole)):
        Path(folder, NAME).write_bytes(whole[:cut])
        with Ledger.open(folder) as ledger:
            assert ledger.damaged == [], whole[:cut]


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000])
def test_deep_json_in_a_ledger_is_named_and_stops_nothing_else(folder: str, deep: bytes) -> None:
    keep(folder, ANSWER)
    with open(Path(folder, NAME), "ab") as file:
        file.write(deep + b"]" * 10 + b"\n")
    keep(folder, LATER)
    with Ledger.open(folder) as ledger:
        assert ledger.attempts == [ANSWER, LATER]
        assert ledger.damaged == [2]
