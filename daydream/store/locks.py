"""Locks that hold between threads, processes and hosts: ``flock`` on files, never on directories.

A network file system carries a lock on a file to its server; one on a directory stays with the
client (NFS and Lustre have none for directories), and two hosts would both hold it. ``flock``
rather than ``lockf``: it belongs to the open file, so that two threads exclude each other too,
and closing another descriptor of the file does not release it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from io import FileIO
from pathlib import Path

from daydream.errors import LockError
from daydream.store.files import unless_gone

# What the kernel answers where the file system has no locks, or its lock service does not run.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)
_TRY = fcntl.LOCK_EX | fcntl.LOCK_NB
_ASK_AGAIN_S = (0.01, 0.5)  # the least and the most


@contextmanager
def locked(path: str) -> Iterator[FileIO]:
    """Hold a file, which is made (and its folder) if need be; yields it open to read and append.

    The lock is the kernel's: it is gone when its holder is killed. The file stays, as another
    process may be waiting for it.

    Raises:
        LockError: when the file system has no locks.
    """
    file = _lock(path, waits=True)
    try:
        yield file
    finally:
        file.close()


def hold(path: str) -> FileIO | None:
    """An open file that is held until it is closed or its process dies; None if another has it.

    Raises:
        LockError: when the file system has no locks.
    """
    try:
        return _lock(path, waits=False)
    except BlockingIOError:
        return None


def hold_new(path: str) -> FileIO:
    """A new file that is held before it can be seen under its name; else as :func:`hold`.

    Raises:
        LockError: when the file system has no locks.
    """
    file = hold(f"{path}.new")
    if file is None:
        raise LockError(f"{path}.new is held by another process, which should not know it.")
    os.rename(f"{path}.new", path)
    return file


def is_held(path: str) -> bool:
    """Whether some process holds a file; one that is not there is held by none."""
    with unless_gone(), FileIO(os.open(path, os.O_RDWR | os.O_APPEND), "r+") as file:
        try:
            _flock(file, _TRY, path)
        except BlockingIOError:
            return True
    return False


def _lock(path: str, waits: bool) -> FileIO:
    """Open and lock; again if the file was removed or replaced before the lock was ours."""
    while True:
        file = FileIO(_open(path), "r+")
        try:
            with unless_gone():
                if waits:
                    _wait(file, path)
                else:
                    _flock(file, _TRY, path)
                if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                    return file
        except BaseException:  # Ctrl-C while it waits, too: no file stays open
            file.close()
            raise
        file.close()


def _wait(file: FileIO, path: str) -> None:
    """Lock an open file as soon as nobody else holds it.

    A client of NFS asks its server again after a second, then after two, four, up to thirty, and
    whoever comes in between gets the lock. So there it is asked for from here, and more often.
    """
    if not _is_nfs(os.fstat(file.fileno()).st_dev):
        _flock(file, fcntl.LOCK_EX, path)
        return
    since, (least, most) = time.monotonic(), _ASK_AGAIN_S
    while True:
        try:
            return _flock(file, _TRY, path)
        except BlockingIOError:
            waited = time.monotonic() - since
        time.sleep(random.uniform(0.5, 1) * min(max(least, waited / 10), most))


@cache
def _is_nfs(device: int) -> bool:
    """Whether a device, as ``stat`` tells it, is a mount of NFS."""
    number = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError):  # where there is no such table
        for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
            mount, _, kind = line.partition(" - ")
            if mount.split()[2] == number:
                return kind.startswith("nfs")
    return False


def _open(path: str) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        return os.open(path, flags, 0o666)


def _flock(file: FileIO, operation: int, path: str) -> None:
    try:
        fcntl.flock(file, operation)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise LockError(
            f"{path} cannot be locked ({error.strerror}), so an answer could be paid twice or "
            "lost. Put data_root on a file system with locks (a local disk, NFSv4, Lustre mounted "
            "with flock), or have it mounted with them."
        ) from error
