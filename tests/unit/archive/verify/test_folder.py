"""A generation's folder, read for the checks: nothing in it stops them."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.archive.verify.folder import StoredGeneration, text_of
from daydream.store.layout import Layout
from daydream.store.membership import Member

MEMBER = Member("draft", "d_1", "trial", "", "c_1", "plain", "ann", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "gens" / "draft" / "d_1"
    place.mkdir(parents=True)
    return place


@pytest.fixture
def stored(tmp_path: Path, folder: Path) -> StoredGeneration:
    return StoredGeneration(Layout(str(tmp_path)), MEMBER)


def test_what_is_not_there_is_none(stored: StoredGeneration) -> None:
    assert (stored.prompt, stored.raw, stored.parsed) == (None, None, None)
    assert stored.metadata is None and stored.attempts is None
    assert not stored.has_damaged_metadata and stored.own_metadata == {}


def test_a_finding_names_a_file_below_the_data_root(stored: StoredGeneration) -> None:
    assert stored.path("raw.txt") == "gens/draft/d_1/raw.txt"


@pytest.mark.parametrize("content", ["{", "[1]", "null", "[" * 100_000])
def test_damaged_metadata_are_told_from_missing_ones(
    stored: StoredGeneration, folder: Path, content: str
) -> None:
    (folder / "metadata.json").write_text(content)
    assert stored.metadata is None and stored.has_damaged_metadata


@pytest.mark.parametrize(("mode", "is_own"), [("llm", True), ("copy", True), ("by hand", False)])
def test_metadata_of_another_program_say_nothing(
    stored: StoredGeneration, folder: Path, mode: str, is_own: bool
) -> None:
    (folder / "metadata.json").write_text(f'{{"mode": "{mode}"}}')
    assert bool(stored.own_metadata) is is_own and stored.metadata == {"mode": mode}


def test_an_empty_ledger_is_a_ledger_without_lines(stored: StoredGeneration, folder: Path) -> None:
    (folder / "attempts.jsonl").touch()
    assert stored.attempts == []


def test_bytes_that_are_no_text_become_visible() -> None:
    assert text_of(b"a\xff") == "a\\xff"
