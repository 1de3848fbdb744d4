"""A data root and its copy in object storage are kept in step, against a real S3 server."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from daydream.errors import StoreError
from daydream.store.bucket import copier
from daydream.store.bucket.client import Bucket, Changed
from daydream.store.bucket.copier import Copier
from daydream.store.bucket.merge import merged_combos, merged_lines
from daydream.store.bucket.mirror import Mirror
from daydream.store.bucket.tree import is_copied, is_input, phase
from daydream.store.ledger import Ledger, read_attempts
from tests.support import s3_dialects
from tests.support.s3 import S3Server
from tests.unit.store.test_ledger import ANSWER

TEMPLATE, DRAFT = "1_raw/templates/draft/plain.txt", "gens/draft/d_1"


@pytest.fixture
def host(tmp_path: Path, s3_address: str) -> Callable[[str], Mirror]:
    """A host of its own: a data root that shares nothing but the bucket."""
    return lambda name: Mirror(Copier(str(tmp_path / name), Bucket(s3_address)))


def write(mirror: Mirror, name: str, text: str, at: float | None = None) -> Path:
    path = Path(mirror.root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if at is not None:
        os.utime(path, (at, at))
    return path


def read(mirror: Mirror, name: str) -> str:
    return Path(mirror.root, name).read_text()


def push(mirror: Mirror) -> list[str]:
    return mirror.push(mirror.listed()).pushed


def pull(mirror: Mirror) -> list[str]:
    return mirror.pull(mirror.listed()).pulled


def test_a_copy_has_the_files_with_their_times_and_nothing_of_one_host(host) -> None:
    here, there = host("a"), host("b")
    write(here, TEMPLATE, "text", at=1_000_000.25)
    write(here, f"{DRAFT}/parsed.txt", "draft", at=1_000_000.5)
    for local in ("slices/running/x.alive", "budget/spent.json", ".bucket/x", "combos.lock"):
        write(here, local, "of this host")
    assert push(here) == [TEMPLATE, f"{DRAFT}/parsed.txt"]
    assert sorted(pull(there)) == [TEMPLATE, f"{DRAFT}/parsed.txt"]
    for name in (TEMPLATE, f"{DRAFT}/parsed.txt"):
        ours, theirs = Path(here.root, name), Path(there.root, name)
        assert theirs.read_bytes() == ours.read_bytes()
        assert theirs.stat().st_mtime_ns == ours.stat().st_mtime_ns


def test_what_is_in_step_costs_a_listing(host, s3: S3Server) -> None:
    here, there = host("a"), host("b")
    write(here, TEMPLATE, "text")
    push(here)
    pull(there)
    s3.reset()
    assert not push(here) and not pull(here) and not pull(there)
    assert not host("a").pull(here.listed()).pulled  # a later process remembers it
    os.system(f"rm -r {there.root}/.bucket")  # and without a memory contents are compared
    assert not pull(host("b"))
    assert s3.requests() == {"LIST": 5}


def test_a_ledger_that_grew_on_both_sides_has_all_lines_on_both(host) -> None:
    here, there = host("a"), host("b")
    folders = [f"{mirror.root}/{DRAFT}" for mirror in (here, there)]
    for number, folder in enumerate(folders):
        with Ledger.open(folder) as ledger:
            ledger.append(replace(ANSWER, text=f"answer {number}"))
    push(here)
    push(there)
    pull(here)
    texts = [[a.text for a in read_attempts(folder)] for folder in folders]
    assert texts == [["answer 0", "answer 1"]] * 2
    assert not push(here) and not push(there)


def test_a_held_ledger_is_sent_with_what_others_added(host, s3_address: str) -> None:
    here, there = host("a"), host("b")
    name = f"{DRAFT}/attempts.jsonl"
    for number, mirror in enumerate((here, there)):
        with Ledger.open(f"{mirror.root}/{DRAFT}") as ledger:
            ledger.append(replace(ANSWER, text=f"answer {number}"))
            mirror.files.send_held(name)
            ledger.append(replace(ANSWER, text=f"answer {number} again"))
            mirror.files.send_held(name)
    version = Bucket(s3_address).get(name)
    assert version is not None
    texts = [json.loads(line)["text"] for line in version.content.splitlines()]
    assert texts == ["answer 0", "answer 0 again", "answer 1", "answer 1 again"]
    pull(there)
    assert len(read_attempts(f"{there.root}/{DRAFT}")) == 4


def test_the_newer_of_two_made_files_holds(host) -> None:
    here, there = host("a"), host("b")
    write(here, f"{DRAFT}/parsed.txt", "old", at=1000)
    write(there, f"{DRAFT}/parsed.txt", "new", at=2000)
    push(there)
    push(here)
    assert read(here, f"{DRAFT}/parsed.txt") == "new"


def test_a_version_that_somebody_deletes_meanwhile_is_not_waited_for(host, monkeypatch) -> None:
    here, there = host("a"), host("b")
    write(here, f"{DRAFT}/parsed.txt", "new", at=2000)
    write(there, f"{DRAFT}/parsed.txt", "old", at=1000)
    push(there)
    get = here.bucket.get

    def get_and_lose(name: str):
        version = get(name)
        here.bucket.delete(name)
        return version

    monkeypatch.setattr(here.bucket, "get", get_and_lose)
    assert push(here) == [f"{DRAFT}/parsed.txt"]
    monkeypatch.undo()
    assert here.bucket.get(f"{DRAFT}/parsed.txt").content == b"new"


def test_a_file_of_a_person_that_both_sides_changed_is_named_and_untouched(host) -> None:
    here, there = host("a"), host("b")
    write(here, TEMPLATE, "first")
    push(here)
    pull(there)
    write(here, TEMPLATE, "mine", at=5000)
    write(there, TEMPLATE, "yours", at=6000)
    write(there, "cohorts/trial/manifest.json", "{}")
    push(there)
    with pytest.raises(StoreError, match=f"{TEMPLATE}.*daydream push --overwrite"):
        push(here)
    with pytest.raises(StoreError, match="1 file"):
        pull(here)
    assert read(here, TEMPLATE) == "mine"
    assert read(here, "cohorts/trial/manifest.json") == "{}"
    mine = Mirror(Copier(here.root, here.bucket, prefer="here"))
    assert mine.push(mine.listed()).pushed == [TEMPLATE]
    assert pull(there) == [TEMPLATE] and read(there, TEMPLATE) == "mine"


def test_nothing_is_deleted_and_what_was_deleted_comes_back(host) -> None:
    here, there = host("a"), host("b")
    path = write(here, TEMPLATE, "text")
    push(here)
    pull(there)
    path.unlink()
    assert push(here) == []
    assert pull(here) == [TEMPLATE]


def test_a_conditional_write_is_refused_where_another_version_is(s3_address: str) -> None:
    bucket = Bucket(s3_address)
    first = bucket.put("x", b"1", 5, None)
    with pytest.raises(Changed):
        bucket.put("x", b"2", 5, None)
    second = bucket.put("x", b"2", 5, first)
    with pytest.raises(Changed):
        bucket.put("x", b"3", 5, first)
    assert bucket.get("x") == (b"2", second, 5)
    assert bucket.get("y") is None


def test_a_server_that_wants_etags_without_quotes_is_understood(host) -> None:
    here, there = host("a"), host("b")
    for mirror in (here, there):
        s3_dialects.compare_without_quotes(mirror.bucket)
    for at, mirror in ((1000, here), (2000, there)):
        write(mirror, f"{DRAFT}/parsed.txt", f"of {at}", at=at)
        write(mirror, f"{DRAFT}/attempts.jsonl", f"{at}\n")
        push(mirror)
    assert sorted(pull(here)) == [f"{DRAFT}/attempts.jsonl", f"{DRAFT}/parsed.txt"]
    assert read(here, f"{DRAFT}/parsed.txt") == "of 2000"
    assert read(here, f"{DRAFT}/attempts.jsonl") == "1000\n2000\n"


def test_times_are_read_however_a_server_writes_the_names_of_headers(s3_address: str) -> None:
    bucket = Bucket(s3_address)
    s3_dialects.write_names_with_capitals(bucket)
    bucket.put("x", b"1", 5, None)
    version = bucket.get("x")
    assert version is not None and version.mtime_ns == 5


def test_a_write_whose_answer_was_lost_is_not_taken_for_one_of_another_host(
    s3_address: str,
) -> None:
    bucket = Bucket(s3_address)
    first = bucket.put("x", b"1", 5, None)
    s3_dialects.lose_answers(bucket, ["/x", "/y"])
    second = bucket.put("x", b"2", 6, first)
    assert bucket.get("x") == (b"2", second, 6)
    bucket.put("y", b"1", 5, None)
    with pytest.raises(Changed):
        bucket.put("y", b"2", 5, None)


def test_an_object_that_is_refused_for_ever_is_given_up(host, monkeypatch) -> None:
    here, there = host("a"), host("b")
    for text, mirror in (("a\n", there), ("b\n", here)):
        write(mirror, f"{DRAFT}/attempts.jsonl", text)
    push(there)
    get = here.bucket.get
    monkeypatch.setattr(copier, "_MAX_ROUNDS", 3)
    monkeypatch.setattr(here.bucket, "get", lambda name: get(name)._replace(etag='"other"'))
    with pytest.raises(StoreError, match=f"cannot write {DRAFT}/attempts.jsonl.*If-Match"):
        push(here)
    with pytest.raises(StoreError, match="What is here is kept"):
        here.files.send_held(f"{DRAFT}/attempts.jsonl")
    assert read(here, f"{DRAFT}/attempts.jsonl") == "a\nb\n"


def test_names_that_lead_out_of_the_data_root_are_no_files_of_it() -> None:
    assert is_copied("gens/draft/d_1/raw.txt")
    for name in ("../x", "gens/../../x", "/etc/x", "gens//x", ".bucket/x", "slices/x", "a.lock"):
        assert not is_copied(name)


def test_files_of_people_are_told_from_made_ones() -> None:
    inputs = ("1_raw/llm_models.csv", "2_tasks/selected_essays.txt", "cohorts/c/spec/config.yaml")
    assert all(map(is_input, inputs))
    assert not any(map(is_input, ("cohorts/c/membership.csv", "gens/draft/d_1/raw.txt")))


def test_a_parsed_text_is_sent_after_all_that_it_comes_from() -> None:
    essay = "gens/essay/e_1"
    order = [TEMPLATE, f"{DRAFT}/raw.txt", f"{DRAFT}/parsed.txt", f"{essay}/parsed.txt", "8_report"]
    assert sorted(order, key=phase) == order
    assert phase(f"{essay}/attempts.jsonl") == 0


def test_merging_loses_no_line_and_says_none_twice() -> None:
    assert merged_lines(b"a\nb\n", b"a\nc\n") == b"a\nb\nc\n"
    assert merged_lines(b"a\nto", b"a\ntorn\n") == b"a\nto\ntorn\n"
    header = b"combo_id,version\n"
    rows = merged_combos(header + b"x,1\n", header + b"x,2\ny,2\n")
    assert rows == header + b"x,1\ny,2\n"


def test_errors_say_what_to_do(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="there is no bucket nowhere-at-all"):
        list(Bucket("s3://nowhere-at-all/x").list())
    with pytest.raises(StoreError, match="no address such as"):
        Bucket("http://x")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreError, match="AWS_ACCESS_KEY_ID"):
        list(Bucket(s3_address).list())


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (403, "RequestTimeTooSkewed", "Synchronise it"),
        (403, "SignatureDoesNotMatch", "refuses the key"),
        (501, "NotImplemented", "docs/object-storage.md"),
        (500, "InternalError", "Run again later; what is here is kept"),
    ],
)
def test_what_servers_answer_is_told_with_what_to_do(
    s3_address: str, status: int, code: str, advice: str
) -> None:
    bucket = Bucket(s3_address)
    s3_dialects.answer_with(bucket, status, code)
    with pytest.raises(StoreError, match=f"{s3_address}: cannot write: .*{advice}"):
        bucket.put("x", b"1", 5, None)


def test_a_server_that_is_gone_is_told(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreError, match=r'127.0.0.1:1/.*"\. Run again later'):
        list(Bucket("s3://lab").list())
