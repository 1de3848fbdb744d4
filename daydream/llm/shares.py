"""The share of an endpoint's limits that a process may use while slices run beside it.

Each running slice holds a file of its own, which the kernel lets go when the process dies; so the
number of files that are held is the number of running slices, on whichever hosts they are.
"""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import Protocol

from daydream.experiment.slices import Slice
from daydream.store.files import process_name
from daydream.store.layout import Layout
from daydream.store.locks import hold_new, is_held

SETTLING_S = 5.0  # until the slices that start together have shown themselves
EVERY_S = 2.0  # between counts of the running slices


class Share(Protocol):
    """A part of all limits, above 0 and at most 1."""

    @property
    def value(self) -> float:
        """The part now."""


class Whole:
    """The share of a process that makes a whole cohort: everything."""

    value = 1.0


class RunningSlices:
    """The equal share of one of the slices that run on a data root.

    It begins with the share of a slice when all of them run, and takes up what slices leave that
    wait in a queue or are over. A slice that starts is noticed within seconds; its share is small
    then, and so is the excess.
    """

    def __init__(self, layout: Layout, part: Slice, every_s: float = EVERY_S) -> None:
        """Show that a slice runs, until the process ends or this object is no more.

        Args:
            layout: of the data root.
            part: the slice.
            every_s: seconds between counts.

        Raises:
            LockError: when the file system has no locks.
        """
        self.value = 1 / part.count
        self._folder = Path(layout.running_slices)
        self._own = self._folder / f"{process_name()}.alive"
        self._held = hold_new(str(self._own))
        self._over = threading.Event()
        weakref.finalize(self, _end, self._own, self._over)
        # As many counts a second in all as there are slices would be many for a file server.
        every_s = max(every_s, every_s * part.count / 20)
        arguments = (weakref.ref(self), self._over, every_s)
        threading.Thread(target=_keep_counting, args=arguments, daemon=True).start()

    def count(self) -> int:
        """How many slices run, this one included; removes the files of those that were killed."""
        others = [path for path in self._folder.glob("*.alive") if path != self._own]
        return 1 + sum(map(_runs, others))


def _runs(path: Path) -> bool:
    if is_held(str(path)):
        return True
    path.unlink(missing_ok=True)
    return False


def _keep_counting(
    slices: weakref.ref[RunningSlices], over: threading.Event, every_s: float
) -> None:
    over.wait(SETTLING_S)
    while not over.is_set():
        if (running := slices()) is None:
            return
        running.value = 1 / running.count()
        del running  # or it would never be collected
        over.wait(every_s)


def _end(own: Path, over: threading.Event) -> None:
    over.set()
    own.unlink(missing_ok=True)
