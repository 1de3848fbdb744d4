"""What another process writes is held against its lock, which no mount keeps."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from daydream.store.turns import Turns, is_seen_late


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """The file of a process that takes a turn every third of a second."""
    turns, over = Turns(tmp_path / "turns" / "other.alive"), threading.Event()

    def go_on() -> None:
        while not over.wait(0.3):
            turns.take()

    thread = threading.Thread(target=go_on)
    thread.start()
    yield turns.path
    over.set()
    thread.join()


def test_what_is_seen_at_once_is_not_late(other: Path) -> None:
    assert not is_seen_late(other, 5)


def test_content_that_stays_behind_the_lock_is_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(tmp_path / "turns" / "other.alive")
    timer = threading.Timer(0.3, turns.take)
    timer.start()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda path: b"")  # what a mount has kept
        assert is_seen_late(turns.path, 5)
    timer.join()
    assert turns.path.read_bytes() == b"."


def test_one_that_takes_no_turn_or_is_gone_says_nothing(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turns" / "other.alive")
    assert not is_seen_late(turns.path, 0.1)
    turns.path.unlink()
    assert not is_seen_late(turns.path, 60)


def test_a_file_that_is_removed_on_another_host_while_it_is_read_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(path: Path) -> bytes:
        raise OSError(errno.ESTALE, "Stale file handle", str(path))

    turns = Turns(tmp_path / "turns" / "other.alive")
    timer = threading.Timer(0.2, turns.take)
    timer.start()
    monkeypatch.setattr(Path, "read_bytes", stale)
    assert not is_seen_late(turns.path, 5)
    timer.join()
