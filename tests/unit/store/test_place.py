"""The place of a data root: what is wrong is found, and what one host cannot tell is said."""

from __future__ import annotations

import time
from io import FileIO
from pathlib import Path

import pytest

from daydream.store import place
from daydream.store.place import Mount, mount_of


def test_of_two_processes_one_gets_the_lock(tmp_path: Path) -> None:
    assert place.check_locks(str(tmp_path)).state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_locks_that_two_hold_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "hold", FileIO)
    finding = place.check_locks(str(tmp_path))
    assert finding.state == "wrong"
    assert "NFSv4" in finding.message


@pytest.mark.parametrize(
    ("kind", "options", "state"),
    [
        ("ext4", "rw", "ok"),
        ("nfs4", "rw,vers=4.2,local_lock=none", "unsure"),
        ("nfs", "rw,nolock", "wrong"),
        ("nfs", "rw,local_lock=all", "wrong"),
        ("nfs", "rw,local_lock=flock", "wrong"),
        ("lustre", "rw,flock", "unsure"),
        ("lustre", "rw", "wrong"),
        ("lustre", "rw,localflock", "wrong"),
        ("fuse.glusterfs", "rw", "unsure"),
    ],
)
def test_what_a_mount_tells_of_locks_between_hosts(kind: str, options: str, state: str) -> None:
    mounts = [Mount("/", "ext4", ("rw",)), Mount("/home", kind, tuple(options.split(",")))]
    assert place.check_locks_between_hosts("/home/me/data", mounts).state == state


def test_a_folder_is_on_the_innermost_mount_that_holds_it() -> None:
    mounts = [Mount(point, point, ()) for point in ("/", "/home", "/home/me", "/homely")]
    assert mount_of("/home/me/data", mounts).point == "/home/me"
    assert mount_of("/homes", mounts).point == "/"


def test_a_clock_that_is_off_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.check_clock(str(tmp_path)).state == "ok"
    now = time.time
    monkeypatch.setattr(place.time, "time", lambda: now() - 60)
    finding = place.check_clock(str(tmp_path))
    assert finding.state == "wrong"
    assert "+60 s" in finding.message


def test_too_few_inodes_are_wrong(tmp_path: Path) -> None:
    assert place.check_inodes(str(tmp_path), 0).state == "ok"
    assert place.check_inodes(str(tmp_path), 10**18).state == "wrong"
