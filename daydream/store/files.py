"""Atomic writes of whole files, and appends of whole lines."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

_HOST = socket.gethostname()[:40]
STALE_READS, STALE_S = 3, 0.5
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def process_name() -> str:
    """A name for something of this process, which no other process on any host has."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def write_text(path: str | Path, text: str) -> None:
    """Write a whole file as UTF-8, or leave the old one."""
    write_bytes(path, text.encode("utf-8", "replace"))


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a whole file or leave the old one: a sibling is written, then renamed.

    The sibling is named after host, process and thread, so that two writers of one file cannot mix
    their halves.
    """
    try:
        _write_bytes(path, content)
    except OSError as error:  # of the file that was meant, not of its sibling
        error.filename, error.filename2 = str(path), None
        raise


def _write_bytes(path: str | Path, content: bytes) -> None:
    folder, name = os.path.split(path)
    writer = f"{_HOST}-{os.getpid()}-{threading.get_ident()}"
    sibling = os.path.join(folder, f".{name}.{writer}")
    try:
        descriptor = os.open(sibling, _NEW, 0o666)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        descriptor = os.open(sibling, _NEW, 0o666)
    try:
        with FileIO(descriptor, "w") as file:
            write_all(file, content)
        os.replace(sibling, path)
    except BaseException:  # Ctrl-C too: no half file stays beside the whole one
        os.unlink(sibling)
        raise


def write_all(file: FileIO, content: bytes) -> None:
    """Write every byte; an unbuffered file may take less than it is given.

    Raises:
        OSError: when the disk is full.
    """
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def read_current(path: str | Path) -> bytes:
    """The bytes of a whole file; read again where another host has just replaced it.

    A network file system then says that the file which was open is gone (``ESTALE``).
    """
    for _ in range(STALE_READS):
        try:
            return _content(path)
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
        time.sleep(STALE_S)
    return _content(path)


def _content(path: str | Path) -> bytes:
    with open(path, "rb") as file:  # hundreds of thousands may be read: no Path
        return file.read()


@contextmanager
def unless_gone() -> Iterator[None]:
    """Do what is done with a file as far as it is there: another process may just remove it.

    A network file system says so of a file that is open by ``ESTALE``.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ESTALE):
            raise


def write_json(path: str | Path, content: Any) -> None:
    """Write indented JSON, keys in the order given."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def append_line(path: str | Path, line: str) -> None:
    """Add one line to a file, making it if need be; it is on disk before this returns."""
    with FileIO(str(path), "a+") as file:
        append_to(file, line)


def append_to(file: FileIO, line: str) -> None:
    """Add one line to an open file, on disk before this returns.

    A last line that a kill tore off is closed first, so that it cannot swallow the new one.
    """
    torn = b""
    if file.seek(0, os.SEEK_END) > 0:
        file.seek(-1, os.SEEK_END)
        torn = b"" if file.read(1) == b"\n" else b"\n"
    write_all(file, torn + line.encode("utf-8", "replace") + b"\n")
    os.fsync(file.fileno())


def check_room(folder: str, needed: int) -> None:
    """Refuse when a disk has too little room for what is about to be written to it.

    Raises:
        OSError: as writing would, ``ENOSPC``.
    """
    stat = os.statvfs(folder)
    if stat.f_blocks and stat.f_bavail * stat.f_frsize < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder)


def modified_ns(path: str) -> int | None:
    """When a file was last written, in nanoseconds; None when it is not there."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None
