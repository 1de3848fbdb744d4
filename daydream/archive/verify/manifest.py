"""Checks of the files of an archive against its manifest of hashes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from daydream.archive.export import FORMAT, MANIFEST, SUMS, VERSION, sums_text
from daydream.archive.unpack import is_safe
from daydream.archive.verify.findings import Check, Finding, Outcome
from daydream.archive.zip_files import Entry, digest_file
from daydream.errors import ArchiveError

RESTORE = "Take the file from the archive as it was published."


class Manifest(NamedTuple):
    """What an archive says of itself: its cohort, and its files by path."""

    cohort: str
    files: dict[str, Entry]


def read_manifest(folder: str, name: str) -> Manifest:
    """Read the manifest of an unpacked archive.

    Args:
        folder: the folder with ``MANIFEST.json``.
        name: what to call the archive in a message.

    Raises:
        ArchiveError: when there is none, it is damaged, or it names a file outside of its folder.
    """
    try:
        content = json.loads(Path(folder, MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _unusable(name, f"it has no {MANIFEST}") from None
    except (ValueError, RecursionError) as error:
        raise _unusable(name, f"its {MANIFEST} is damaged ({error})") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _unusable(name, f"its {MANIFEST} does not say that it is one")
    if content.get("version") != VERSION:
        raise ArchiveError(
            f"{name} has version {content.get('version')} of the format, and this daydream reads "
            f"version {VERSION}. Install the daydream that its {MANIFEST} names."
        )
    try:
        return _manifest(content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unusable(name, f"its {MANIFEST} is damaged ({error!r})") from error


def _manifest(content: Mapping[str, Any]) -> Manifest:
    files = {
        str(path): Entry(str(path), str(digest["sha256"]), int(digest["bytes"]))
        for path, digest in content["files"].items()
    }
    cohort = str(content["cohort_id"])
    for path in (cohort, *files):
        if not is_safe(path):
            raise ValueError(f"it names '{path}', which is not in its folder")
    return Manifest(cohort, files)


def _unusable(name: str, why: str) -> ArchiveError:
    return ArchiveError(
        f"{name} is no archive of daydream export: {why}. Ask for it as it was published."
    )


def check_unpacked(folder: str, files: Mapping[str, Entry | str], manifest: Manifest) -> Check:
    """Check what was unpacked from an archive: nothing changed, nothing missing, nothing more."""
    check = Check("files have the size and the SHA-256 of the manifest")
    known = {*manifest.files, MANIFEST, SUMS}
    surplus = (_surplus(path) for path in files if path not in known)
    compared = (_compare(entry, files.get(path)) for path, entry in manifest.files.items())
    return check.add_all(chain(compared, surplus, _sums(folder, manifest)))


def check_folder(folder: str, manifest: Manifest) -> Check:
    """Check a folder that an archive was unpacked to; what was made there since is no fault."""
    check = Check("files have the size and the SHA-256 of the manifest")
    return check.add_all(chain(_on_disk(folder, manifest), _sums(folder, manifest)))


def _on_disk(folder: str, manifest: Manifest) -> Iterator[Outcome]:
    for path, entry in manifest.files.items():
        try:
            found: Entry | str | None = digest_file(os.path.join(folder, path), path)
        except FileNotFoundError:
            found = None
        except OSError as error:
            found = f"cannot be read: {error.strerror}"
        yield _compare(entry, found)


def _compare(expected: Entry, found: Entry | str | None) -> Outcome:
    if isinstance(found, Entry):
        if (found.sha256, found.bytes) == (expected.sha256, expected.bytes):
            return None
        return Finding(expected.path, _describe(expected), _describe(found), RESTORE)
    return Finding(expected.path, _describe(expected), found or "the file is missing", RESTORE)


def _describe(entry: Entry) -> str:
    return f"sha256 {entry.sha256}, {entry.bytes:,} bytes"


def _surplus(path: str) -> Finding:
    return Finding(path, "no such file", "a file that the manifest does not have", RESTORE)


def _sums(folder: str, manifest: Manifest) -> Iterator[Outcome]:
    """The list for sha256sum says what the manifest says."""
    own = digest_file(os.path.join(folder, MANIFEST), MANIFEST)
    expected = "".join(sums_text([*manifest.files.values(), own]))
    try:
        found = Path(folder, SUMS).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        yield Finding(SUMS, "the hashes of the manifest", "the file is missing", RESTORE)
        return
    same = sorted(found.splitlines()) == sorted(expected.splitlines())
    required = "the hashes of the manifest, and its own"
    yield None if same else Finding(SUMS, required, "others", RESTORE)
