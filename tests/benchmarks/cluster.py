"""What slices cost on a real Slurm of one node: processor time a generation, and time in all.

``python -m tests.benchmarks.cluster`` (make slurm first; as root, as slurmd and the kernel's
accounting of processor time want it). A mock server answers after ``--latency`` seconds. Counted is
everything that runs below slurmd, whoever waits for it. The server and the submitting run are on
the same processors, so times in all are upper bounds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.bench import measure
from tests.support.mock_server import MockServer
from tests.support.slurm import EXECUTORS, Slurm, why_not
from tests.support.workspace import ROOT, Workspace

CGROUPS = Path("/sys/fs/cgroup/cpuacct")
PROFILES = ROOT / "profiles"
WITHOUT_ACCOUNTING = ("--slurm-no-account", "--slurm-status-command", "squeue")
STATES_S = 600.0


class NodeTime:
    """Processor seconds of a process and of all that it starts, from the kernel's accounting."""

    def __init__(self, pid: int) -> None:
        self._group = CGROUPS / f"daydream-{os.getpid()}-{pid}"
        self._group.mkdir()
        (self._group / "cgroup.procs").write_text(str(pid))

    def read(self) -> float:
        """Seconds so far."""
        return int((self._group / "cpuacct.usage").read_text()) / 1e9


class Cohort(NamedTuple):
    """About so many chains, each a draft, an essay and an evaluation by each judge."""

    chains: int
    judges: int
    latency_s: float


@contextmanager
def experiment(cohort: Cohort) -> Iterator[tuple[Workspace, MockServer]]:
    """A cohort of which nothing is made yet, and a server for it."""
    with tempfile.TemporaryDirectory() as folder, MockServer() as server:
        work = Workspace(Path(folder) / "work", server.base_url)
        count = next(n for n in range(3, 1000) if n * (n - 1) // 2 >= cohort.chains)
        work.concepts(tuple(f"concept-{number}" for number in range(count)))
        work.templates("essay", ["longer"], text="Write an essay.\n{{ draft_block }}")
        work.models({"writer": "both", **{f"judge-{n}": "judges" for n in range(1, cohort.judges)}})
        work.config["endpoints"]["mock"]["max_concurrency"] = 64
        server.latency_s = cohort.latency_s
        work.run("cohort")
        yield work, server


def generations(work: Workspace) -> int:
    return sum(len(work.ids(stage)) for stage in ("draft", "essay", "evaluation"))


def show(name: str, cpu_s: float, wall_s: float, work: Workspace, server: MockServer) -> None:
    count = generations(work)
    assert server.paid == count, f"{server.paid} of {count} calls"
    print(
        f"{name:<28} {count:5} generations  {cpu_s:6.1f} s CPU  {1000 * cpu_s / count:5.1f} ms each"
        f"  {wall_s:6.1f} s in all",
        flush=True,
    )


def local(cohort: Cohort) -> None:
    with experiment(cohort) as (work, server):
        used = measure(work.command("evaluation"), without_tests(work)["PYTHONPATH"])
        show("local run", used.cpu_s, used.seconds, work, server)


def array(cohort: Cohort, slices: int) -> None:
    with experiment(cohort) as (work, server), cluster() as (slurm, node):
        before, started = node.read(), time.monotonic()
        script = str(PROFILES / "slurm-array" / "slices.sh")
        arguments = [str(part) for part in work.command()[3:]]
        job = slurm.submit(
            f"--array=1-{slices}",
            script,
            str(slices),
            *arguments,
            cwd=work.root,
            **without_tests(work),
        )
        slurm.wait(STATES_S)
        assert slurm.states(job) == ["COMPLETED"] * slices
        show(f"array of {slices}", node.read() - before, time.monotonic() - started, work, server)


def executor(cohort: Cohort, slices: int) -> None:
    with experiment(cohort) as (work, server), cluster() as (slurm, node):
        before, started = node.read(), time.monotonic()
        env = slurm.env | without_tests(work)
        env["PYTHONPATH"] = f"{EXECUTORS}:{env['PYTHONPATH']}"
        profile = ("--workflow-profile", str(PROFILES / "slurm"))
        scatter = ("--set-scatter", f"slices={slices}")
        work.run("evaluation", *profile, *scatter, *WITHOUT_ACCOUNTING, env=env, timeout_s=STATES_S)
        assert len(slurm.submitted()) <= slices
        name = f"executor, {slices} slices"
        show(name, node.read() - before, time.monotonic() - started, work, server)


@contextmanager
def cluster() -> Iterator[tuple[Slurm, NodeTime]]:
    with tempfile.TemporaryDirectory() as folder, Slurm(Path(folder) / "slurm") as slurm:
        yield slurm, NodeTime(slurm.pid("slurmd"))


def without_tests(work: Workspace) -> dict[str, str]:
    """An environment without aiohttp, which only tests install and openai imports if it can."""
    folder = work.root.parent / "without-tests"  # which ends with the experiment
    folder.mkdir(exist_ok=True)
    (folder / "aiohttp.py").write_text("raise ImportError('not in an environment of users')\n")
    return {"PYTHONPATH": f"{folder}:{ROOT}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chains", type=int, default=200)
    parser.add_argument("--judges", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--only", choices=("local", "array", "executor"))
    given = parser.parse_args()
    if reason := why_not():
        sys.exit(reason)
    cohort = Cohort(given.chains, given.judges, given.latency)
    if given.only in (None, "local"):
        local(cohort)
    if given.only in (None, "array"):
        array(cohort, 4)
    if given.only in (None, "executor"):
        executor(cohort, 20)


if __name__ == "__main__":
    main()
