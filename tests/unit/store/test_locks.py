"""Locks: one holder at a time, wherever it runs; a plain message where there are none."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import re
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daydream.errors import LockError
from daydream.store import locks
from daydream.store.locks import hold, is_held, locked
from tests.support.workspace import ROOT


def count_up(path: str, times: int) -> None:
    for _ in range(times):
        with locked(path + ".lock"):
            number = int(Path(path).read_text())
            Path(path).write_text(str(number + 1))


def test_a_lock_holds_between_threads(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: count_up(str(path), 25), range(8)))
    assert path.read_text() == "200"


def test_a_lock_holds_between_processes(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=count_up, args=(str(path), 50)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert path.read_text() == "150"


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="x"), locked(str(tmp_path / "deep" / "l")):
        raise ValueError("x")
    with locked(str(tmp_path / "deep" / "l")):
        pass


def test_a_lock_is_on_a_file_open_for_writing_as_network_file_systems_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked_files: list[tuple[bool, int]] = []
    flock = fcntl.flock

    def watched(file, operation: int) -> None:
        mode = os.fstat(file.fileno()).st_mode
        access = fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE
        locked_files.append((stat.S_ISREG(mode), access))
        flock(file, operation)

    monkeypatch.setattr(locks.fcntl, "flock", watched)
    with locked(str(tmp_path / "l")):
        assert is_held(str(tmp_path / "l"))
    assert locked_files == [(True, os.O_RDWR)] * 2


def test_no_other_module_locks_anything_by_itself() -> None:
    sources = {path.name: path.read_text() for path in (ROOT / "daydream").rglob("*.py")}
    assert [name for name, text in sources.items() if re.search("fcntl|lockf", text)] == [
        "locks.py"
    ]


def test_what_is_held_cannot_be_held_by_another_and_is_free_when_closed(tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "l")
    file = hold(path)
    assert file is not None
    assert hold(path) is None
    assert is_held(path)
    file.close()
    assert not is_held(path)


def test_a_file_removed_by_its_holder_is_made_again_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "l"
    entered = threading.Event()

    def enter() -> None:
        with locked(str(path)) as file:
            assert os.path.samestat(os.fstat(file.fileno()), path.stat())
            entered.set()

    with locked(str(path)):
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.2)
        path.unlink()
    waiting.join(5)
    assert entered.is_set()


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(file, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    with pytest.raises(LockError) as caught, locked(str(tmp_path / "l")):
        pass
    message = str(caught.value)
    assert str(tmp_path / "l") in message
    assert "data_root" in message
    assert "mounted with" in message


def test_a_file_that_another_host_removes_meanwhile_is_made_again_and_held_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flock, gone = tmp_path / "l", fcntl.flock, iter([True, False, True])

    def stale(file, operation: int) -> None:
        if next(gone):
            path.unlink()
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        flock(file, operation)

    monkeypatch.setattr(locks.fcntl, "flock", stale)
    with locked(str(path)) as file:
        assert os.path.samestat(os.fstat(file.fileno()), path.stat())
    assert not is_held(str(path))
    assert not path.exists()


def test_on_nfs_a_lock_is_asked_for_often_as_its_client_asks_ever_more_rarely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flock, asked = str(tmp_path / "l"), fcntl.flock, []
    monkeypatch.setattr(locks, "_is_nfs", lambda device: True)
    monkeypatch.setattr(
        locks.fcntl, "flock", lambda file, how: asked.append(how) or flock(file, how)
    )
    held = hold(path)
    assert held is not None
    threading.Timer(0.3, held.close).start()
    begin = time.monotonic()
    with locked(path):
        assert 0.25 < time.monotonic() - begin < 2
    assert 5 < len(asked) < 100
    assert set(asked) == {fcntl.LOCK_EX | fcntl.LOCK_NB}


def test_a_mount_of_nfs_is_known_by_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (
        "26 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        "61 26 0:45 /x /mnt/data rw,relatime shared:9 - nfs4 10.0.0.1:/x rw,vers=4.2\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda path, **how: table)
    devices = [os.makedev(0, 45), os.makedev(254, 0), os.makedev(0, 77)]
    assert [locks._is_nfs.__wrapped__(device) for device in devices] == [True, False, False]
