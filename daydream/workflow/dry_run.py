"""Asking Snakemake what a run with some targets and forces would do."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from daydream.errors import DaydreamError
from daydream.experiment.installation import SNAKEFILE
from daydream.store.files import write_json
from daydream.workflow.plan.reasons import Job

PLAN_VARIABLE = "DAYDREAM_PLAN"


def dry_run(arguments: Iterable[str]) -> list[Job]:
    """The jobs of a dry run in the current directory.

    A process of its own and the user's own options: targets, forces, configuration and profile
    then mean what they mean in a run. The workflow writes its jobs to the file that a variable
    names, with the function that it uses at the start of a run. So Snakemake's log, whose form may
    change, is not parsed; and its Python interface would want every option translated.

    Args:
        arguments: options and targets as for ``snakemake``.

    Raises:
        DaydreamError: in Snakemake's words, when it cannot tell.
    """
    with tempfile.TemporaryDirectory(prefix="daydream-plan-") as folder:
        path = Path(folder, "jobs.json")
        snakefile = ["--snakefile", str(SNAKEFILE)]
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments, *snakefile, "--dry-run", "--quiet"],
            env={**os.environ, PLAN_VARIABLE: str(path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0 or not path.exists():
            said = done.stdout.rpartition("Building DAG of jobs...")[2].splitlines()
            raise DaydreamError("snakemake --dry-run: " + "\n".join(said[-6:]))
        return [Job(*job) for job in json.loads(path.read_text(encoding="utf-8"))]


def report_at_exit(jobs: Callable[[], Sequence[Job]]) -> None:
    """Within the process that :func:`dry_run` starts: have it leave its jobs behind."""
    path = os.environ.pop(PLAN_VARIABLE, None)
    if path is not None:
        atexit.register(lambda: write_json(path, jobs()))
