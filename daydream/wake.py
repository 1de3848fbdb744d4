"""One look for many finished jobs.

Snakemake's scheduler counts finished jobs in a semaphore and looks at all ready jobs once for each,
although its first look deals with every job that has finished by then. When answers come in waves
the other looks find nothing to do; with hundreds of jobs ready they cost more than everything else
(docs/performance.md has the figures).
"""

from __future__ import annotations

import threading


class Wake:
    """What the scheduler uses of a semaphore; wakes that come before it looks are one."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._event.set()

    def release(self) -> None:
        """Tell that there is something to look at; it must be in place already."""
        self._event.set()

    def acquire(self) -> None:
        """Wait until there is."""
        self._event.wait()
        self._event.clear()
