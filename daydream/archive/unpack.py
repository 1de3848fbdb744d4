"""Safe unpacking of an archive from anybody: nothing is written outside its folder."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from daydream.archive.zip_files import Entry, digest
from daydream.errors import ArchiveError
from daydream.formats import clip

# Bytes of a member's path and of a part of it: deeper folders can be neither made nor walked.
MAX_PATH, MAX_PART = 1000, 255
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class Unpacked(NamedTuple):
    """An unpacked archive: its top folder, and by path below it each file or what is wrong."""

    folder: str
    files: dict[str, Entry | str]


def unpack(path: str, into: str) -> Unpacked:
    """Unpack an archive; a member whose bytes are damaged is told and left out.

    Raises:
        ArchiveError: when it is no zip archive, was cut off, or has a member that would be written
            elsewhere, be a link, or be in another one's way. Nothing was written then.
    """
    try:
        with zipfile.ZipFile(path) as file:
            members = file.infolist()
            top = _top_folder(path, members)
            _check_room(path, members, into)
            for folder in {os.path.dirname(info.filename) for info in members}:
                os.makedirs(os.path.join(into, folder), exist_ok=True)
            files = {
                info.filename.removeprefix(f"{top}/"): _extract(file, info, into)
                for info in members
                if not info.is_dir()
            }
    except FileNotFoundError:
        raise ArchiveError(f"{path} does not exist. Name an archive of daydream export.") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise ArchiveError(
            f"{path} is not a whole zip archive: {error}. Download or export it again."
        ) from error
    return Unpacked(os.path.join(into, top), files)


def _top_folder(path: str, members: list[zipfile.ZipInfo]) -> str:
    names = [info.filename.removesuffix("/") for info in members]
    for name, info in zip(names, members, strict=True):
        if not is_safe(name) or stat.S_ISLNK(info.external_attr >> 16):
            raise _foreign(path, f"its member '{name}' is a link or would be written elsewhere")
        if _is_too_long(name):
            raise _foreign(path, f"the name of its member '{clip(name, 60)}' is too long")
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        raise _foreign(path, f"'{name}' is in it twice")
    folders = {parent for name in names for parent in _parents(name)}
    for name, info in zip(names, members, strict=True):
        if name in folders and not info.is_dir():
            raise _foreign(path, f"'{name}' is a file and has files below it")
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1:
        raise _foreign(path, "its files are not under one folder")
    return tops.pop()


def _is_too_long(name: str) -> bool:
    sizes = [len(os.fsencode(part)) for part in name.split("/")]
    return sum(sizes) + len(sizes) > MAX_PATH or max(sizes) > MAX_PART


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition("/")[0]:
        yield name


def _foreign(path: str, why: str) -> ArchiveError:
    return ArchiveError(
        f"{path} is no archive of daydream export: {why}. Nothing was unpacked. Ask for the "
        "archive as it was published."
    )


def is_safe(path: str) -> bool:
    """Whether a relative path stays in the folder that it is relative to, on any system."""
    return not any(p in ("", ".", "..") or set(p) & set("\\\0") for p in path.split("/"))


def _check_room(path: str, members: list[zipfile.ZipInfo], into: str) -> None:
    needed, free = sum(info.file_size for info in members), shutil.disk_usage(into).free
    if needed > free:
        raise ArchiveError(
            f"{path} needs {needed:,} bytes in {into}, where {free:,} are free. "
            "Make room, or set TMPDIR to a folder that has it."
        )


def _extract(file: zipfile.ZipFile, info: zipfile.ZipInfo, into: str) -> Entry | str:
    target = os.path.join(into, info.filename)
    with open(target, "xb") as copy:
        try:
            with file.open(info) as source:
                return digest(source, info.filename, copy)
        except _DAMAGE as error:
            os.unlink(target)
            return f"cannot be unpacked: {error}"
