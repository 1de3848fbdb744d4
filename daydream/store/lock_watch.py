"""Processes that work on one data root at the same time, and whether locks hold between them.

Each holds a file of its own, which the kernel lets go when the process dies, and touches it now and
then. A file that goes on being touched, and that another process can lock all the same, is that of
a process on another host between which and this one locks do not hold: then no ledger keeps an
answer from being paid twice. Nor does it where locks hold and a mount shows old content.
"""

from __future__ import annotations

import os
import random
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from daydream.errors import LockError
from daydream.store.files import modified_ns, process_name, unless_gone
from daydream.store.locks import hold_new, is_held
from daydream.store.turns import Turns, is_seen_late

EVERY_S = 2.0  # between touches
MAX_EVERY_S = 10.0  # when so many processes are at work that a file server would be kept busy
MAX_LOOKS = 50  # at files of others before the first call, and then with each touch: a lock each
MAX_LATER_LOOKS = 5
KEPT_S = 12.0  # for which a mount may keep the time of a file; some are made to keep it for 10
_PATIENCE = 2.5  # intervals of touches that a file is waited for which is not held
DEAD_S = 60.0  # after which a file that nobody touches is that of a dead process


class _Free(NamedTuple):
    """A file that was found without its lock: its time, and when that was (monotonic)."""

    touched: int
    since: float


class LockWatch:
    """Shows that a process is at work on a data root, until it ends or this object is no more."""

    def __init__(
        self, folder: str, is_refused: Callable[[str], None], every_s: float = EVERY_S
    ) -> None:
        """Show oneself; the others are looked at by :meth:`obstacle`, and from then on.

        Args:
            folder: in which the processes show themselves.
            is_refused: called with a message when locks turn out not to hold, from a thread.
            every_s: seconds between touches.

        Raises:
            LockError: when the file system has no locks, or gives one lock to two.
        """
        self._folder = Path(folder)
        self.own = self._folder / f"{process_name()}.alive"
        self._held = hold_new(str(self.own))
        self._is_refused, self._every_s = is_refused, every_s
        self._free: dict[Path, _Free] = {}
        self._tells = True  # not while :meth:`obstacle` does, nor after it has
        self._is_over = threading.Event()
        # Apart: a listing of a folder, as of the files at work, shows what a mount has kept anew.
        self._turns = Turns(_turns_of(self.own))
        weakref.finalize(self, _end, self.own, self._is_over)
        if not is_held(str(self.own)):
            raise LockError(f"{self.own} is locked, and can be locked again. {_CONSEQUENCE}")
        arguments = (weakref.ref(self), self._is_over, every_s)
        threading.Thread(
            target=_keep_looking, args=arguments, daemon=True, name="lock watch"
        ).start()

    def obstacle(self) -> str:
        """Why this process must not go on; blank if nothing is in the way.

        Returns at once when every file of another process is held, or was left long ago. One that
        is neither is that of a process that was killed a moment ago, or of one whose lock is not
        seen here: it is waited for, and looked at later too, as a mount may show late that it is
        touched.
        """
        self._tells = False
        while (intruder := self._look(MAX_LOOKS)) is None and self._is_in_doubt():
            time.sleep(self._every_s / 20)
        self._tells = intruder is None
        return "" if intruder is None else _message(intruder)

    def stale_view(self) -> str:
        """Why what others write is no base for calls: it is seen too late; blank if it is not.

        Tried with one other process, if there is any, whose next turn is waited for.
        """
        others = self._others()
        if others and is_seen_late(_turns_of(random.choice(others)), 2 * MAX_EVERY_S):
            return (
                f"What another process writes into {self._folder} is seen here seconds later: "
                f"this mount keeps what others have changed. {_CONSEQUENCE} A FUSE file system "
                "has to be mounted without caches."
            )
        return ""

    def tick(self) -> None:
        """Touch the own file, and look at those of the others."""
        is_there = False
        with unless_gone():
            os.utime(self.own)
            self._turns.take()
            is_there = True
        if not is_there:
            if not self._is_over.is_set():
                self._is_refused(f"{self.own} is gone: {_REMOVED} {_CONSEQUENCE}")
            return
        if self._tells and (intruder := self._look(MAX_LATER_LOOKS)) is not None:
            self._is_refused(_message(intruder))

    def _look(self, limit: int) -> Path | None:
        """A file of a process at work that can be locked here."""
        others = self._others()
        looked_at = {*random.sample(others, min(limit, len(others))), *self._free}
        free = [path for path in looked_at if path in others and not is_held(str(path))]
        self._free = {path: seen for path, seen in self._free.items() if path in free}
        return next(filter(self._is_touched, free), None)

    def _is_in_doubt(self) -> bool:
        """Whether a file that is not held may be that of a process at work, seen too late."""
        patience_s = max(KEPT_S, _PATIENCE * self._every_s)
        return any(time.monotonic() - seen.since < patience_s for seen in self._free.values())

    def _others(self) -> list[Path]:
        return [path for path in self._folder.glob("*.alive") if path != self.own]

    def _is_touched(self, path: Path) -> bool:
        """Whether a file that is not held has been touched since it was first seen so."""
        touched = modified_ns(str(path))
        if touched is None:
            return False
        seen = self._free.setdefault(path, _Free(touched, time.monotonic()))
        own_time = modified_ns(str(self.own)) or 0  # by the same clock
        if touched == seen.touched and own_time - touched > DEAD_S * 1e9:
            path.unlink(missing_ok=True)
            _turns_of(path).unlink(missing_ok=True)
            self._free.pop(path, None)
        return touched != seen.touched


def _turns_of(own: Path) -> Path:
    return own.parent / "turns" / own.name


_REMOVED = (
    "another process has taken it for that of a run that was killed, as it does not see the lock "
    "on it, unless somebody has removed it by hand."
)
_CONSEQUENCE = (
    "So an answer could be paid twice. Put data_root on a file system with locks between hosts "
    "(NFSv4, Lustre mounted with flock). See docs/cluster.md."
)


def _message(path: Path) -> str:
    return (
        f"{path} is held by a process that is at work on another host or through another mount, "
        f"and it can be locked here too: locks do not hold between the two. {_CONSEQUENCE}"
    )


def _keep_looking(watch: weakref.ref[LockWatch], over: threading.Event, every_s: float) -> None:
    while not over.wait(every_s):
        if (own := watch()) is None:
            return
        own.tick()
        del own  # or it would never be collected


def _end(own: Path, over: threading.Event) -> None:
    over.set()
    own.unlink(missing_ok=True)
    _turns_of(own).unlink(missing_ok=True)
