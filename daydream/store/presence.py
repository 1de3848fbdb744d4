"""Which runs are under way on a data root, on whichever hosts: each holds a file of its own.

The kernel lets go of it when the process dies, so that no run that was killed counts.
"""

from __future__ import annotations

import json
import os
import socket
import weakref
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from daydream.errors import LockError
from daydream.store.files import process_name, unless_gone, write_all
from daydream.store.layout import Layout
from daydream.store.locks import hold, is_held


class RunningRun(NamedTuple):
    """A run under way: what it is about, and where."""

    title: str
    host: str
    pid: int


class Presence:
    """Shows that a run of this process is under way, until it is over."""

    def __init__(self, layout: Layout, title: str) -> None:
        """Show it; without locks on the file system nothing is shown.

        Args:
            layout: of the data root.
            title: what the run is about.
        """
        self._path = Path(layout.runs, f"{process_name()}.alive")
        self._held: FileIO | None = None
        _remove_the_dead(layout)
        with suppress(LockError):
            self._held = hold(str(self._path))
        if self._held is not None:
            content = json.dumps(RunningRun(title, socket.gethostname(), os.getpid())._asdict())
            write_all(self._held, content.encode())
            os.fsync(self._held.fileno())  # a client of NFS shows it to other hosts only then
            # Also when the process ends without a word, as for a key that is not set.
            weakref.finalize(self, self._path.unlink, missing_ok=True)

    def end(self) -> None:
        """Show it no longer."""
        if self._held is not None:
            self._path.unlink(missing_ok=True)
            with unless_gone():  # a host that sees no lock on it has removed it
                self._held.close()
            self._held = None


def running_runs(layout: Layout) -> list[RunningRun]:
    """The runs that are under way."""
    return list(_running(layout))


def _running(layout: Layout) -> Iterator[RunningRun]:
    for path in sorted(Path(layout.runs).glob("*.alive")):
        # What is not there any more must not be made again by looking whether it is held.
        with unless_gone(), suppress(ValueError, TypeError):
            content = json.loads(path.read_text(encoding="utf-8"))
            if is_held(str(path)):
                yield RunningRun(**content)


def _remove_the_dead(layout: Layout) -> None:
    for path in Path(layout.runs).glob("*.alive"):
        with suppress(LockError):
            if not is_held(str(path)):
                path.unlink(missing_ok=True)
