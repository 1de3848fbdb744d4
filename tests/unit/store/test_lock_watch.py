"""Processes at work show themselves, and see whether locks hold between them and the others."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daydream.errors import LockError
from daydream.store import lock_watch
from daydream.store.lock_watch import LockWatch

EVERY_S = 0.2  # a busy host gives a thread no turn for a tenth of a second
HOLDER = (
    "import sys; from daydream.store.locks import hold; "
    "f = hold(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def refused() -> list[str]:
    return []


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """The file of a process whose lock is not seen here, and which goes on touching it."""
    path, over = tmp_path / "elsewhere-1.alive", threading.Event()

    def touch() -> None:
        while not over.wait(EVERY_S):
            path.touch()

    path.touch()
    thread = threading.Thread(target=touch)
    thread.start()
    yield path
    over.set()
    thread.join()


def test_a_process_alone_goes_on_at_once_and_leaves_no_file(
    tmp_path: Path, refused: list[str]
) -> None:
    own = LockWatch(str(tmp_path / "at_work"), refused.append)
    started = time.monotonic()
    assert own.obstacle() == ""
    assert time.monotonic() - started < lock_watch.EVERY_S / 2
    assert [path.suffix for path in (tmp_path / "at_work").glob("*.*")] == [".alive"]
    del own
    gc.collect()
    assert [path for path in (tmp_path / "at_work").rglob("*") if path.is_file()] == []


def test_a_process_whose_lock_is_seen_is_in_nobodys_way(tmp_path: Path, refused: list[str]) -> None:
    first = LockWatch(str(tmp_path), refused.append, EVERY_S)
    second = LockWatch(str(tmp_path), refused.append, EVERY_S)
    assert first.obstacle() == second.obstacle() == second.stale_view() == ""
    time.sleep(5 * EVERY_S)
    assert refused == []
    assert first.own.exists()
    assert second.own.exists()


def test_a_process_whose_lock_is_not_seen_is_an_obstacle(
    tmp_path: Path, refused: list[str], elsewhere: Path
) -> None:
    message = LockWatch(str(tmp_path), refused.append, EVERY_S).obstacle()
    assert str(elsewhere) in message
    assert "locks do not hold" in message
    assert "NFSv4" in message
    assert elsewhere.exists()


def test_a_process_that_comes_later_without_its_lock_is_told_of(
    tmp_path: Path, refused: list[str], request: pytest.FixtureRequest
) -> None:
    own = LockWatch(str(tmp_path), refused.append, EVERY_S)
    assert own.obstacle() == ""
    path = request.getfixturevalue("elsewhere")
    end = time.monotonic() + 5
    while not refused and time.monotonic() < end:
        time.sleep(0.01)
    assert str(path) in refused[0]


def test_the_file_of_a_killed_process_is_no_obstacle_and_goes(
    tmp_path: Path, refused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "killed-1.alive"
    command = [sys.executable, "-c", HOLDER, str(other)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        own = LockWatch(str(tmp_path), refused.append, EVERY_S)
        assert own.obstacle() == ""
        process.kill()
    monkeypatch.setattr(lock_watch, "KEPT_S", EVERY_S)
    assert own.obstacle() == ""  # after a while, as it may be that of a process at work
    assert other.exists()
    os.utime(other, (time.time() - 2 * lock_watch.DEAD_S,) * 2)
    own = LockWatch(str(tmp_path), refused.append, EVERY_S)
    monkeypatch.setattr(lock_watch, "KEPT_S", 100.0)
    assert own.obstacle() == ""  # at once
    assert not other.exists()
    assert refused == []


def test_a_process_whose_touches_are_seen_late_is_told_of_when_they_are(
    tmp_path: Path, refused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_watch, "KEPT_S", EVERY_S)
    other = tmp_path / "elsewhere-1.alive"
    other.touch()
    own = LockWatch(str(tmp_path), refused.append, EVERY_S)
    assert own.obstacle() == ""
    os.utime(other, (time.time() + 1,) * 2)
    own.tick()
    assert str(other) in refused[0]


def test_a_file_system_that_gives_one_lock_to_two_is_refused(
    tmp_path: Path, refused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_watch, "is_held", lambda path: False)
    with pytest.raises(LockError, match="can be locked again"):
        LockWatch(str(tmp_path), refused.append)


def test_of_many_processes_some_are_looked_at(
    tmp_path: Path, refused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        (tmp_path / f"host-{number}.alive").touch()
    own = LockWatch(str(tmp_path), refused.append, every_s=60)
    looked_at: list[str] = []
    monkeypatch.setattr(lock_watch, "is_held", lambda path: bool(looked_at.append(path)) or True)
    assert own.obstacle() == ""
    assert len(looked_at) == lock_watch.MAX_LOOKS
    own.tick()
    assert len(looked_at) == lock_watch.MAX_LOOKS + lock_watch.MAX_LATER_LOOKS


def test_a_process_whose_file_another_one_removed_is_told_of_it(
    tmp_path: Path, refused: list[str]
) -> None:
    own = LockWatch(str(tmp_path), refused.append, every_s=60)
    os.unlink(own.own)
    own.tick()
    assert f"{own.own} is gone" in refused[0]
    assert "does not see the lock" in refused[0]
