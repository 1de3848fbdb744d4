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
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

from daydream.errors import LockError

# What the kernel answers where the file system has no locks, or its lock service does not run.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def locked(path: str) -> Iterator[FileIO]:
    """Hold a file, which is made (and its folder) if need be; yields it open to read and append.

    The lock is the kernel's: it is gone when its holder is killed. The file stays, as another
    process may be waiting for it.

    Raises:
        LockError: when the file system has no locks.
    """
    file = _lock(path, fcntl.LOCK_EX)
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
        return _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
    try:
        file = FileIO(os.open(path, os.O_RDWR | os.O_APPEND), "r+")
    except FileNotFoundError:
        return False
    with file:
        try:
            _flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB, path)
        except BlockingIOError:
            return True
    return False


def _lock(path: str, operation: int) -> FileIO:
    """Open and lock; again if the file was removed or replaced before the lock was ours."""
    while True:
        file = FileIO(_open(path), "r+")
        try:
            _flock(file, operation, path)
            if _is_at(file, path):
                return file
        except BaseException:  # Ctrl-C while it waits, too: no file stays open
            file.close()
            raise
        file.close()


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


def _is_at(file: FileIO, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
