"""The client of an endpoint that answers in batches: cheaper by half, within a day.

It is used as ``Client`` is. A thread that asks waits here for its answer; the desk behind it
gathers what is asked, and brings the results (see ``batch_desk``).
"""

from __future__ import annotations

import threading
from dataclasses import replace

from daydream.errors import DaydreamError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.advice import gave_up
from daydream.llm.amounts import Amount
from daydream.llm.batch.registry import Delivery, Waiter
from daydream.llm.batch.results import Outcome
from daydream.llm.batch.state import Line
from daydream.llm.batch.worker import Desk
from daydream.llm.budget import Spending
from daydream.llm.circuit_breaker import CircuitBreaker
from daydream.llm.client import Record
from daydream.llm.error_limit import ErrorLimit
from daydream.llm.key import api_key
from daydream.llm.pricing import max_amount
from daydream.llm.request import Request
from daydream.llm.stopping import STOP, Stop
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt


class BatchClient:
    """Asks one endpoint through its Batch interface; shared by all threads of the run."""

    def __init__(
        self,
        endpoint: Endpoint,
        layout: Layout,
        budget: Spending,
        stop: Stop = STOP,
        errors: ErrorLimit | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.budget = budget
        self.stop = stop
        self.errors = errors or ErrorLimit(None)
        self.breaker = CircuitBreaker(endpoint.name)
        self._desk = Desk(endpoint, layout, stop, self.breaker, self.errors)
        self.in_flight = 0  # calls that wait for an answer now
        self._counting = threading.Lock()

    def complete(
        self, request: Request, record: Record, forced: bool = False, seed: int = 0
    ) -> Attempt:
        """Ask in one batch after the other until there is an answer, recording each attempt.

        An answer that an earlier run asked for and did not live to read is as good as a new one:
        nobody has seen it yet. ``seed`` is for the embedded endpoint, which has no batches.

        Raises:
            CallError: when no further attempt can help; in the provider's own words.
            BudgetError: when the next attempt could cost more than is left.
            ClosedError: when the endpoint refuses every call, or too much of the run has failed.
            StoppedError: when the run is stopped; what was submitted is read by the next run.

        """
        api_key(self.endpoint)
        line = Line.of(request, forced)
        while True:
            self.stop.check()
            self.errors.check()
            self.breaker.check()
            with self.budget.reserved(self._max_amount(request)) as bill:
                self._count(1)
                try:
                    outcome = self._ask(Waiter(request, line), record)
                finally:
                    self._count(-1)
                bill.append(outcome.attempt)
            self.breaker.learn(outcome.fault)
            fault, tried = outcome.fault, outcome.attempt.attempt
            if fault is None:
                return outcome.attempt
            if not fault.is_retryable or tried >= self.endpoint.max_attempts:
                raise gave_up(request, fault, tried, self.endpoint)
            line = replace(line, attempt=tried + 1)

    def _max_amount(self, request: Request) -> Amount:
        amount = max_amount(request)
        return amount._replace(usd=amount.usd * (1 - self.endpoint.batch_discount))

    def _count(self, change: int) -> None:
        with self._counting:
            self.in_flight += change

    def _ask(self, waiter: Waiter, record: Record) -> Outcome:
        """Wait for the outcome of a line; what else comes for its generation is recorded too."""
        self._desk.add(waiter)
        try:
            while True:
                outcome = _book(waiter.inbox.get(), record)
                if outcome.line.key == waiter.line.key:
                    return outcome
        finally:
            self._desk.room.remove(waiter)
            while not waiter.inbox.empty():
                _book(waiter.inbox.get(), record)


def _book(delivery: Delivery | DaydreamError, record: Record) -> Outcome:
    if isinstance(delivery, DaydreamError):
        raise delivery
    record(delivery.outcome.attempt)
    delivery.booked()
    return delivery.outcome
