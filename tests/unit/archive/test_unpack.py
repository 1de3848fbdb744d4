"""Archives from strangers: nothing is written outside, and one message tells what is wrong."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from daydream.archive.unpack import unpack
from daydream.errors import ArchiveError


def archive(tmp_path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> str:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return str(path)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "place"
    place.mkdir()
    return place


@pytest.mark.parametrize(
    "names", [("t/x", "t/x/y"), ("t/x/y", "t/x"), ("t", "t/x"), ("t/x/", "t/x")]
)
def test_a_file_where_another_member_needs_a_folder_is_refused(
    tmp_path: Path, place: Path, names: tuple[str, str]
) -> None:
    path = archive(tmp_path, *((name, b"" if name.endswith("/") else b"1") for name in names))
    with pytest.raises(ArchiveError, match="is no archive of daydream export"):
        unpack(path, str(place))
    assert list(place.iterdir()) == []


def test_a_member_that_is_larger_than_it_says_is_told_and_left_out(
    tmp_path: Path, place: Path
) -> None:
    """A bomb that lies about its size is cut off at the size that it names."""
    path = Path(archive(tmp_path, ("t/bomb", bytes(50_000_000)), ("t/ok", b"fine")))
    size = struct.pack("<L", 50_000_000)
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 100)))
    found = unpack(str(path), str(place))
    assert "cannot be unpacked" in str(found.files["bomb"])
    assert [p.name for p in place.rglob("*") if p.is_file()] == ["ok"]


def test_a_bomb_that_tells_its_size_is_not_begun(tmp_path: Path, place: Path) -> None:
    path = Path(archive(tmp_path, ("t/bomb", bytes(1_000_000))))
    size = struct.pack("<L", 1_000_000)
    path.write_bytes(path.read_bytes().replace(size, b"\xfe\xff\xff\xff"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda path: type("Free", (), {"free": 10**9}))
        with pytest.raises(ArchiveError, match="needs 4,294,967,294 bytes"):
            unpack(str(path), str(place))
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_devices_and_pipes_become_plain_files(tmp_path: Path, place: Path, kind: int) -> None:
    info = zipfile.ZipInfo("t/device")
    info.external_attr = (kind | stat.S_ISUID | 0o777) << 16
    unpack(archive(tmp_path, (info, b"content")), str(place))
    made = (place / "t" / "device").stat()
    assert stat.S_ISREG(made.st_mode) and not made.st_mode & (stat.S_ISUID | 0o111)


@pytest.mark.parametrize("name", ["t/../../evil", "/evil", "..", "t/..\\..\\evil", "C:\\evil"])
def test_paths_that_lead_elsewhere_are_refused(tmp_path: Path, place: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="written elsewhere"):
        unpack(archive(tmp_path, (name, b"1")), str(place))
    assert list(place.iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "place"]


@pytest.mark.parametrize("name", ["t/" + "d/" * 2000 + "x", "t/" + "n" * 300, "t/" + "é" * 200])
def test_paths_too_long_for_a_disk_are_refused(tmp_path: Path, place: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match=r"the name of its member 't/.{1,60}' is too long"):
        unpack(archive(tmp_path, (name, b"1")), str(place))
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(17), bytes(1000)])
def test_what_is_no_archive_is_one_message(tmp_path: Path, place: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="is not a whole zip archive"):
        unpack(str(path), str(place))


def test_an_empty_archive_is_one_message(tmp_path: Path, place: Path) -> None:
    with pytest.raises(ArchiveError, match="not under one folder"):
        unpack(archive(tmp_path), str(place))
