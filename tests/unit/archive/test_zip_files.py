"""Zip files: the same bytes for the same content, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from daydream.archive.zip_files import CHUNK, digest, digest_file, writing
from daydream.errors import ArchiveError


def write(path: Path) -> None:
    with writing(str(path), "trial") as archive:
        archive.add("1_raw/a.txt", b"one")
        archive.add_parts("list", (f"{entry.sha256}\n" for entry in archive.entries))


def test_the_same_content_gives_the_same_bytes_at_any_time_under_any_name(tmp_path: Path) -> None:
    write(tmp_path / "a.zip")
    write(tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        assert file.namelist() == ["trial/1_raw/a.txt", "trial/list"]
        assert file.read("trial/list").decode() == hashlib.sha256(b"one").hexdigest() + "\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "b.zip"]


def test_entries_have_hash_and_size(tmp_path: Path) -> None:
    with writing(str(tmp_path / "a.zip"), "trial") as archive:
        archive.add("a", b"one")
        archive.add_parts("b", ["é", "é"])
    assert [(entry.path, entry.bytes) for entry in archive.entries] == [("a", 3), ("b", 4)]
    assert archive.entries[1].sha256 == hashlib.sha256("éé".encode()).hexdigest()


def test_an_archive_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"before")
    refused = pytest.raises(ArchiveError, match=r"not written.*gone\.txt")
    with refused, writing(str(path), "trial") as archive:
        archive.add("a", (tmp_path / "gone.txt").read_bytes())
    assert path.read_bytes() == b"before" and len(list(tmp_path.iterdir())) == 1


def test_a_digest_over_several_chunks_copies_what_it_reads(tmp_path: Path) -> None:
    content, copy = b"x" * (CHUNK + 5), io.BytesIO()
    entry = digest(io.BytesIO(content), "big", copy)
    assert (entry.bytes, copy.getvalue()) == (len(content), content)
    (tmp_path / "big").write_bytes(content)
    assert digest_file(str(tmp_path / "big"), "big") == entry
