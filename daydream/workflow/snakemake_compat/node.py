"""Snakemake on a cluster: on a node, where it has one job, and where it waits for such jobs."""

from __future__ import annotations

import asyncio
import pkgutil
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from daydream.workflow.arguments import option_values
from daydream.workflow.snakemake_compat.guard import reach

LOOK_EVERY_S = 1.0
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


@reach("seeing at once that a slice is over", lambda: None)
def look_when_over(over: Callable[[], Collection[str]]) -> None:
    """Have an executor ask how its jobs are as soon as one seems to be over, or none is left.

    What it is told decides. So it does not matter whether a job is over indeed: one that is put
    back into the queue is asked for some times, then ever more rarely.

    Reason: the executor for Slurm asks every 40 seconds, waits 10 more after each time without
    news, and at the end of a run for the rest of such a time.
    Seen in 9.27.1: ``RemoteExecutor.sleep``, ``active_jobs`` and ``wait`` (of its interface 9.4).

    Args:
        over: the files that jobs make whose processes are over; looked at every second.
    """
    from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

    wait, questions = RemoteExecutor.sleep, _Questions()

    async def sleep(executor: Any) -> None:
        interval = asyncio.ensure_future(wait(executor))
        while executor.wait and not interval.done():
            await asyncio.wait([interval], timeout=LOOK_EVERY_S)
            own = {path for job in list(executor.active_jobs) for path in job.job.output}
            if questions.are_due(own.intersection(over())):
                break
        interval.cancel()

    RemoteExecutor.sleep = sleep


class _Questions:
    """When to ask about jobs that seem to be over: at once, and then ever more rarely."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[float, float]] = {}  # when, and seconds from then to the next

    def are_due(self, jobs: Collection[str]) -> bool:
        """Whether it is time to ask about some of these."""
        now = time.monotonic()
        self._next = {job: self._next.get(job, (now, LOOK_EVERY_S)) for job in jobs}
        due = [job for job, (when, _) in self._next.items() if when <= now]
        for job in due:
            pause = self._next[job][1]
            self._next[job] = (now + pause, pause * 1.5)
        return bool(due)
