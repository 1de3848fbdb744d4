"""The manifest of an archive: what it may say, and what a folder must have to be as it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daydream.archive.export import FORMAT, MANIFEST, SUMS, VERSION, sums_text
from daydream.archive.verify.manifest import (
    Manifest,
    check_folder,
    check_unpacked,
    read_manifest,
)
from daydream.archive.zip_files import Entry, digest_file
from daydream.errors import ArchiveError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An unpacked archive of two files."""
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("two")
    write(tmp_path)
    return tmp_path


def write(folder: Path, **changes: Any) -> None:
    entries = [digest_file(str(folder / name), name) for name in ("a.txt", "b.txt")]
    files = {entry.path: {"sha256": entry.sha256, "bytes": entry.bytes} for entry in entries}
    content = {"format": FORMAT, "version": VERSION, "cohort_id": "trial", "files": files}
    (folder / MANIFEST).write_text(json.dumps(content | changes))
    entries.append(digest_file(str(folder / MANIFEST), MANIFEST))
    (folder / SUMS).write_text("".join(sums_text(entries)))


def read(folder: Path) -> Manifest:
    return read_manifest(str(folder), "trial.zip")


def test_a_folder_that_is_as_its_manifest_says_has_no_findings(folder: Path) -> None:
    check = check_folder(str(folder), read(folder))
    assert (check.checked, check.findings) == (3, [])  # two files, and the list of hashes


def test_changed_and_missing_files_are_found_and_new_ones_are_no_fault(folder: Path) -> None:
    (folder / "a.txt").write_text("ONE")
    (folder / "b.txt").unlink()
    (folder / "new.txt").write_text("made since")
    changed, missing = check_folder(str(folder), read(folder)).findings
    assert changed.where == "a.txt" and changed.expected != changed.found
    assert (missing.where, missing.found) == ("b.txt", "the file is missing")


def test_a_file_more_than_the_manifest_has_is_found_in_what_was_unpacked(folder: Path) -> None:
    manifest = read(folder)
    more = {**manifest.files, "c.txt": Entry("c.txt", "0", 0), MANIFEST: Entry(MANIFEST, "0", 0)}
    (finding,) = check_unpacked(str(folder), more, manifest).findings
    assert finding.where == "c.txt"


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("x")])
def test_a_list_of_hashes_that_says_something_else_is_found(folder: Path, damage: Any) -> None:
    damage(folder / SUMS)
    (finding,) = check_folder(str(folder), read(folder)).findings
    assert finding.where == SUMS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "zip"}, "does not say that it is one"),
        ({"version": 99}, "version 99 .* reads version"),
        ({"files": {"../a.txt": {"sha256": "0", "bytes": 0}}}, "not in its folder"),
        ({"cohort_id": "../other"}, "not in its folder"),
        ({"files": {"a.txt": {"bytes": 0}}}, "damaged"),
        ({"files": ["a.txt"]}, "damaged"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(
    folder: Path, changes: Any, message: str
) -> None:
    write(folder, **changes)
    with pytest.raises(ArchiveError, match=message):
        read(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000])
def test_a_manifest_that_is_damaged_or_missing_is_refused(folder: Path, content: str) -> None:
    (folder / MANIFEST).write_text(content)
    with pytest.raises(ArchiveError, match=r"trial\.zip is no archive"):
        read(folder)
    (folder / MANIFEST).unlink()
    with pytest.raises(ArchiveError, match=f"it has no {MANIFEST}"):
        read(folder)
