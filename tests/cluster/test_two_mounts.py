"""Two runs of one cohort at the same time through two mounts of one file system, as on two hosts.

The mounts are bindfs's, whose locks are of a mount alone, or with an option of the file system
below, which both have in common, and which keep what they have seen, or not; and sshfs's, whose
locks are of a mount alone.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cluster import until
from tests.support.mock_server import MockServer
from tests.support.slurm import free_port
from tests.support.workspace import SNAKEMAKE, Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("bindfs") is None or not Path("/dev/fuse").exists(),
        reason="there is no bindfs, or no FUSE (Debian: apt-get install bindfs)",
    ),
]
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin")

CALLS = 10 + 10 + 10
NOT_CACHED = "attr_timeout=0,entry_timeout=0,negative_timeout=0"
KEPT_LONG = "attr_timeout=10,entry_timeout=10"
COMMON_LOCKS = ("--multithreaded", "--enable-lock-forwarding", "-o")


@contextmanager
def mounted(folder: Path, points: tuple[Path, Path], *options: str) -> Iterator[None]:
    try:
        for point in points:
            point.mkdir()
            subprocess.run(["bindfs", "--no-allow-other", *options, folder, point], check=True)
        yield
    finally:
        for point in points:
            subprocess.run(["umount", "--lazy", point], check=False)


@contextmanager
def mounted_by_ssh(folder: Path, points: tuple[Path, Path]) -> Iterator[None]:
    """Two mounts by sshfs of a server of this host, which ends with them."""
    keys, port = folder.parent / "keys", free_port()
    keys.mkdir()
    for name in ("host", "user"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / name]
        subprocess.run(make, check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    serving = ("ListenAddress=127.0.0.1", f"AuthorizedKeysFile={keys}/user.pub", "StrictModes=no")
    options = [part for o in (*serving, "Subsystem=sftp internal-sftp") for part in ("-o", o)]
    command = [SSHD, "-D", "-f", "/dev/null", "-p", str(port), "-h", keys / "host", *options]
    server = subprocess.Popen([*map(str, command)], stderr=subprocess.DEVNULL)
    try:
        identity = f"IdentityFile={keys}/user,StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null"
        for point in points:
            point.mkdir()
            mount = ["sshfs", "-p", str(port), "-o", identity, f"root@127.0.0.1:{folder}", point]
            until(lambda mount=mount: subprocess.run(mount, capture_output=True).returncode == 0)
        yield
    finally:
        for point in points:
            subprocess.run(["umount", "--lazy", point], check=False)
        server.terminate()
        server.wait()


def run_through(work: Workspace, points: tuple[Path, Path]) -> list[tuple[int, str]]:
    """Two runs side by side; how each has ended, and what it has said."""
    work.command()  # writes the configuration
    runs = []
    for point in points:
        place = point.with_name(f"{point.name}-run")
        place.mkdir(exist_ok=True)
        files = ("--snakefile", str(work.snakefile), "--configfile", str(work.root / "config.yaml"))
        data = ("--config", f"data_root={point}/data")
        command = [*SNAKEMAKE, "evaluation", *files, "--directory", str(place), *data]
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        runs.append(subprocess.Popen(command, cwd=place, **pipe))
    outputs = [run.communicate(timeout=200)[0] for run in runs]
    return [(run.returncode, said) for run, said in zip(runs, outputs, strict=True)]


def assert_refused(
    ends: list[tuple[int, str]], server: MockServer, why: str = "locks do not hold"
) -> None:
    """One run at least was refused, in one message, and the others paid for each call once."""
    refused = [said for code, said in ends if code != 0]
    assert refused
    assert all(said.count(why) == 1 for said in refused)
    assert not any("Traceback" in said for said in refused)
    assert server.paid == CALLS * (2 - len(refused))


@pytest.fixture
def cohort(tmp_path: Path, server: MockServer) -> Workspace:
    """Ten chains, whose calls take long enough for two runs to meet."""
    work = Workspace(tmp_path / "real", server.base_url)
    work.concepts(tuple(f"concept-{number}" for number in range(5)))
    work.templates("essay", ["longer"], text="Write an essay.\n{{ draft_block }}")
    work.run("cohort")
    work.config["endpoints"]["mock"]["max_concurrency"] = 2
    server.latency_s = 0.5
    return work


@pytest.fixture
def points(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "a", tmp_path / "b"


def test_where_locks_hold_two_runs_pay_for_each_call_once(
    cohort: Workspace, server: MockServer, points: tuple[Path, Path]
) -> None:
    with mounted(cohort.root, points, *COMMON_LOCKS, NOT_CACHED):
        ends = run_through(cohort, points)
    assert [code for code, _ in ends] == [0, 0], ends
    assert server.paid == CALLS


@pytest.mark.parametrize(("options", "latency_s"), [((), 0.5), (("-o", KEPT_LONG), 1.0)])
def test_where_locks_do_not_hold_a_run_ends_with_one_message_before_its_first_call(
    cohort: Workspace,
    server: MockServer,
    points: tuple[Path, Path],
    options: tuple[str, ...],
    latency_s: float,
) -> None:
    server.latency_s = latency_s
    with mounted(cohort.root, points, *options):
        assert_refused(run_through(cohort, points), server)


def test_where_a_mount_keeps_what_it_has_seen_a_run_ends_before_its_first_call(
    cohort: Workspace, server: MockServer, points: tuple[Path, Path]
) -> None:
    with mounted(cohort.root, points, *COMMON_LOCKS, KEPT_LONG):
        ends = run_through(cohort, points)
    assert_refused(ends, server, "is seen here seconds later")


@pytest.mark.skipif(
    SSHD is None or shutil.which("sshfs") is None,
    reason="there is no sshfs, or no server for it (Debian: sshfs, openssh-server)",
)
def test_through_sshfs_one_of_two_runs_is_refused(
    cohort: Workspace, server: MockServer, points: tuple[Path, Path]
) -> None:
    with mounted_by_ssh(cohort.root, points):
        assert_refused(run_through(cohort, points), server)
