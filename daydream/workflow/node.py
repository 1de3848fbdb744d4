"""A Snakemake that an executor has started on a node of a cluster: it makes the slice itself."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from daydream.store.layout import exists
from daydream.workflow import slice_job
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.project import Project

LATENCY_S = 60.0  # until the order, written on another host, must have shown itself on this one
_EVERY_S = 1.0
_STDOUT, _STDERR = 1, 2


def make_slice_here(workflow: Any, project: Project, log: str) -> None:
    """Make the slice that this process was started for, and end it; return if there is none.

    An executor starts one Snakemake on the node, that for Slurm two, only to start a process that
    makes the slice. Each reads the workflow and imports what it needs, more than a second of a
    processor. So the first makes the slice, while it reads the rules and before it plans anything.

    Args:
        workflow: Snakemake's ``workflow`` object.
        project: the experiment.
        log: pattern of the log file of the rule.

    Raises:
        SystemExit: with the exit code of the slice.
    """
    job = compat.only_job(workflow)
    if job is None or job.rule != compat.name_in_run(workflow, "generate_slice"):
        return
    target, name = job.wildcards["target"], job.wildcards["scatteritem"]
    order = project.layout.slice_order(project.cohort, target, name)
    mark = project.layout.slice_mark(project.cohort, target, name)
    Path(mark).unlink(missing_ok=True)  # as Snakemake prepares a job
    _redirect(log.format(**job.wildcards))
    _wait_for(order)
    sys.exit(slice_job.main(order, mark))


def _redirect(log: str) -> None:
    """Write what this process says from now on to the log of the job."""
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    with path.open("wb") as file:
        os.dup2(file.fileno(), _STDOUT)
        os.dup2(file.fileno(), _STDERR)


def _wait_for(order: str) -> None:
    until = time.monotonic() + LATENCY_S
    while not exists(order):
        if time.monotonic() > until:
            sys.exit(
                f"Error: {order} is not there, {LATENCY_S:g} seconds after this job began. Is the "
                "data root on a file system that this host shares with the one that submitted it?"
            )
        time.sleep(_EVERY_S)
