"""An experiment that is run in slices on a Slurm."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

from tests.support.slurm import Slurm
from tests.support.workspace import ROOT, Workspace

SCRIPT = str(ROOT / "profiles" / "slurm-array" / "slices.sh")
CONCEPTS = ("bees", "tides", "chess", "fjord")
SLICES = 2
CALLS = 6 + 6 + 12  # of six chains: drafts, essays that are no copies, evaluations


class Cluster:
    """An experiment that is run in slices on a Slurm."""

    def __init__(self, work: Workspace, slurm: Slurm) -> None:
        self.work, self.slurm = work, slurm

    def submit(self, *options: str, slices: int = SLICES, snakemake: tuple[str, ...] = ()) -> str:
        """Submit an array with options of ``sbatch`` and of ``snakemake``; returns its id."""
        arguments = [str(part) for part in self.work.command(*snakemake)[3:]]
        command = (f"--array=1-{slices}", *options, SCRIPT, str(slices), *arguments)
        return self.slurm.submit(*command, cwd=self.work.root)

    def run(self, *snakemake: str) -> list[str]:
        """Run an array to its end; returns the states of its tasks."""
        job = self.submit(snakemake=snakemake)
        self.slurm.wait()
        return self.slurm.states(job)

    def total(self) -> dict[str, int]:
        """How far the cohort is, as ``daydream status`` has it where slices were submitted."""
        total: dict[str, int] = json.loads(self.daydream("status", "--json"))["total"]
        return total

    def daydream(self, *arguments: str) -> str:
        """What a command of ``daydream`` says where the slices were submitted."""
        command = [sys.executable, "-m", "daydream", *arguments, "--configfile", "config.yaml"]
        done = subprocess.run(command, cwd=self.work.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answers(self) -> int:
        """How many answers the ledgers have."""
        stages = ("draft", "essay", "evaluation")
        return sum(len(self.work.answers(s, i)) for s in stages for i in self.work.ids(s))

    def output(self) -> str:
        """What the tasks have said."""
        return "\n".join(path.read_text() for path in sorted(self.work.root.glob("slurm-*.out")))


def until(is_so: Callable[[], bool], timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)
