"""Folders that are links, and clocks that are wrong: nothing is bought or made again."""

from __future__ import annotations

import os
import time

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

DAY_S = 86_400


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
