"""What a file system refuses is told in words: which file, why, and what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from daydream.errors import FileError
from daydream.store.file_errors import file_error, files_told
from daydream.store.files import write_text
from daydream.store.ledger import Ledger


def told(path: Path) -> str:
    with pytest.raises(FileError) as caught, files_told():
        write_text(path, "text")
    return str(caught.value)


def test_a_folder_in_the_place_of_a_file_is_named_and_not_its_sibling(tmp_path: Path) -> None:
    (tmp_path / "parsed.txt").mkdir()
    message = told(tmp_path / "parsed.txt")
    assert message.startswith(f"{tmp_path}/parsed.txt is a folder, where a file belongs")
    assert "Move it away and run again" in message
    assert [path.name for path in tmp_path.iterdir()] == ["parsed.txt"]


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "gens").write_text("")
    assert "has a file above it, where a folder belongs" in told(tmp_path / "gens" / "x.txt")


def test_a_link_that_leads_to_itself_is_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    message = told(loop / "x.txt")
    assert message.startswith(f"{loop}/x.txt is, or is below, a link that leads to itself")
    (tmp_path / "gen").mkdir()
    (tmp_path / "gen" / "attempts.jsonl").symlink_to(tmp_path / "gen" / "attempts.jsonl")
    held = Ledger.open(str(tmp_path / "gen"))
    with pytest.raises(FileError, match="is, or is below, a link"), files_told(), held:
        pass


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no room left on its disk"),
        (errno.EDQUOT, "beyond the quota"),
        (errno.EROFS, "cannot be written to"),
        (errno.EACCES, "not open to this user"),
        (errno.ENAMETOOLONG, "too long a name"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EIO, "Look after the disk"),
    ],
)
def test_each_refusal_has_its_own_advice_and_a_cause_to_group_by(number: int, words: str) -> None:
    error = file_error(OSError(number, os.strerror(number), "data/x.txt"))
    assert str(error).startswith("data/x.txt ") and words in str(error)
    assert error.cause == errno.errorcode[number].lower()


def test_what_is_not_of_a_file_passes_unchanged() -> None:
    with pytest.raises(ConnectionResetError), files_told():
        raise ConnectionResetError(errno.ECONNRESET, "reset")


def test_an_unknown_refusal_keeps_its_own_words() -> None:
    assert str(file_error(OSError(errno.ENXIO, "No such device", "data/x"))) == (
        "data/x cannot be used: No such device."
    )
