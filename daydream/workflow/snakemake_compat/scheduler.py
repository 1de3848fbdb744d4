"""Patches of Snakemake's scheduler for many short jobs; docs/performance.md has the figures."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from daydream.workflow.snakemake_compat.guard import reach

SPARE_JOBS = 8  # ready jobs beyond the free slots, so that priorities have something to choose from
DEFAULT_START_LIMIT = (100, 1)  # what Snakemake sets when nobody asked for one: jobs, seconds
_NO_CORES: int | None = None


@reach("raising the limit on open files", lambda: _NO_CORES)
def local_cores(workflow: Any) -> int | None:
    """How many jobs may run at once in this process; None where they run elsewhere.

    Reason: each generation under way holds files open, and the limit is often below ``-c 2000``.
    Seen in 9.27.1: ``Workflow.cores``, ``Workflow.local_exec``.
    """
    return int(workflow.cores) if workflow.local_exec else None


class Polls:
    """Replaces the semaphore of Snakemake's scheduler: wake-ups before its next poll become one.

    The scheduler's main loop waits on a semaphore and then polls: sizes of the inputs of up to
    ``scheduler-subsample`` ready jobs, a knapsack over them, and all jobs that remain. With
    hundreds of jobs ready a poll costs more than a call. Of three kinds most find nothing to start:

    - one for each finished job, although the first deals with all that have finished by then;
    - one a second after each poll, in a thread of its own, for a limit of 100 job starts a second;
    - the sizing of a hundred jobs when a single slot has become free.
    """

    def __init__(self, scheduler: Any) -> None:
        self._scheduler = scheduler
        self._max_jobs: int = scheduler.subsample or sys.maxsize
        self._wake_ups = 1  # Snakemake's first poll is due when the loop begins
        self._changed = threading.Condition()

    def release(self) -> None:
        """Wake the scheduler up; what it is to find must be in place already."""
        with self._changed:
            self._wake_ups += 1
            self._changed.notify()

    def acquire(self) -> None:
        """Wait for a wake-up, then set how many jobs the poll is to choose from."""
        with self._changed:
            while not self._wake_ups:
                self._changed.wait()
            finished, self._wake_ups = self._wake_ups, 0
        self._scheduler.subsample = min(self._max_jobs, self._free() + finished + SPARE_JOBS)

    def started(self) -> None:
        """Poll again when jobs were started and there are slots and jobs left.

        A poll that was to choose among fewer jobs than there are slots leaves some, and nothing
        else would wake the scheduler up before a job has finished.
        """
        if self._free() > 0 and self._scheduler.open_jobs:
            self.release()

    def _free(self) -> int:
        slots: list[int | None] = [
            self._scheduler.resources.get(name) for name in ("_cores", "_nodes")
        ]
        return min(slot for slot in slots if slot is not None)


@reach("the quick scheduling of many short jobs", lambda: None)
def coalesce_polls(scheduler: Any) -> None:
    """Patch the scheduler: coalesce wake-ups, skip input sizing, lift the default start limit.

    Reason: with hundreds of ready jobs a poll costs more than a call. Sizes only serve to start
    jobs with large inputs first, which is of no use among prompts of a few kilobytes, and a file
    that another run on the same data root is just then making again has none. The starts of calls
    are limited where calls are made, by their endpoint; a limit that was asked for stays.
    ``--max-jobs-per-timespan`` can raise the limit, but not end the poll that it causes a second
    after each other one. The scheduler plugin interface is asked only after wake-up and sizing:
    tried, no gain.
    Seen in 9.27.1: ``JobScheduler`` with ``_open_jobs`` (a semaphore), ``run``, ``open_jobs``,
    ``resources``, ``subsample``, ``job_rate_limiter``, ``_input_sizes``, ``update_input_sizes``.
    """
    if not isinstance(scheduler._open_jobs, threading.Semaphore):
        raise AttributeError("_open_jobs is no semaphore")
    for name in ("open_jobs", "resources", "_input_sizes", "update_input_sizes"):
        getattr(scheduler, name)  # all of it, or nothing is changed
    limiter, polls, run = scheduler.job_rate_limiter, Polls(scheduler), scheduler.run

    async def no_sizes(jobs: Iterable[Any]) -> None:
        """All inputs weigh the same."""

    def run_and_poll(*jobs: Any, **options: Any) -> None:
        run(*jobs, **options)
        polls.started()

    if limiter and (limiter.max_jobs, limiter.timespan) == DEFAULT_START_LIMIT:
        scheduler.job_rate_limiter = None
    scheduler._open_jobs, scheduler.run = polls, run_and_poll
    scheduler._input_sizes, scheduler.update_input_sizes = defaultdict(int), no_sizes


@reach("the quick scheduling of many short jobs", lambda: None)
def schedule_quickly(workflow: Any) -> None:
    """Patch the scheduler of a run whose jobs are threads of this process.

    Reason: as for :func:`coalesce_polls`; on a cluster jobs are few and long.
    Seen in 9.27.1: ``Workflow.local_exec``, ``Workflow.scheduler``.
    """
    if workflow.local_exec:
        coalesce_polls(workflow.scheduler)
