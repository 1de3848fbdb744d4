"""The share of an endpoint's limits that a process may use while slices run beside it.

Each running slice holds a file of its own, which the kernel lets go when the process dies; so the
number of files that are held is the number of running slices, on whichever hosts they are.

It also touches its file now and then. A file that goes on being touched and can be locked all the
same is that of a slice on another host, between which and this one locks do not hold: then the
ledgers do not keep answers from being paid twice, and the run is stopped.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import uuid
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from daydream.experiment.slices import Slice
from daydream.llm.stopping import STOP, Stop
from daydream.store.layout import Layout
from daydream.store.locks import hold, is_held

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

    def __init__(
        self, layout: Layout, part: Slice, stop: Stop = STOP, every_s: float = EVERY_S
    ) -> None:
        """Show that a slice runs, until the process ends or this object is no more.

        Args:
            layout: of the data root.
            part: the slice.
            stop: what is asked for when locks do not hold between this host and another one.
            every_s: seconds between counts.

        Raises:
            LockError: when the file system has no locks.
        """
        self.value = 1 / part.count
        self._folder = Path(layout.running_slices)
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._own = self._folder / f"{name}.alive"
        self._held = hold(str(self._own))
        self._stop = stop
        self._free: dict[Path, int] = {}  # files that were not held, with their times
        self._over = threading.Event()
        weakref.finalize(self, _end, self._own, self._over)
        # As many counts a second in all as there are slices would be many for a file server.
        every_s = max(every_s, every_s * part.count / 20)
        arguments = (weakref.ref(self), self._over, every_s)
        threading.Thread(target=_keep_counting, args=arguments, daemon=True).start()

    def count(self) -> int:
        """How many slices run, this one included; removes the files of those that were killed."""
        with suppress(FileNotFoundError):  # removed by hand, or by a host that sees no lock on it
            os.utime(self._own)
        others = [path for path in self._folder.glob("*.alive") if path != self._own]
        return 1 + sum(self._runs(path) for path in others)

    def _runs(self, path: Path) -> bool:
        if is_held(str(path)):
            return True
        try:
            touched = path.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        seen = self._free.get(path)
        if seen is None:
            self._free[path] = touched
        elif seen == touched:
            path.unlink(missing_ok=True)
        else:
            self._refuse(path)
        return seen not in (None, touched)

    def _refuse(self, path: Path) -> None:
        if not self._stop.is_requested:
            print(
                f"Error: {path} is the lock of a slice that goes on running on another host, and "
                "this one got it too: locks do not hold between the two, so answers could be paid "
                "twice. Put data_root on a file system with locks between hosts (NFSv4, Lustre "
                "mounted with flock). See docs/cluster.md.",
                file=sys.stderr,
                flush=True,
            )
        self._stop.request()


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
