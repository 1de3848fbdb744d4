"""Who waits for which line of which batch: the meeting point of the asking threads and the desk.

Nothing here calls anybody; every method is short and holds one lock. An outcome is handed out
exactly once, and a batch is over when the last of its outcomes is in a ledger.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import FileIO
from queue import SimpleQueue
from typing import NamedTuple

from daydream.errors import DaydreamError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.batch.results import Outcome, failed
from daydream.llm.batch.state import BatchState, Key, Line, StateFolder
from daydream.llm.faults import Fault
from daydream.llm.request import Request

Generation = tuple[str, str]


class Delivery(NamedTuple):
    """An outcome for whoever waits, and what to call once it is in the ledger."""

    outcome: Outcome
    booked: Callable[[], None]


@dataclass(eq=False)
class Waiter:
    """A thread that waits for a line, holding the lock of its generation's ledger."""

    request: Request
    line: Line
    submitted: bool = False
    is_sent_away: bool = False
    inbox: SimpleQueue[Delivery | DaydreamError] = field(default_factory=SimpleQueue)

    @property
    def generation(self) -> Generation:
        """Whom it asks for; because of the lock nobody else does so meanwhile."""
        return self.line.stage, self.line.gen_id


@dataclass(eq=False)
class Batch:
    """A batch under way.

    ``lock`` is None while another process looks after it, ``content`` is what is still to be
    uploaded, ``open`` the lines that are not in their ledgers yet, ``outcomes`` those that came and
    were not handed out yet. It is looked at again at ``due`` (monotonic seconds). ``may_exist``
    says that its creation was asked for, and that what became of that is not known.
    """

    state: BatchState
    lock: FileIO | None = None
    content: bytes | None = None
    adopted: bool = False
    outcomes: dict[Key, Outcome] | None = None
    due: float = 0.0
    looks: int = 0
    troubles: int = 0
    troubled_since: float = 0.0
    may_exist: bool = False
    open: dict[Key, Line] = field(init=False)

    def __post_init__(self) -> None:
        self.open = {line.key: line for line in self.state.lines}


class Room:
    """The waiting threads and the batches of one endpoint."""

    def __init__(self, endpoint: Endpoint, files: StateFolder) -> None:
        self.endpoint = endpoint
        self.files = files
        self.changed = threading.Condition()  # its lock may be taken again by its holder
        self.quiet_at = 0.0
        self._is_told = False
        self._waiting: dict[Generation, Waiter] = {}
        self._batches: dict[str, Batch] = {}

    def add(self, waiter: Waiter) -> None:
        """Let a thread wait: for a line that is under way, or for the next batch."""
        with self.changed:
            self._waiting[waiter.generation] = waiter
            self._attach(waiter)
            self._stir()

    def remove(self, waiter: Waiter) -> None:
        """Forget a thread that has what it waited for, or failed; nothing more is handed to it."""
        with self.changed:
            del self._waiting[waiter.generation]

    def is_empty(self) -> bool:
        """Whether nobody waits and no batch is under way."""
        with self.changed:
            return not self._waiting and not self._batches

    def gathered(self) -> list[Waiter]:
        """The threads whose request is in no batch yet."""
        with self.changed:
            found = [waiter for waiter in self._waiting.values() if not waiter.submitted]
            self._is_told = bool(found)
            return found

    def take_gathered(self) -> list[Waiter]:
        """Those for whose requests there must be a new batch, from now on taken for submitted."""
        with self.changed:
            for waiter in self.gathered():
                self._attach(waiter)
            new = self.gathered()
            for waiter in new:
                waiter.submitted = True
            return new

    def put_back(self, waiters: list[Waiter]) -> None:
        """Let some wait for the next batch after all."""
        with self.changed:
            for waiter in waiters:
                waiter.submitted = False

    def batches(self) -> list[Batch]:
        """The batches whose results have not come yet."""
        with self.changed:
            return [batch for batch in self._batches.values() if batch.outcomes is None]

    def knows(self, uuid: str) -> bool:
        """Whether a batch is here."""
        with self.changed:
            return uuid in self._batches

    def put(self, batch: Batch) -> None:
        """Keep a batch until it is settled or dropped."""
        with self.changed:
            self._batches[batch.state.uuid] = batch

    def is_wanted(self, batch: Batch) -> bool:
        """Whether somebody waits for a line of a batch."""
        with self.changed:
            return bool(self._waiters_of(batch))

    def ask_again(self, batch: Batch) -> None:
        """Let those who waited for a batch's open lines wait for the next batch instead."""
        with self.changed:
            for waiter in self._waiters_of(batch):
                waiter.submitted = False
            self._stir()

    def hand_out(self, batch: Batch, outcomes: dict[Key, Outcome]) -> list[Key]:
        """Give each outcome to the thread that waits for its generation.

        Returns:
            the lines for which nobody waits.

        """
        with self.changed:
            batch.outcomes = outcomes
            return [key for key in list(outcomes) if not self.hand_to_waiter(batch, key)]

    def hand_to_waiter(self, batch: Batch, key: Key) -> bool:
        """Give one outcome to the thread that waits for its generation, if there is one.

        The thread holds that generation's lock, so nobody else could record the outcome, be it the
        answer to what the thread asks or to what an earlier run had asked.
        """
        with self.changed:
            waiter = self._waiting.get((key.stage, key.gen_id))
            outcome = (batch.outcomes or {}).get(key)
            if waiter is None or outcome is None:
                return outcome is None
            self._post(waiter, batch, outcome)
            return True

    def refuse(self, batch: Batch, fault: Fault, others: DaydreamError | None = None) -> None:
        """Tell those who wait for a batch that it brings nothing in this run, and drop it.

        ``others``, when nothing was asked: what all but the first of them are told.
        """
        with self.changed:
            for number, waiter in enumerate(self._waiters_of(batch)):
                if others is not None and number:
                    waiter.inbox.put(others)
                    continue
                outcome = failed(waiter.line, fault, batch.state, self.endpoint)
                waiter.inbox.put(Delivery(outcome, lambda: None))
            self.drop(batch)

    def dismiss(self, waiters: list[Waiter], error: DaydreamError) -> None:
        """Let some fail whose requests are in no batch; batches under way go on."""
        with self.changed:
            for waiter in waiters:
                waiter.is_sent_away = True
                waiter.inbox.put(error)

    def send_away(self, error: DaydreamError) -> None:
        """Let everybody fail; nothing was attempted, and the state files stay as they are."""
        with self.changed:
            self._is_told = False
            for waiter in self._waiting.values():
                if not waiter.is_sent_away:
                    waiter.submitted = waiter.is_sent_away = True
                    waiter.inbox.put(error)
            for batch in list(self._batches.values()):
                self.drop(batch)

    def settle(self, batch: Batch, key: Key) -> None:
        """Note that a line is in its ledger; with the last one the batch is over."""
        with self.changed:
            batch.open.pop(key, None)
            (batch.outcomes or {}).pop(key, None)
            if not batch.open and batch.lock is not None:
                self.files.forget(batch.state.uuid)
                self.drop(batch)

    def settle_known(self, batch: Batch, key: Key) -> None:
        """Note that a line had been recorded before; who waits for a new answer asks for one."""
        with self.changed:
            waiter = self._waiting.get((key.stage, key.gen_id))
            if waiter is not None and waiter.line.key == key:
                waiter.submitted = False
                self._stir()
            self.settle(batch, key)

    def drop(self, batch: Batch) -> None:
        """Look after a batch no longer; what is on disk of it is another matter."""
        with self.changed:
            self._batches.pop(batch.state.uuid, None)
            if batch.lock is not None:
                batch.lock.close()
                batch.lock = None

    def _attach(self, waiter: Waiter) -> None:
        key = waiter.line.key
        for batch in self._batches.values():
            if key not in batch.open:
                continue
            if batch.outcomes is None:
                waiter.submitted = True
                return
            if key in batch.outcomes:
                self._post(waiter, batch, batch.outcomes[key])
                return

    def _post(self, waiter: Waiter, batch: Batch, outcome: Outcome) -> None:
        key = outcome.line.key
        if batch.outcomes is not None:
            del batch.outcomes[key]
        if key == waiter.line.key:
            waiter.submitted = True
        waiter.inbox.put(Delivery(outcome, partial(self.settle, batch, key)))

    def _waiters_of(self, batch: Batch) -> list[Waiter]:
        return [w for w in self._waiting.values() if w.submitted and w.line.key in batch.open]

    def _stir(self) -> None:
        self.quiet_at = time.monotonic() + self.endpoint.batch_wait_s
        if not self._is_told:  # else it knows, and looks at the clock again before it submits
            self._is_told = True
            self.changed.notify()
