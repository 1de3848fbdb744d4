"""Folders that are links, and clocks that are wrong: nothing is bought or made again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.meanwhile import meanwhile
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

DAY_S, HOUR_S = 86_400, 3600


@contextmanager
def clock_put_back(gens: Path, stages: str) -> Iterator[list[Path]]:
    """Let what is made of some stages meanwhile be an hour older than what it is made from."""
    seen: list[Path] = []

    def put_back() -> None:
        for path in set(gens.glob(f"{stages}/*/parsed.txt")).difference(seen):
            moment = time.time() - HOUR_S
            os.utime(path, (moment, moment))
            seen.append(path)

    with meanwhile(put_back, every_s=0.005):
        yield seen


@pytest.mark.slow
def test_a_clock_that_goes_back_during_a_run_makes_and_buys_nothing_twice(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.3
    with clock_put_back(work.data / "gens", "[ev]*") as older:
        work.run("results_processing")
    assert len(older) == 12 and server.received == 12
    scores = (work.data / "5_parsing" / "trial" / "parsed_scores.csv").read_bytes()
    assert "Nothing to be done" in work.run("results_processing").output
    work.forget()
    work.run("results_processing")
    assert server.received == 12
    assert (work.data / "5_parsing" / "trial" / "parsed_scores.csv").read_bytes() == scores


def test_links_to_elsewhere_and_times_of_the_future_cost_nothing(
    finished: Workspace, server: MockServer
) -> None:
    """A generation's folder may be on another disk; times that are wrong have no effect."""
    first, second, _ = finished.ids("draft")
    folder = finished.gen("draft", first).parent
    elsewhere = finished.root / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    now = time.time()
    for path, moment in (
        (finished.gen("draft", first), now + DAY_S),
        (finished.raw("templates/essay/longer.txt"), now + DAY_S),
        (finished.gen("draft", second), now - 9_999 * DAY_S),
    ):
        os.utime(path, (moment, moment))
    for _ in range(2):  # what would be made now is older than its sources still
        assert "Nothing to be done" in finished.run("evaluation").output
    finished.gen("draft", first).unlink()
    finished.run("generation_draft")
    assert (elsewhere / "parsed.txt").exists() and folder.is_symlink()
    assert server.received == 0
