"""Fewer and smaller looks of Snakemake's scheduler at the jobs that are ready.

Its main loop waits on a semaphore and then looks: sizes of the inputs of up to
``scheduler-subsample`` ready jobs, a knapsack over them, and all jobs that remain. With hundreds of
jobs ready a look costs more than a call, and of three kinds most find nothing to start:

- one for each finished job, although the first deals with all that have finished by then;
- one a second after each look, in a thread of its own, for a limit of 100 job starts a second;
- the sizing of a hundred jobs when a single place has become free.

Sizes only serve to start jobs with large inputs first, which is of no use among prompts of a few
kilobytes; and a file that another run on the same data root is just then making again has none.

docs/performance.md has the figures.
"""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

SPARE = 8  # jobs looked at beyond the free places, so that priorities have something to choose from
STARTS_LIMIT = (100, 1)  # what Snakemake sets when nobody asked for one: jobs, seconds


class Scheduler(Protocol):
    """What is used of Snakemake's scheduler."""

    resources: dict[str, int]
    subsample: int | None
    job_rate_limiter: Any
    run: Any
    update_input_sizes: Any
    _input_sizes: Mapping[Any, int]
    _open_jobs: Any

    @property
    def open_jobs(self) -> Sequence[Any]:
        """The jobs that are ready."""


class Wake:
    """What the scheduler uses of a semaphore; wakes that come before it looks are one."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._most = scheduler.subsample or sys.maxsize
        self._waiting = 1  # Snakemake's first look is due when the loop begins
        self._changed = threading.Condition()

    def release(self) -> None:
        """Tell that there is something to look at; it must be in place already."""
        with self._changed:
            self._waiting += 1
            self._changed.notify()

    def acquire(self) -> None:
        """Wait until there is, then set how many jobs the look is to choose from."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            finished, self._waiting = self._waiting, 0
        self._scheduler.subsample = min(self._most, self._free() + finished + SPARE)

    def started(self) -> None:
        """Look again when jobs were started and there are places and jobs left.

        A look that was to choose among fewer jobs than there are places leaves some, and nothing
        else would wake the scheduler before a job has finished.
        """
        if self._free() > 0 and self._scheduler.open_jobs:
            self.release()

    def _free(self) -> int:
        places = [self._scheduler.resources.get(name) for name in ("_cores", "_nodes")]
        return min(place for place in places if place is not None)


def spare_looks(scheduler: Scheduler) -> None:
    """Give the scheduler a ``Wake``, and take the limit of job starts away unless it was asked for.

    Calls are limited where they are made, by their endpoint. Does nothing to a scheduler that has
    no such semaphore.
    """
    if not isinstance(getattr(scheduler, "_open_jobs", None), threading.Semaphore):
        return
    limiter = scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == STARTS_LIMIT:
        scheduler.job_rate_limiter = None
    wake, run = Wake(scheduler), scheduler.run

    async def no_sizes(jobs: Any) -> None:
        """All inputs weigh the same."""

    def run_and_look_again(*jobs: Any, **options: Any) -> None:
        run(*jobs, **options)
        wake.started()

    scheduler._open_jobs, scheduler.run = wake, run_and_look_again
    scheduler._input_sizes, scheduler.update_input_sizes = defaultdict(int), no_sizes
