"""Zip files that are written whole or not at all, and have the same bytes for the same content."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from daydream.errors import ArchiveError

MADE_AT = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
MODE = 0o644
CHUNK = 1 << 20


class Entry(NamedTuple):
    """A file of an archive: its path below the top folder, its SHA-256 in hex and its size."""

    path: str
    sha256: str
    bytes: int


class Writer:
    """An archive that is being written; ``entries`` lists what is in it so far."""

    def __init__(self, file: zipfile.ZipFile, top: str) -> None:
        self._zip = file
        self._top = top
        self.entries: list[Entry] = []

    def add(self, path: str, content: bytes) -> None:
        """Add a file."""
        self._zip.writestr(self._info(path), content)
        self.entries.append(Entry(path, hashlib.sha256(content).hexdigest(), len(content)))

    def add_parts(self, path: str, parts: Iterable[str]) -> None:
        """Add a text that need not be in memory as a whole; ``parts`` may read ``entries``."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(self._info(path), "w", force_zip64=True) as member:
            for part in parts:
                content = part.encode("utf-8")
                member.write(content)
                digest.update(content)
                size += len(content)
        self.entries.append(Entry(path, digest.hexdigest(), size))

    def _info(self, path: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(f"{self._top}/{path}", MADE_AT)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3  # Unix, wherever it is made: it says how to read the mode
        info.external_attr = (stat.S_IFREG | MODE) << 16
        return info


@contextmanager
def writing(path: str, top: str) -> Iterator[Writer]:
    """Write an archive whole, or leave what was there: a sibling is written, then renamed.

    Raises:
        ArchiveError: when a file cannot be read, or there is no room or no right to write.
    """
    folder, name = os.path.split(os.path.abspath(path))
    sibling = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(sibling, "w") as file:
            yield Writer(file, top)
        os.replace(sibling, path)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise ArchiveError(
            f"{path} was not written: {error.strerror or error}{where}. Mend that, or name another "
            "place with --output. An archive that was there before is as it was."
        ) from error
    finally:
        Path(sibling).unlink(missing_ok=True)


def digest(source: IO[bytes], path: str, copy: IO[bytes] | None = None) -> Entry:
    """Hash and size of what a file holds, which is copied on the way if wanted."""
    hashed, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        hashed.update(chunk)
        size += len(chunk)
        if copy is not None:
            copy.write(chunk)
    return Entry(path, hashed.hexdigest(), size)


def digest_file(path: str, name: str = "") -> Entry:
    """Hash and size of a file on disk, under another name if one is given."""
    with open(path, "rb") as file:
        return digest(file, name or path)
