"""The answers of one generation: those in its ledger, then those that are bought.

They are bought from the generation's model. Only when that one's endpoint brings no answer for
reasons of its own is the fallback asked that the model's row names, if it names one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from daydream.errors import BudgetError, CallError, LedgerError, NotAskedError, StoppedError
from daydream.experiment.settings import Settings
from daydream.generation.cached_answers import cached_answers
from daydream.generation.meter import Meter
from daydream.llm.faults import is_of_endpoint
from daydream.llm.pool import Clients
from daydream.llm.request import Request
from daydream.store.ids import sha256
from daydream.store.ledger import Attempt, Ledger, lost_answer
from daydream.store.place import is_between_hosts

LATE_S, LATE_READS = 1.2, 3  # caches of attributes and of small files are kept for a second


@dataclass(frozen=True)
class Answers:
    """Where the answers of one generation come from.

    ``requests`` are the one to its model and, when that has one, the one to its fallback;
    ``folder`` is where its ledger is.
    """

    requests: tuple[Request, ...]
    folder: str
    ledger: Ledger
    settings: Settings
    clients: Clients
    meter: Meter

    def take(self, forced: bool) -> Iterator[Attempt]:
        """The answer that there is, unless a new one is wanted; then new ones without end.

        Raises:
            LedgerError: when the ledger may hold an answer that cannot be read.
            CallError: when a new answer is not to be had.
        """
        if self._lost() and is_between_hosts(self.folder):
            self._read_late()
        reuse, known = self.settings.reuse, self._known()
        if known and (reuse == "always" or (reuse == "auto" and not forced)):
            yield known[-1]
        if not forced and reuse != "never":
            self._check_nothing_was_lost()
        while True:
            yield self._buy()

    @property
    def count(self) -> int:
        """How many answers there are by now."""
        return len(self._known())

    def _check_nothing_was_lost(self) -> None:
        """Refuse to buy where an answer was paid that the ledger does not show any more."""
        if lost := self._lost():
            mend = "Repair the line, or delete it to buy the answer."
            if not self.ledger.damaged:
                raw = f"{self.folder}/raw.txt"
                mend = f"Restore it from a copy, or delete {raw} to buy the answer again."
            raise LedgerError(f"{lost} {mend}")

    def _lost(self) -> str:
        """What says that an answer is missing from the ledger; blank if nothing does."""
        return lost_answer(self.folder, self.ledger)

    def _read_late(self) -> None:
        """Read the ledger again when what another host has written to it may have come here.

        File systems between hosts that cache show it about a second later.
        """
        for _ in range(LATE_READS):
            time.sleep(LATE_S)
            self.ledger.read()
            if not self._lost():
                return

    def _known(self) -> list[Attempt]:
        return cached_answers(self.requests, self.ledger.attempts, self.folder)

    def _buy(self) -> Attempt:
        own, *fallbacks = self.requests
        try:
            return self._call(own)
        except CallError as error:
            if not fallbacks or not is_of_endpoint(error):
                raise
            return self._fall_back(own, fallbacks[0], error)

    def _fall_back(self, own: Request, fallback: Request, error: CallError) -> Attempt:
        """Ask the fallback; when that brings nothing either, tell of both."""
        self.clients.announce_fallback(own, fallback, error)
        try:
            return self._call(replace(fallback, fallback_reason=str(error)))
        except (StoppedError, BudgetError):
            raise
        except CallError as second:
            # Not asked is what neither of the two was; else something has failed.
            kind = type(second) if isinstance(error, NotAskedError) else CallError
            message = f"{error} Its fallback {fallback.fallback}: {second}"
            raise kind(message, cause=second.cause) from second

    def _call(self, request: Request) -> Attempt:
        known = self._known()
        self.ledger.check_room()
        # A seed of its own for each answer, or a forced call would bring the old one again.
        seed = int(sha256(f"{request.gen_id}|{len(known)}")[:8], 16)
        client = self.clients.of(request.endpoint)
        return client.complete(request, self._record, forced=bool(known), seed=seed)

    def _record(self, attempt: Attempt) -> None:
        self.ledger.append(attempt)
        self.meter.add(attempt)
