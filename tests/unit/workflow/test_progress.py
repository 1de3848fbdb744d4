"""One line that tells how far a run is."""

from __future__ import annotations

import io
import time

import pytest

from daydream.errors import BudgetError
from daydream.generation.meter import Meter
from daydream.store.ledger import Attempt
from daydream.workflow.progress import ERASE, Ticker, in_words

WANTED = {"draft": 3, "essay": 6, "evaluation": 6}


def attempt(usd: float | None = 0.25) -> Attempt:
    usage = {"completion_tokens": 100}
    return Attempt("t", "answer", "f", "e", "m", {}, 1, usage=usage, cost_usd=usd)


def test_the_line_tells_done_of_wanted_by_stage_and_what_it_has_cost() -> None:
    meter = Meter()
    with meter.making("draft"):
        meter.add(attempt())
    line = meter.line(WANTED, in_flight=5)
    assert "drafts 1/3  essays 0/6  evaluations 0/6" in line
    assert "5 in flight" in line
    assert "$0.25" in line
    assert "left" in line
    assert "failed" not in line


def test_a_failed_generation_is_counted_apart() -> None:
    meter = Meter()
    with pytest.raises(ValueError, match="x"), meter.making("draft"):
        raise ValueError("x")
    assert "drafts 0/3" in meter.line(WANTED, 0)
    assert "failed 1" in meter.line(WANTED, 0)


def test_a_generation_that_the_budget_refused_did_not_fail() -> None:
    meter = Meter()
    with pytest.raises(BudgetError), meter.making("draft"):
        raise BudgetError("spent")
    assert "failed" not in meter.line(WANTED, 0)


def test_an_unknown_price_is_said_and_not_counted_as_nothing() -> None:
    meter = Meter()
    meter.add(attempt(None))
    assert "unknown prices" in meter.line(WANTED, 0)


def test_without_a_terminal_a_plain_line_comes_now_and_then_and_once_at_the_end() -> None:
    meter, stream = Meter(), io.StringIO()
    ticker = Ticker(meter, lambda: WANTED, lambda: 1, stream, every_s=0.05)
    ticker.start()
    time.sleep(0.3)
    with meter.making("draft"):
        pass
    ticker.stop()
    lines = stream.getvalue().splitlines()
    assert 3 <= len(lines) <= 8
    assert "\r" not in stream.getvalue()
    assert "drafts 1/3" in lines[-1]


def test_a_run_that_made_nothing_says_nothing() -> None:
    stream = io.StringIO()
    ticker = Ticker(Meter(), lambda: WANTED, lambda: 0, stream, every_s=0.01)
    ticker.start()
    time.sleep(0.05)
    ticker.stop()
    assert stream.getvalue() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_tables_are_being_made_is_said_when_it_changes() -> None:
    meter, stream, making = Meter(), io.StringIO(), ["summary tables"]
    ticker = Ticker(
        meter, lambda: WANTED, lambda: 0, stream, every_s=0.01, tables=lambda: tuple(making)
    )
    ticker.start()
    time.sleep(0.1)
    making[:] = [in_words("site")]
    time.sleep(0.1)
    ticker.stop()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "making summary tables" and lines[-1] == "making the report"
    assert "drafts" not in stream.getvalue()  # none is made by this run


def test_a_line_that_a_terminal_would_wrap_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("daydream.workflow.progress.REFRESH_S", 0.01)
    stream = Terminal()
    ticker = Ticker(Meter(), lambda: WANTED, lambda: 1, stream, 0.01, lambda: ["the report"] * 9)
    ticker.start()
    time.sleep(0.1)
    ticker.stop()
    pieces = stream.getvalue().split(ERASE)
    assert len(pieces) > 2 and max(map(len, pieces)) == 39
    assert pieces[-1] == ""  # nothing was made: the line goes


def test_on_a_terminal_the_line_is_kept_up_to_date_in_its_place() -> None:
    meter, stream = Meter(), Terminal()
    with meter.making("draft"):
        pass
    Ticker(meter, lambda: WANTED, lambda: 0, stream).stop()
    assert stream.getvalue().startswith("\r\x1b[2K")
    assert stream.getvalue().endswith("\n")


def test_on_a_narrow_terminal_the_tables_that_are_made_stay_in_sight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("daydream.workflow.progress.REFRESH_S", 0.01)
    meter, stream = Meter(), Terminal()
    with meter.making("draft"):
        pass
    ticker = Ticker(meter, lambda: WANTED, lambda: 0, stream, 0.01, lambda: ["the report"])
    ticker.start()
    time.sleep(0.1)
    ticker.stop()
    line = stream.getvalue().split(ERASE)[1]
    assert line.startswith("making the report | drafts 1/3  essays 0/6") and len(line) == 59


def test_a_stage_is_in_the_line_only_of_a_run_that_makes_some_of_it() -> None:
    meter = Meter()
    assert "comparison" not in meter.line({**WANTED, "comparison": 0}, 0)
    assert meter.line({"draft": 0, "essay": 0, "evaluation": 6}, 0).startswith("evaluations 0/6 |")
    assert "comparisons 0/8" in meter.line({**WANTED, "comparison": 8}, 0)
    with meter.making("comparison"):
        pass
    assert "comparisons 1/1" in meter.line(WANTED, 0)
