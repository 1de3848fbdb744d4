"""Where the answers of a generation come from: its ledger, its model, and last its fallback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daydream.errors import (
    BudgetError,
    CallError,
    ClosedError,
    DaydreamError,
    EnoughErrors,
    LedgerError,
    StoppedError,
)
from daydream.experiment.settings import Settings
from daydream.generation import answers as answers_module
from daydream.generation.answers import LATE_READS, Answers
from daydream.generation.meter import Meter
from daydream.llm.pool import Clients
from daydream.store.ledger import Attempt, Ledger
from tests.unit.llm.test_request import build

OWN = build()
FALLBACK = replace(OWN, endpoint="other", fallback="spare")
DOWN = CallError("lab/writer at mock: http_503: Down.", cause="http_503")
CLOSED = ClosedError("not asked: mock takes no calls.", cause="http_402")


class Client:
    """Gives one end to every call."""

    def __init__(self, end: DaydreamError | None) -> None:
        self.end, self.asked = end, 0

    def complete(self, request: Any, record: Any, forced: bool, seed: int) -> Attempt:
        self.asked += 1
        if self.end:
            raise self.end
        attempt = Attempt(
            at=f"2026-01-01T00:00:0{self.asked}",
            outcome="answer",
            fingerprint=request.fingerprint,
            endpoint=request.endpoint,
            model=request.model.model,
            parameters=request.parameters,
            replicate=1,
            forced=forced,
            fallback=request.fallback or None,
            fallback_reason=request.fallback_reason or None,
            text=f"by {request.endpoint}",
        )
        record(attempt)
        return attempt


class Bench:
    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self.folder = ledger, str(folder)
        self.announced: list[str] = []

    def answers(
        self, own: DaydreamError | None, fallback: DaydreamError | None = None, **config: Any
    ) -> Answers:
        self.clients = {"mock": Client(own), "other": Client(fallback)}
        pool: Any = SimpleNamespace(
            of=self.clients.__getitem__,
            announce_fallback=lambda own, other, error: self.announced.append(str(error)),
        )
        settings = Settings.from_config(config)
        meter = Meter()
        return Answers((OWN, FALLBACK), self.folder, self.ledger, settings, pool, meter)

    @property
    def asked(self) -> tuple[int, int]:
        return self.clients["mock"].asked, self.clients["other"].asked


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Ledger.open(str(tmp_path)) as ledger:
        yield Bench(ledger, tmp_path)


def test_the_model_itself_is_asked_and_its_answer_is_used_again(bench: Bench) -> None:
    assert next(bench.answers(None).take(forced=False)).text == "by mock"
    again = bench.answers(None)
    assert next(again.take(forced=False)).text == "by mock"
    assert bench.asked == (0, 0)
    forced = next(again.take(forced=True))
    assert (bench.asked, forced.forced) == ((1, 0), True)


@pytest.mark.parametrize("error", [DOWN, CLOSED])
def test_a_fallback_answers_says_why_and_is_not_bought_again(
    error: DaydreamError, bench: Bench
) -> None:
    answer = next(bench.answers(error).take(forced=False))
    assert (answer.text, answer.fallback, answer.fallback_reason) == (
        "by other",
        "spare",
        str(error),
    )
    assert bench.announced == [str(error)]
    again = bench.answers(None)
    assert next(again.take(forced=False)) == answer
    assert bench.asked == (0, 0)
    assert next(again.take(forced=True)).text == "by mock"


@pytest.mark.parametrize(
    "error",
    [
        CallError("No.", cause="http_400"),
        CallError("No.", cause="content_filter"),
        CallError("No.", cause="no_key"),
        BudgetError("spent"),
        StoppedError("stopped"),
        EnoughErrors("enough"),
    ],
)
def test_what_is_not_of_the_endpoint_goes_to_no_other(error: DaydreamError, bench: Bench) -> None:
    with pytest.raises(type(error), match=str(error)):
        next(bench.answers(error).take(forced=False))
    assert (bench.asked, bench.announced) == ((1, 0), [])


@pytest.mark.parametrize(
    ("own", "other", "kind"),
    [
        (DOWN, DOWN, CallError),
        (DOWN, CLOSED, CallError),  # something was asked, and has failed
        (CLOSED, DOWN, CallError),
        (CLOSED, CLOSED, ClosedError),  # nothing was
        (CLOSED, BudgetError("spent"), BudgetError),
        (DOWN, StoppedError("stopped"), StoppedError),
    ],
)
def test_when_both_bring_nothing_it_is_told_what_that_is(
    own: DaydreamError, other: DaydreamError, kind: type[DaydreamError], bench: Bench
) -> None:
    with pytest.raises(DaydreamError) as caught:
        next(bench.answers(own, other).take(forced=False))
    assert type(caught.value) is kind
    if kind in (CallError, ClosedError):
        assert str(own) in str(caught.value)
        assert f"Its fallback spare: {other}" in str(caught.value)
        assert caught.value.cause == other.cause


def test_answers_without_a_result_are_counted_whoever_gave_them(bench: Bench) -> None:
    answers = bench.answers(DOWN)
    taken = answers.take(forced=False)
    assert [next(taken) and answers.count for _ in range(2)] == [1, 2]


def test_a_damaged_ledger_buys_nothing_but_by_force(tmp_path: Path) -> None:
    (tmp_path / "attempts.jsonl").write_text('{"at": "x", "outcome": broken}\n')
    with Ledger.open(str(tmp_path)) as ledger:
        bench = Bench(ledger, tmp_path)
        with pytest.raises(LedgerError, match="line 1 cannot be read"):
            next(bench.answers(None).take(forced=False))
        assert bench.asked == (0, 0)
        assert next(bench.answers(None).take(forced=True)).text == "by mock"


@pytest.mark.parametrize("left", [None, "", "\n\n", '{"at": "x", "outc'])
def test_an_answer_whose_ledger_was_emptied_is_not_bought_unseen(
    tmp_path: Path, left: str | None
) -> None:
    (tmp_path / "raw.txt").write_text("An answer that was paid.")
    if left is not None:
        (tmp_path / "attempts.jsonl").write_text(left)
    with Ledger.open(str(tmp_path)) as ledger:
        bench = Bench(ledger, tmp_path)
        with pytest.raises(LedgerError, match=r"attempts\.jsonl has no answer.*delete .*raw\.txt"):
            next(bench.answers(None).take(forced=False))
        assert bench.asked == (0, 0)
        (tmp_path / "raw.txt").unlink()
        assert next(bench.answers(None).take(forced=False)).text == "by mock"
        # The answer to another prompt, which an edit has made old, is no sign of a loss.
        (tmp_path / "raw.txt").write_text("by mock")
        edited = replace(bench.answers(None), requests=(build(prompt="Another."),))
        assert next(edited.take(forced=False)).text == "by mock"


@pytest.mark.parametrize("reads", [1, LATE_READS])
def test_an_answer_that_another_host_has_just_written_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: int
) -> None:
    """A file system between hosts may show the ledger as it was a second ago."""
    monkeypatch.setattr(answers_module, "is_between_hosts", lambda folder: True)
    monkeypatch.setattr(answers_module, "LATE_S", 0.0)
    (tmp_path / "attempts.jsonl").touch()
    (tmp_path / "raw.txt").write_text("by mock")
    with Ledger.open(str(tmp_path)) as ledger:
        bench = Bench(ledger, tmp_path)
        answers, read, waits = bench.answers(None), ledger.read, []

        def read_late() -> None:
            waits.append(None)
            if len(waits) == reads:
                bench.clients["mock"].complete(OWN, ledger.append, False, 1)
                bench.clients["mock"].asked = 0
            read()

        monkeypatch.setattr(ledger, "read", read_late)
        assert next(answers.take(forced=False)).text == "by mock"
        assert (len(waits), bench.asked) == (reads, (0, 0))


@pytest.mark.parametrize("config", [{"reuse": "never"}, {}])
def test_a_new_answer_that_is_asked_for_is_bought_whatever_is_there(
    tmp_path: Path, config: dict[str, str]
) -> None:
    (tmp_path / "raw.txt").write_text("An answer that was paid.")
    with Ledger.open(str(tmp_path)) as ledger:
        answers = Bench(ledger, tmp_path).answers(None, **config)
        assert next(answers.take(forced=not config)).text == "by mock"


def test_a_fallback_is_announced_once_for_each_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clients = Clients(Settings.from_config({"data_root": str(tmp_path)}))
    for _ in range(3):
        clients.announce_fallback(OWN, FALLBACK, DOWN)
    output = capsys.readouterr().err
    assert output.count("FALLBACK: spare answers in its place") == 1
    assert "http_503: Down." in output
