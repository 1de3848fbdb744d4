"""Disks that are full or cannot be written to, files that go, and users that share a data root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daydream.errors import FileError
from daydream.store.file_errors import files_told
from daydream.store.ledger import ROOM_BYTES, Ledger
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own; where none can be mounted the test is skipped."""
    place = tmp_path / "disk"
    place.mkdir()
    size = f"size={2 * ROOM_BYTES}"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_buys_nothing_and_goes_on_when_there_is_room(
    disk: Path, work: Workspace, server: MockServer
) -> None:
    (work.data / "gens").symlink_to(disk)
    (disk / "fill").write_bytes(bytes(ROOM_BYTES + 2**20))
    run = work.run("generation_draft", ok=False)
    assert "has no room left on its disk" in run.output and "Make room" in run.output
    assert "Traceback" not in run.output
    assert server.received == 0
    (disk / "fill").unlink()
    work.run("evaluation")
    assert server.received == 12


def test_a_data_root_that_cannot_be_written_to_is_read_and_nothing_is_bought(
    disk: Path, work: Workspace, server: MockServer
) -> None:
    work.run("generation_draft")
    shutil.copytree(work.data, disk / "data")
    shutil.rmtree(work.data)
    work.data.symlink_to(disk / "data")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert "Nothing to be done" in work.run("generation_draft").output
    run = work.run("evaluation", ok=False)
    assert run.output.count("cannot be written to (Read-only file system)") == 1
    assert "Traceback" not in run.output
    assert server.received == 3


@pytest.mark.slow
def test_a_membership_that_is_deleted_under_way_costs_nothing(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.5
    run = work.start("evaluation")
    end = time.monotonic() + 60
    while not server.received and time.monotonic() < end:
        time.sleep(0.02)
    (work.data / "cohorts" / "trial" / "membership.csv").unlink()
    run.wait(timeout=120)
    server.latency_s = 0.0
    work.run("results_processing")
    assert server.received == 12


def test_two_runs_at_once_on_overlapping_cohorts_buy_each_answer_once(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.3
    runs = [
        work.start("evaluation"),
        work.start("evaluation"),
        work.start("evaluation", "--config", "cohort=other"),
    ]
    assert [run.wait(timeout=240) for run in runs] == [0, 0, 0]
    assert server.received == server.paid == 12
    assert set(server.paid_by_prompt.values()) == {1}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as somebody else")
def test_files_of_another_user_are_told_with_the_way_to_share_them() -> None:
    # Not below tmp_path, whose folders above are closed to others by pytest itself.
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        folder = f"{root}/d_1"
        previous = os.umask(0o077)
        try:
            with Ledger.open(folder):
                pass
            os.seteuid(65534)
            assert os.listdir(root) == ["d_1"]
            with pytest.raises(FileError) as told, files_told():
                Ledger.open(folder).__enter__()
        finally:
            os.seteuid(0)
            os.umask(previous)
        assert f"{folder}/attempts.jsonl is not open to this user" in str(told.value)
        assert "chmod -R g+rwX, umask 002" in str(told.value)


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as somebody else")
def test_a_second_user_is_told_or_goes_on_where_the_first_one_shares(server: MockServer) -> None:
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        home = Path(root, "home")
        home.mkdir()
        home.chmod(0o777)
        theirs = {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
        work = Workspace(Path(root), server.base_url)
        first, second = work.command("generation_draft"), work.command("evaluation")

        def run(command: list[str], umask: int) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                command,
                cwd=root,
                capture_output=True,
                text=True,
                umask=umask,
                env=os.environ | (theirs if command[0] == NOBODY[0] else {}),
            )

        assert run(first, 0o077).returncode == 0
        refused = run([*NOBODY, *second], 0o077)
        assert refused.returncode == 1 and "Traceback" not in refused.stderr
        assert refused.stderr.count("is not open to this user") == 1
        assert server.received == 3
        subprocess.run(["chmod", "-R", "a+rwX", root], check=True)
        shared = run([*NOBODY, *second], 0o000)
        assert shared.returncode == 0, shared.stderr
        assert run(first, 0o022).returncode == 0
        assert server.received == 12
