"""JSON of the store that was damaged counts as not there, whatever the damage is."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.store.json_file import read_json, read_object


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 50, b"{", b"caf\xe9", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000],
    ids=["empty", "NULs", "torn", "Latin-1", "deep", "deep objects", "a number of 5,000 digits"],
)
def test_damaged_json_holds_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "metadata.json"
    path.write_bytes(content)
    assert read_json(path) is None
    assert read_object(path) == {}


def test_a_folder_a_loop_and_a_missing_file_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path, tmp_path / "loop", tmp_path / "none"):
        assert read_json(path) is None


def test_an_object_is_read_and_a_list_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"a": 1}')
    assert read_object(path) == {"a": 1} == read_json(path)
    path.write_text("[1]")
    assert read_object(path) == {} and read_json(path) == [1]
