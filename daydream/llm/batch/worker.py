"""The thread that submits what was gathered, polls what is under way, and brings the results.

Three kinds of batches are on its table: those of this run, those that a killed run left (their
state files are adopted), and those of another process that is alive, which are only looked at when
somebody here waits for a line of theirs.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from daydream.errors import CallError, ClosedError, DaydreamError, StoppedError
from daydream.experiment.settings import Endpoint
from daydream.llm.batch.api import BatchApi, Status
from daydream.llm.batch.delivery import Group, deliver, groups
from daydream.llm.batch.registry import Batch, Room, Waiter
from daydream.llm.batch.results import Outcome, outcome_of, read_results
from daydream.llm.batch.state import BatchState, Key, StateFolder
from daydream.llm.circuit_breaker import CircuitBreaker
from daydream.llm.client import pause
from daydream.llm.error_limit import ErrorLimit
from daydream.llm.faults import Fault
from daydream.llm.stopping import Stop
from daydream.store.layout import Layout

LONGEST_HOLD_S = 3600.0
MAX_IDLE_S = 60.0
LEFT = "the run was stopped. What was submitted goes on, and the next run reads its answers"
SLOWER, SLOWEST = 1.2, 10.0  # each look at a batch waits longer, up to so many times batch_poll_s


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
        self._layout = layout
        self._api = BatchApi(endpoint)
        self._files = StateFolder(layout.under("batches", endpoint.name))
        self.room = Room(endpoint, self._files)
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
                self._advance(batch)

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
        most = self.endpoint.batch_max_requests
        gathered = self.room.take_gathered()
        if closed := self._closed():
            return self.room.dismiss(gathered, closed)
        for group in groups(gathered, most):
            if quiet or len(group.waiters) == most:
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

    def _advance(self, batch: Batch) -> None:
        """Do the next thing for a batch: take it over, launch it, or look at it."""
        try:
            if batch.lock is None and not self._take_over(batch):
                return
            if batch.state.batch_id is None:
                self._launch(batch)
            else:
                self._look(batch, self._api.look(batch.state.batch_id))
            batch.troubles = 0
        except Fault as fault:
            self._trouble(batch, fault)

    def _take_over(self, batch: Batch) -> bool:
        """Whether to look at a batch that is not ours; it becomes ours if it is nobody's."""
        batch.lock = self._files.try_lock(batch.state.uuid)
        state = self._files.read(batch.state.uuid)
        if state is None:
            self._discard(batch)
            return False
        batch.state = state
        if batch.lock is not None:
            self._say(f"{len(state.lines)} requests of an earlier run are taken over", batch)
            return True
        batch.due = time.monotonic() + self.endpoint.batch_poll_s
        return state.batch_id is not None and self.room.is_wanted(batch)

    def _launch(self, batch: Batch) -> None:
        """Upload and create, unless it was created and only the note of that is missing."""
        state = batch.state
        if state.input_file_id is not None and (batch.may_exist or batch.content is None):
            since = datetime.fromisoformat(state.created_at).timestamp()
            status = self._api.find(state.uuid, since)
            if status is not None:
                return self._launched(batch, status)
        if batch.content is None:
            return self._discard(batch)
        file_id = state.input_file_id or self._api.upload(f"{state.uuid}.jsonl", batch.content)
        self._note(batch, input_file_id=file_id)
        batch.may_exist = True
        try:
            status = self._api.create(file_id, state.uuid)
        except Fault as fault:
            batch.may_exist = fault.status is None or fault.status >= 500
            raise
        return self._launched(batch, status)

    def _launched(self, batch: Batch, status: Status) -> None:
        self._note(batch, batch_id=status.batch_id)
        batch.content = None
        batch.due = time.monotonic() + self.endpoint.batch_poll_s
        self._say(f"{len(batch.state.lines)} requests are submitted", batch)

    def _note(self, batch: Batch, **ids: Any) -> None:
        batch.state = replace(batch.state, **ids)
        self._files.write(batch.state)

    def _discard(self, batch: Batch) -> None:
        """Give up a batch that was never created, or is finished; who waits for it asks again."""
        if batch.lock is not None:
            self._files.forget(batch.state.uuid)
        self.room.drop(batch)
        self.room.ask_again(batch)

    def _look(self, batch: Batch, status: Status) -> None:
        if not status.is_over:
            slower = min(SLOWER**batch.looks, SLOWEST)
            batch.looks += 1
            batch.due = time.monotonic() + slower * self.endpoint.batch_poll_s
            return
        if not status.is_readable:
            said = "the batch is over, but its file of answers is not there yet"
            raise Fault("batch_unreadable", said, heals=True)
        results = read_results(
            self._api.download(status.error_file_id), self._api.download(status.output_file_id)
        )
        outcomes = {
            key: outcome_of(line, results.get(line.gen_id), status, batch.state, self.endpoint)
            for key, line in list(batch.open.items())
        }
        self._pace(batch, outcomes)
        deliver(batch, outcomes, self.room, self._layout)

    def _pace(self, batch: Batch, outcomes: dict[Key, Outcome]) -> None:
        """Hold the next batch back while batches bring nothing, as when a quota is used up."""
        if batch.adopted:
            return
        brought = any(outcome.fault is None for outcome in outcomes.values())
        self._barren = 0 if brought else self._barren + 1
        if self._barren:
            hold = self.endpoint.batch_poll_s * 2.0 ** (self._barren - 1)
            self._hold_until = time.monotonic() + min(hold, LONGEST_HOLD_S)

    def _trouble(self, batch: Batch, fault: Fault) -> None:
        """Try again later; a created batch has time, but not without end."""
        now = time.monotonic()
        if not batch.troubles:
            batch.troubled_since = now
        batch.troubles += 1
        self._breaker.learn(fault)
        free = batch.state.batch_id is not None or fault.is_refusal
        tries_left = free or batch.troubles < self.endpoint.max_attempts
        patient = now - batch.troubled_since < self.endpoint.deadline_s
        if fault.heals and tries_left and patient and not self._breaker.is_open:
            if batch.troubles == 1:
                self._say(f"{fault.kind}: {fault.message.rstrip('. ')}. It is asked again", batch)
            batch.due = now + pause(batch.troubles, fault.retry_after)
        else:
            self._give_up(batch, fault)

    def _give_up(self, batch: Batch, fault: Fault) -> None:
        """Let those who wait fail; what may have been paid for is fetched by a later run."""
        said = fault.message
        if batch.content is not None and not batch.may_exist:
            self._files.forget(batch.state.uuid)
            if self._breaker.is_open:  # nothing was asked of the model: one failure tells it all
                return self.room.refuse(batch, fault, self._closed())
        else:
            path = self._files.path(batch.state.uuid)
            known = batch.state.batch_id or "that may have been created"
            said = f"{said.rstrip('. ')}. Batch {known} is kept in {path}, and is asked for again "
            said += "by the next run. If the provider has lost it for good, delete that file"
        self.room.refuse(batch, Fault(fault.kind, said, heals=False, status=fault.status))

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
        said = (
            str(error) if isinstance(error, DaydreamError) else f"{type(error).__name__}: {error}"
        )
        self.room.send_away(CallError(f"batches at {self.endpoint.name}: {said}"))
        time.sleep(0.1)  # a fault that comes at once again shall not take the whole processor

    def _leave(self, error: StoppedError) -> None:
        """Wait for nothing more: a batch may take a day, and what it brings is not lost."""
        self.room.send_away(StoppedError(f"batches at {self.endpoint.name}: {error}"))
        with self.room.changed:  # those who were sent away are about to leave
            self.room.changed.wait(None if self.room.is_empty() else 0.05)

    def _say(self, what: str, batch: Batch) -> None:
        name = batch.state.batch_id or batch.state.uuid
        print(f"{self.endpoint.name}: {what} (batch {name})", file=sys.stderr, flush=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
