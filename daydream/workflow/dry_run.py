"""Asking Snakemake what a run with some targets and forces would do."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from daydream.errors import DaydreamError
from daydream.experiment.installation import PACKAGE, SNAKEFILE
from daydream.workflow.plan.reasons import Job
from daydream.workflow.processes import share_package


def dry_run(arguments: Iterable[str]) -> list[Job]:
    """The jobs of a dry run in the current directory.

    A process of its own and the user's own options: targets, forces, configuration and profile
    then mean what they mean in a run. Our logger plugin writes down the jobs that Snakemake tells
    it of. So Snakemake's log, whose form may change, is not parsed; and its Python interface would
    want every option translated.

    Args:
        arguments: options and targets as for ``snakemake``.

    Raises:
        DaydreamError: in Snakemake's words, when it cannot tell.
    """
    share_package(str(PACKAGE.parent))  # Snakemake finds plugins on the path
    with tempfile.TemporaryDirectory(prefix="daydream-plan-") as folder:
        path = Path(folder, "jobs.json")
        snakefile = ["--snakefile", str(SNAKEFILE), "--dry-run"]
        logger = ["--logger", "daydream", "--logger-daydream-jobs", str(path)]
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments, *snakefile, *logger],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0 or not path.exists():
            output = done.stdout.rpartition("Building DAG of jobs...")[2].splitlines()
            raise DaydreamError("snakemake --dry-run: " + "\n".join(output[-6:]))
        jobs = json.loads(path.read_text(encoding="utf-8"))
    return [Job(rule, wildcards.get("gen_id", ""), reason) for rule, wildcards, reason in jobs]
