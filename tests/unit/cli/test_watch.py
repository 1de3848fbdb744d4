"""`daydream status --watch` follows a run to its end: in place on a terminal, else in lines."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from daydream.cli.watch import PATIENCE_S, View, Watch
from daydream.store.presence import RunningRun
from daydream.store.status import Count

RUN = (RunningRun("Cohort trial", "node-7", 1),)


def view(done: int, runs: Sequence[RunningRun] = RUN, failed: int = 0) -> View:
    missing = 100 - done - failed
    counts = [Count("draft", "m", 10, 10, 0, 0), Count("essay", "m", 100, done, missing, failed)]
    return View(counts, runs)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(views: Sequence[View], stream: io.StringIO) -> tuple[list[str], float]:
    """What is shown of views, the last of them again and again, and how long that took."""
    clock, left = [0.0], list(views)

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    def next_view() -> View:
        return left.pop(0) if len(left) > 1 else left[0]

    Watch(next_view, stream, lambda: clock[0], sleep).until_over()
    return stream.getvalue().splitlines(), clock[0]


def growing() -> Iterator[View]:
    return (view(done) for done in range(0, 100))


def test_elsewhere_there_is_a_line_now_and_then_and_a_last_one() -> None:
    lines, took = watched([*growing(), view(100, runs=())], io.StringIO())
    assert took == 200
    assert len(lines) == 1 + 200 // 30 + 1
    assert "drafts 10/10  essays 15/100 | 1 run(s) on node-7 | 30 a minute, 2:50 left" in lines[1]
    assert lines[-1].endswith(
        "drafts 10/10  essays 100/100 | no run under way | 30 a minute, 0:00 left"
    )
    assert not any("\x1b" in line for line in lines)


def test_a_run_that_ended_with_failures_is_over_after_some_patience() -> None:
    lines, took = watched([view(10), view(20, runs=(), failed=3)], io.StringIO())
    assert PATIENCE_S <= took <= PATIENCE_S + 5
    assert "essays 20/100 | 3 failed | no run under way" in lines[-1]


def test_the_next_run_is_waited_for() -> None:
    views = [view(1), view(2, runs=()), view(3, runs=()), view(4), view(100, runs=())]
    assert "essays 100/100" in watched(views, io.StringIO())[0][-1]


def test_a_cohort_that_is_being_made_is_told() -> None:
    lines, _ = watched([View(None, RUN), view(100, runs=())], io.StringIO())
    assert lines[0].endswith("the cohort is being made | 1 run(s) on node-7")


def test_on_a_terminal_each_view_takes_the_place_of_the_last() -> None:
    shown = "\n".join(watched([view(5), view(100, runs=())], Terminal())[0])
    first, second = shown.split("\x1b[J")[1:]
    assert "essay  m" in first and "essays 5/100" in first
    assert first.endswith("\x1b[5F")  # back over the table, a blank line and the line of the run
    assert "essays 100/100" in second
