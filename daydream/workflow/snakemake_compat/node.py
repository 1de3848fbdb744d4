"""Snakemake on the node of a cluster, where it has one job."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from daydream.workflow.arguments import option_values
from daydream.workflow.snakemake_compat.guard import reach

_NO_JOB: NodeJob | None = None


class NodeJob(NamedTuple):
    """A job that an executor has sent to a node."""

    rule: str
    wildcards: Mapping[str, str]


@reach("making a slice without a Snakemake between", lambda: _NO_JOB)
def only_job(workflow: Any) -> NodeJob | None:
    """The one job that an executor has started this Snakemake for; None if it is another one.

    Known while the Snakefile is being read. Where a job is to run in an environment or a container
    of its own, Snakemake has work to do, and there is None.

    Reason: what Snakemake does before such a job takes longer than many a slice.
    Seen in 9.27.1: ``Workflow.remote_exec``, ``deployment_settings.deployment_method``; the option
    ``--target-jobs``, which ``dag_settings`` have only once the Snakefile is read.
    """
    if not workflow.remote_exec or workflow.deployment_settings.deployment_method:
        return None
    from snakemake.target_jobs import parse_target_jobs_cli_args

    entries = option_values(sys.argv, "--target-jobs")
    jobs = parse_target_jobs_cli_args(entries)
    return NodeJob(jobs[0].rulename, jobs[0].wildcards_dict) if len(jobs) == 1 else None


def ignore_executors() -> None:
    """Have the next start of Snakemake in this process find no executor plugin.

    Reason: a slice calls models from its own process. Snakemake imports each plugin that is
    installed, and the executor for Slurm imports pandas.
    Seen in 9.27.1: plugins are found with :func:`pkgutil.iter_modules`.
    """
    find = pkgutil.iter_modules

    def without_executors(*args: Any, **options: Any) -> Iterator[pkgutil.ModuleInfo]:
        found = find(*args, **options)
        return (m for m in found if not m.name.startswith("snakemake_executor_plugin_"))

    pkgutil.iter_modules = without_executors


def run(arguments: list[str]) -> int:
    """Run Snakemake in this process as its command would; returns the exit code.

    Reason: a process between a cluster's job and Snakemake would have to pass on signals.
    Seen in 9.27.1: ``snakemake.cli.main``, the entry point of the command.
    """
    from snakemake.cli import main

    sys.argv = ["snakemake", *arguments]
    try:
        main(arguments)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0
