"""Leases: runs on hosts that share nothing but a bucket make no generation twice at the same time.

There are no locks in a bucket. A run writes a lease, an object that names the generations that it
may make, and only then looks at the leases of others; so of two runs that begin together at least
one sees the other. Who sees that another run may make the same withdraws and waits. A lease is
renewed as long as its run lives, and one that was not renewed for a while is void. Ages are told by
the server's own times.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from daydream.errors import StoreError
from daydream.store.bucket.client import Bucket, Changed
from daydream.store.files import process_name

FOLDER = "runs/"
VOID_AFTER_S, RENEWED_EVERY_S = 60.0, 15.0
_WAIT_S = (3.0, 6.0)  # between looks at those who are waited for; by chance, so that one goes first
_MAX_SKEW_S = 30.0


class Lessee(NamedTuple):
    """A run that shows itself in the bucket."""

    title: str
    host: str
    pid: int
    place: str  # within which a process id means one process
    generations: Collection[str]

    @property
    def is_dead(self) -> bool:
        """Whether it is known here that its process is no more."""
        if self.place != _place():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


class Lease:
    """The lease of one run; also its share of the limits, by the number of runs."""

    def __init__(
        self,
        bucket: Bucket,
        title: str,
        share: float,
        lost: Callable[[str], None],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare a lease; nothing is written yet.

        Args:
            bucket: where the runs meet.
            title: what the run is about.
            share: of the limits of endpoints until the other runs are known.
            lost: called with a message when the lease was lost, so that no call starts any more.
            wait: sleeps; raises when the run is to end.
        """
        self.value = share
        self.renewed: Callable[[], None] = lambda: None  # called after each renewal
        self.bucket, self._title, self._lost, self._wait = bucket, title, lost, wait
        self.name = f"{FOLDER}{process_name()}.json"
        self._content, self._etag = b"", ""
        self._renewed = time.monotonic()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, generations: Collection[str], waiting: Callable[[str], None]) -> None:
        """Take the lease, as soon as no other run may make one of the generations.

        Args:
            generations: ids.
            waiting: called with a message when another run is waited for.

        Raises:
            StoreError: when the bucket cannot be used for it.
        """
        needed, last_message = set(generations), ""
        while rival := self._try(needed):
            message = (
                f"{rival.title} is under way on {rival.host} (process {rival.pid}) and makes some "
                "of the same: waiting until it is over. Its answers are used, not bought again."
            )
            if message != last_message:
                waiting(message)
            last_message = message
            self._wait(random.uniform(*_WAIT_S))
        self._thread = threading.Thread(target=self._keep, daemon=True, name="lease")
        self._thread.start()

    def _try(self, needed: set[str]) -> Lessee | None:
        """Show the lease, and look who else is there; the rival, if the lease was withdrawn."""
        own = Lessee(self._title, socket.gethostname(), os.getpid(), _place(), sorted(needed))
        self._content = json.dumps(own._asdict()).encode()
        self._etag = self.bucket.put(self.name, self._content, time.time_ns(), None)
        self._renewed = time.monotonic()
        try:
            rivals = (r for r in self.others().values() if not needed.isdisjoint(r.generations))
            rival = next(rivals, None)
        except StoreError:
            self.bucket.delete(self.name)
            raise
        if rival is not None:
            self.bucket.delete(self.name)
        return rival

    def others(self) -> dict[str, Lessee]:
        """The other runs that live, by the names of their leases; void leases are removed.

        Raises:
            StoreError: when it cannot be told, or this run's own lease is gone.
        """
        listed = {entry.name: entry.modified for entry in self.bucket.list(FOLDER)}
        now = listed.pop(self.name, None)
        if now is None:
            raise StoreError(f"{self.bucket.address}: {self.name} was removed by somebody.")
        if abs(now - time.time()) > _MAX_SKEW_S:
            raise StoreError(
                f"the clock of this host is {time.time() - now:+.0f} s off that of "
                f"{self.bucket.address}. Synchronise it: times tell what is out of date."
            )
        return dict(self._living({name: now - modified for name, modified in listed.items()}))

    def _living(self, ages: dict[str, float]) -> Iterator[tuple[str, Lessee]]:
        for name, age in ages.items():
            lessee = read_lease(self.bucket, name)
            if lessee is None:
                continue
            if age > VOID_AFTER_S or lessee.is_dead:
                self.bucket.delete(name)
            else:
                yield name, lessee

    def _keep(self) -> None:
        while not self._over.wait(RENEWED_EVERY_S):
            try:
                self._renew()
                self.renewed()
            except Changed:
                return self._lost("The lease of this run in the object storage is gone.")
            except StoreError as error:
                if time.monotonic() - self._renewed > VOID_AFTER_S - 2 * RENEWED_EVERY_S:
                    return self._lost(f"The lease of this run cannot be renewed: {error}")

    def _renew(self) -> None:
        self._etag = self.bucket.put(self.name, self._content, time.time_ns(), self._etag)
        self._renewed = time.monotonic()
        ages = {entry.name: entry.modified for entry in self.bucket.list(FOLDER)}
        now = ages.get(self.name, 0.0)
        self.value = 1 / max(1, sum(now - then <= VOID_AFTER_S for then in ages.values()))

    def end(self) -> None:
        """Give the lease up."""
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            self._thread = None
            self.bucket.delete(self.name)


def read_lease(bucket: Bucket, name: str) -> Lessee | None:
    """The lease in an object; None when it is gone or none."""
    version = bucket.get(name)
    if version is None:
        return None
    try:
        content: dict[str, Any] = json.loads(version.content)
        return Lessee(**content)
    except (ValueError, TypeError):
        return None


def _place() -> str:
    """What tells apart hosts and containers, within which a process id is unique."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"{file.read().strip()}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return uuid.uuid4().hex  # unknown: no other process is known to be dead
