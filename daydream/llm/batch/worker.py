"""The thread that submits what was gathered, polls what is under way, and brings the results.

Three kinds of batches are on its table: those of this run, those that a killed run left (their
state files are adopted), and those of another process that is alive, which are only looked at when
somebody here waits for a line of theirs.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from daydream.errors import CallError, ClosedError, DaydreamError, StoppedError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.batch.caretaker import Caretaker
from daydream.llm.batch.delivery import Group, groups
from daydream.llm.batch.registry import Batch, Room, Waiter
from daydream.llm.batch.results import Outcome
from daydream.llm.batch.state import BatchState, Key, StateFolder
from daydream.llm.circuit_breaker import CircuitBreaker
from daydream.llm.error_limit import ErrorLimit
from daydream.llm.stopping import Stop
from daydream.store.layout import Layout

LONGEST_HOLD_S = 3600.0
MAX_IDLE_S = 60.0
LEFT = "the run was stopped. What was submitted goes on, and the next run reads its answers"


class Desk:
    """Keeps the batches of one endpoint; its thread lives as long as the process."""

    def __init__(
        self,
        endpoint: Endpoint,
        layout: Layout,
        stop: Stop,
        breaker: CircuitBreaker,
        errors: ErrorLimit,
    ) -> None:
        self.endpoint = endpoint
        self._stop = stop
        self._breaker = breaker
        self._errors = errors
        self._files = StateFolder(layout.under("batches", endpoint.name))
        self.room = Room(endpoint, self._files)
        self._caretaker = Caretaker(endpoint, layout, self.room, breaker, self._closed, self._pace)
        self._hold_until = 0.0
        self._barren = 0
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        stop.add_listener(self._wake)

    def add(self, waiter: Waiter) -> None:
        """Let a thread wait for an outcome in its inbox."""
        self.room.add(waiter)
        with self._starting:
            if self._thread is None:
                name = f"batches of {self.endpoint.name}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        step = self._adopt
        while True:
            try:
                step()
            except Exception as error:  # whoever waits must hear of it, or would wait for ever
                self._break(error)
            step = self._turn

    def _turn(self) -> None:
        with self.room.changed:
            if not self._stop.is_requested:
                self.room.changed.wait(self._idle_s())
        self._check_stop()
        if self._submits_in() == 0.0:
            self._submit()
        for batch in self.room.batches():
            self._check_stop()
            if batch.due <= time.monotonic():
                self._caretaker.advance(batch)

    def _check_stop(self) -> None:
        if self._stop.is_requested:
            raise StoppedError(LEFT)

    def _wake(self) -> None:
        with self.room.changed:
            self.room.changed.notify()

    def _idle_s(self) -> float | None:
        """Seconds until there is something to do; None: until somebody asks."""
        if self.room.is_empty():
            return None
        now = time.monotonic()
        waits = [max(0.0, batch.due - now) for batch in self.room.batches()]
        submits_in = self._submits_in()
        return min([*waits, *([] if submits_in is None else [submits_in]), MAX_IDLE_S])

    def _submits_in(self) -> float | None:
        """Seconds until what was gathered leaves; None when nothing was."""
        models = Counter(waiter.line.model for waiter in self.room.gathered())
        if not models:
            return None
        full = max(models.values()) >= self.endpoint.batch_max_requests
        at = max(0.0 if full else self.room.quiet_at, self._hold_until)
        return max(0.0, at - time.monotonic())

    def _submit(self) -> None:
        """Make batches of what was gathered; before it is quiet, of what fills one."""
        self._adopt()
        quiet = time.monotonic() >= self.room.quiet_at
        max_requests = self.endpoint.batch_max_requests
        gathered = self.room.take_gathered()
        if closed := self._closed():
            return self.room.dismiss(gathered, closed)
        for group in groups(gathered, max_requests):
            if quiet or len(group.waiters) == max_requests:
                self._make(group)
            else:
                self.room.put_back(group.waiters)

    def _make(self, group: Group) -> None:
        lines = tuple(waiter.line for waiter in group.waiters)
        state = BatchState(uuid4().hex, _now(), lines)
        # Locked before it can be seen, so that nobody adopts what is being made.
        batch = Batch(state, self._files.try_lock(state.uuid), group.content)
        self._files.write(state)
        self.room.put(batch)

    def _adopt(self) -> None:
        """Take note of batches that a killed run, or another process, has under way."""
        for uuid in self._files.unfinished():
            state = None if self.room.knows(uuid) else self._files.read(uuid)
            if state is not None:
                self.room.put(Batch(state, adopted=True))

    def _pace(self, outcomes: Mapping[Key, Outcome]) -> None:
        """Hold the next batch back while batches bring nothing, as when a quota is used up."""
        brought = any(outcome.fault is None for outcome in outcomes.values())
        self._barren = 0 if brought else self._barren + 1
        if self._barren:
            hold = self.endpoint.batch_poll_s * 2.0 ** (self._barren - 1)
            self._hold_until = time.monotonic() + min(hold, LONGEST_HOLD_S)

    def _closed(self) -> ClosedError | None:
        """Why nothing may be submitted any more, if so."""
        try:
            self._errors.check()
            self._breaker.check()
        except ClosedError as error:
            return error
        return None

    def _break(self, error: Exception) -> None:
        if isinstance(error, StoppedError):
            return self._leave(error)
        message = (
            str(error) if isinstance(error, DaydreamError) else f"{type(error).__name__}: {error}"
        )
        self.room.send_away(CallError(f"batches at {self.endpoint.name}: {message}"))
        time.sleep(0.1)  # a fault that comes at once again shall not take the whole processor

    def _leave(self, error: StoppedError) -> None:
        """Wait for nothing more: a batch may take a day, and what it brings is not lost."""
        self.room.send_away(StoppedError(f"batches at {self.endpoint.name}: {error}"))
        with self.room.changed:  # those who were sent away are about to leave
            self.room.changed.wait(None if self.room.is_empty() else 0.05)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
