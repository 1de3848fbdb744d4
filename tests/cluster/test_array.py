"""`sbatch --array` of the shipped script, on a real Slurm: the results are those of a local run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.mock_server import MockServer
from tests.support.slurm import Slurm
from tests.support.workspace import ROOT, Workspace

SCRIPT = str(ROOT / "profiles" / "slurm-array" / "slices.sh")
KEY = "sk-secret-of-this-test"
SLICES = 3


class Cluster:
    """An experiment that is run in slices on a Slurm."""

    def __init__(self, work: Workspace, slurm: Slurm) -> None:
        self.work, self.slurm = work, slurm

    def submit(self, *arguments: str, tasks: str = f"1-{SLICES}", **env: str) -> str:
        """Submit an array; returns its id."""
        options = [str(part) for part in self.work.command()[3:]]
        command = (f"--array={tasks}", SCRIPT, str(SLICES), *arguments, *options)
        return self.slurm.submit(*command, cwd=self.work.root, **env)

    def run(self, *arguments: str, **env: str) -> list[str]:
        """Run an array to its end; returns the states of its tasks."""
        job = self.submit(*arguments, **env)
        self.slurm.wait()
        return self.slurm.states(job)

    def output(self) -> str:
        """What the tasks have said."""
        return "\n".join(path.read_text() for path in sorted(self.work.root.glob("slurm-*.out")))


@pytest.fixture
def cluster(work: Workspace, slurm: Slurm) -> Cluster:
    """A cohort of six chains, known and not made."""
    work.concepts(("bees", "tides", "chess", "fjord"))
    work.run("cohort")
    return Cluster(work, slurm)


CALLS = 6 + 6 + 12


def contents(work: Workspace) -> dict[str, bytes]:
    """Every text, and the scores but for the times at which they were answered."""
    names = ("prompt.txt", "raw.txt", "parsed.txt")
    files = [f for f in work.data.glob("gens/*/*/*") if f.name in names]
    files += [*work.data.glob("cohorts/*/membership.csv")]
    texts = {str(f.relative_to(work.data)): f.read_bytes() for f in files}
    (scores,) = work.data.glob("5_parsing/*/parsed_scores.csv")
    rows = scores.read_text().splitlines()
    assert rows[0].endswith(",answered_at")
    return texts | {"scores": "\n".join(row.rpartition(",")[0] for row in rows).encode()}


def until(is_so: Callable[[], bool], timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_an_array_makes_what_a_local_run_makes_and_each_call_once(
    cluster: Cluster, server: MockServer, tmp_path: Path
) -> None:
    work = cluster.work
    assert cluster.run() == ["COMPLETED"] * SLICES, cluster.output()
    assert server.paid == CALLS
    work.run("results_processing")
    assert server.paid == CALLS

    local = Workspace(tmp_path / "local", server.base_url)
    local.concepts(("bees", "tides", "chess", "fjord"))
    local.run("results_processing")
    assert contents(work) == contents(local)

    server.reset()
    assert cluster.run() == ["COMPLETED"] * SLICES
    assert server.received == 0
