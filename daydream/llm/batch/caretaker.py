"""What is done for one batch, step by step: take over, upload, create, poll, read, give up."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from daydream.errors import ClosedError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.batch.api import BatchApi, Status
from daydream.llm.batch.delivery import deliver
from daydream.llm.batch.registry import Batch, Room
from daydream.llm.batch.results import Outcome, outcome_of, read_results
from daydream.llm.batch.state import Key, StateFolder
from daydream.llm.circuit_breaker import CircuitBreaker
from daydream.llm.client import pause
from daydream.llm.faults import Fault
from daydream.store.layout import Layout

SLOWER, SLOWEST = 1.2, 10.0  # each look at a batch waits longer, up to so many times batch_poll_s


class Caretaker:
    """Brings batches of one endpoint from a note on disk to answers in ledgers.

    ``refusal`` says why nothing may be submitted any more, if so; ``learn`` is told what came of
    the lines of each batch of this run. Used by one thread.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        layout: Layout,
        room: Room,
        breaker: CircuitBreaker,
        refusal: Callable[[], ClosedError | None],
        learn: Callable[[Mapping[Key, Outcome]], None],
    ) -> None:
        self.endpoint = endpoint
        self.room = room
        self._files: StateFolder = room.files
        self._layout = layout
        self._breaker = breaker
        self._refusal = refusal
        self._learn = learn
        self._api = BatchApi(endpoint)

    def advance(self, batch: Batch) -> None:
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
            message = "the batch is over, but its file of answers is not there yet"
            raise Fault("batch_unreadable", message, is_retryable=True)
        results = read_results(
            self._api.download(status.error_file_id), self._api.download(status.output_file_id)
        )
        outcomes = {
            key: outcome_of(line, results.get(line.gen_id), status, batch.state, self.endpoint)
            for key, line in list(batch.open.items())
        }
        if not batch.adopted:
            self._learn(outcomes)
        deliver(batch, outcomes, self.room, self._layout)

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
        if fault.is_retryable and tries_left and patient and not self._breaker.is_open:
            if batch.troubles == 1:
                self._say(f"{fault.kind}: {fault.message.rstrip('. ')}. It is asked again", batch)
            batch.due = now + pause(batch.troubles, fault.retry_after)
        else:
            self._give_up(batch, fault)

    def _give_up(self, batch: Batch, fault: Fault) -> None:
        """Let those who wait fail; what may have been paid for is fetched by a later run."""
        message = fault.message
        if batch.content is not None and not batch.may_exist:
            self._files.forget(batch.state.uuid)
            if self._breaker.is_open:  # nothing was asked of the model: one failure tells it all
                return self.room.refuse(batch, fault, self._refusal())
        else:
            path = self._files.path(batch.state.uuid)
            known = batch.state.batch_id or "that may have been created"
            message = (
                f"{message.rstrip('. ')}. Batch {known} is kept in {path}, and is asked for again "
            )
            message += "by the next run. If the provider has lost it for good, delete that file"
        self.room.refuse(batch, Fault(fault.kind, message, is_retryable=False, status=fault.status))

    def _say(self, what: str, batch: Batch) -> None:
        name = batch.state.batch_id or batch.state.uuid
        print(f"{self.endpoint.name}: {what} (batch {name})", file=sys.stderr, flush=True)
