"""Whether a mount shows in time what is written through another one.

A file server tells every host at once who holds a lock. What a file contains, a mount may keep for
seconds. So a process writes a byte to a file and then takes, or leaves, the lock on it, by turns;
another one that sees the turn in the lock looks for the byte.
"""

from __future__ import annotations

import time
from io import FileIO
from pathlib import Path

from daydream.store.files import unless_gone
from daydream.store.locks import hold, is_held

LATE_S = 1.5  # what is seen no later than this, ledgers and texts are read again for
_STEP_S = 0.1


class Turns:
    """A file that grows by a byte each turn, and is held when their number is odd."""

    def __init__(self, path: Path) -> None:
        """Make the file.

        Args:
            path: of the file, which nobody else writes to.
        """
        self.path = path
        self._held: FileIO | None = None
        path.parent.mkdir(exist_ok=True)
        path.touch()

    def take(self) -> None:
        """Write, and only then show by the lock that it is written."""
        with self.path.open("ab") as file:
            file.write(b".")
        if self._held is not None:
            self._held.close()
            self._held = None
            return
        while (held := hold(str(self.path))) is None:  # for a moment another process tries it
            time.sleep(_STEP_S / 10)
        self._held = held


def is_seen_late(path: Path, patience_s: float) -> bool:
    """Whether the content of another process's file is behind its lock; waits for a turn.

    Args:
        path: of the file.
        patience_s: seconds to wait for a turn, after which nothing is known against the mount.
    """
    before, until = is_held(str(path)), time.monotonic() + patience_s
    while is_held(str(path)) == before:
        if time.monotonic() > until or _length(path) is None:
            return False
        time.sleep(_STEP_S)
    until = time.monotonic() + LATE_S
    while (length := _length(path)) is not None and length % 2 != is_held(str(path)):
        if time.monotonic() > until:
            return True
        time.sleep(_STEP_S)
    return False


def _length(path: Path) -> int | None:
    """How much can be read, which is what a mount keeps from then on; None: it is gone."""
    with unless_gone():
        return len(path.read_bytes())
    return None
