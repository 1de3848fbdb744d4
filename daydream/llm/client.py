"""One endpoint: a shared connection pool, limits, retries, and a record of every attempt."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model
from daydream.llm.advice import gave_up
from daydream.llm.attempt import Call, attempt_of
from daydream.llm.budget import Spending
from daydream.llm.circuit_breaker import CircuitBreaker
from daydream.llm.connection import connect
from daydream.llm.embedded import EmbeddedServer
from daydream.llm.error_limit import ErrorLimit
from daydream.llm.exchange import exchange, read_body
from daydream.llm.faults import Fault
from daydream.llm.model_server import Server, server_of
from daydream.llm.pricing import max_amount
from daydream.llm.rate_limit import RateLimiter
from daydream.llm.rate_limit_headers import exhausted_for
from daydream.llm.request import Request
from daydream.llm.response import Answer, read_answer
from daydream.llm.shares import Share, Whole
from daydream.llm.stopping import STOP, Stop
from daydream.parsers import known_tags
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt

if TYPE_CHECKING:
    import openai

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
Record = Callable[[Attempt], None]


class Client:
    """Calls one endpoint; shared by all threads of the run."""

    def __init__(
        self,
        endpoint: Endpoint,
        budget: Spending,
        stop: Stop = STOP,
        share: Share | None = None,
        errors: ErrorLimit | None = None,
        layout: Layout | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.budget = budget
        self.stop = stop
        # A server of one's own is not shared with others.
        self._share = Whole() if share is None or endpoint.is_own else share
        self.errors = errors or ErrorLimit(None)
        self.breaker = CircuitBreaker(endpoint.name)
        self.limiter = RateLimiter(
            endpoint.max_concurrency,
            endpoint.requests_per_minute,
            endpoint.tokens_per_minute,
            stop=stop,
            share=self._share,
        )
        self._model_limiters: dict[str, RateLimiter] = {}
        self._starting = threading.Lock()
        self._openai: openai.OpenAI | None = None
        self._connected_to: str | None = None
        self._embedded: EmbeddedServer | None = None
        self._server: Server | None = None
        self._layout = layout

    @property
    def in_flight(self) -> int:
        """Calls that wait for an answer now."""
        return self.limiter.in_flight

    def complete(
        self, request: Request, record: Record, forced: bool = False, seed: int = 0
    ) -> Attempt:
        """Ask until there is an answer, recording each attempt as soon as it is over.

        A refusal (429) counts against the deadline only: the whole endpoint waits it out, and a
        storm of refusals shall not use up the attempts of the calls that it hits.

        Raises:
            CallError: when no further attempt can help; in the provider's own words.
            BudgetError: when the next attempt could cost more than is left.
            StoppedError: when the run is stopped before the next attempt.
            ClosedError: when the endpoint refuses every call, as without a valid key.
        """
        self._check()
        deadline = time.monotonic() + self.endpoint.deadline_s
        number = counted = 0
        while True:
            number += 1
            self._check_open(request, deadline)
            connection = self._connection()
            attempt, fault = self._attempt(connection, request, record, number, forced, seed)
            if fault is None:
                return attempt
            counted += not fault.is_refusal
            wait = pause(max(1, counted), fault.retry_after)
            exhausted = counted >= self.endpoint.max_attempts
            if not fault.is_retryable or exhausted or time.monotonic() + wait > deadline:
                raise gave_up(request, fault, number, self.endpoint)
            self.stop.wait(wait)

    def _check(self) -> None:
        """Do nothing while a call may start."""
        self.stop.check()
        self.errors.check()
        self.breaker.check()

    def _check_open(self, request: Request, deadline: float) -> None:
        """Refuse to wait for an endpoint that opens again only after the deadline."""
        closed = max(limiter.closed_for for limiter in self._limiters(request.model))
        if time.monotonic() + closed > deadline:
            message = f"the endpoint takes no calls for another {closed:.0f} s"
            if self.breaker.last_words:
                message = f"{self.breaker.last_words.rstrip('. ')} ({message})"
            fault = Fault("http_429", message, is_retryable=False, status=429)
            raise gave_up(request, fault, 1, self.endpoint)

    def _connection(self) -> openai.OpenAI:
        """The connection, made anew when a server has come up elsewhere."""
        with self._starting:
            address = self._address()
            if self._openai is None or address != self._connected_to:
                self._openai = connect(self.endpoint, address, owner=self)
                self._connected_to = address
            return self._openai

    def _address(self) -> str | None:
        if self.endpoint.is_embedded:
            self._embedded = self._embedded or EmbeddedServer(self.endpoint)
            return self._embedded.base_url
        if self.endpoint.serve is None:
            return self.endpoint.base_url
        assert self._layout is not None  # given to each client that serves
        self._server = self._server or server_of(self.endpoint, self._layout, self.stop)
        return self._server.address()

    def _attempt(
        self,
        connection: openai.OpenAI,
        request: Request,
        record: Record,
        number: int,
        forced: bool,
        seed: int,
    ) -> tuple[Attempt, Fault | None]:
        booked = request.tokens_in + request.max_tokens
        limiters = self._limiters(request.model)
        with ExitStack() as slots:
            bill = slots.enter_context(self.budget.reserved(max_amount(request)))
            for limiter in limiters:
                started = slots.enter_context(limiter.slot(booked))
            self._check()
            at, began = _now(), time.monotonic()
            try:
                result: Answer | Fault = self._send(connection, request, seed, limiters)
            except Fault as caught:
                result = caught
            latency = time.monotonic() - began
            call = _call(request, at, latency, number, forced)
            attempt = attempt_of(call, result)
            bill.append(attempt)
            record(attempt)
            fault = result if isinstance(result, Fault) else None
            # Before the places are free, or the next in line would start into a closed limiter.
            self._learn(limiters, started, booked, attempt, fault)
        return attempt, fault

    def _limiters(self, model: Model) -> list[RateLimiter]:
        """The model's own limiter, when it has limits of its own, and the endpoint's."""
        limits = model.limits
        if not limits.is_set:
            return [self.limiter]
        with self._starting:
            if model.id not in self._model_limiters:
                self._model_limiters[model.id] = RateLimiter(
                    limits.max_concurrency or self.endpoint.max_concurrency,
                    limits.requests_per_minute,
                    limits.tokens_per_minute,
                    stop=self.stop,
                    share=self._share,
                )
            return [self._model_limiters[model.id], self.limiter]

    def _learn(
        self,
        limiters: list[RateLimiter],
        started: float,
        booked: int,
        attempt: Attempt,
        fault: Fault | None,
    ) -> None:
        used = sum(attempt.usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens"))
        self.breaker.learn(fault)
        for limiter in limiters:
            limiter.reconcile(booked, used)
            if fault is None:
                limiter.succeeded()
            elif fault.is_refusal:
                limiter.rate_limited(started, fault.retry_after)

    def _send(
        self, connection: openai.OpenAI, request: Request, seed: int, limiters: list[RateLimiter]
    ) -> Answer:
        seeding = {"seed": seed} if self.endpoint.is_embedded else {}
        chat = connection.chat.completions.with_streaming_response
        try:
            with (
                exchange(self.endpoint, self.endpoint.timeout_s),
                chat.create(
                    model=request.model.model,
                    messages=request.messages,
                    extra_body={**request.body, **seeding},
                ) as response,
            ):
                self._heed(exhausted_for(response.headers), limiters)
                body = read_body(response.iter_bytes())
                return read_answer(body, known_tags(request.model.thinking_tags))
        except Fault as fault:
            self._heed(fault.exhausted_for, limiters)
            raise

    @staticmethod
    def _heed(exhausted_s: float | None, limiters: list[RateLimiter]) -> None:
        if exhausted_s:
            limiters[0].close_for(exhausted_s)


def pause(attempt: int, at_least: float | None) -> float:
    """Seconds until the next try: exponential with full jitter, never below ``at_least``.

    Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.
    """
    ceiling = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (attempt - 1))
    return (at_least or 0.0) + random.uniform(0.0, ceiling)


def _call(request: Request, at: str, latency_s: float, number: int, forced: bool) -> Call:
    return Call(
        at=at,
        fingerprint=request.fingerprint,
        endpoint=request.endpoint,
        model=request.model.model,
        parameters=request.parameters,
        replicate=request.replicate,
        attempt=number,
        forced=forced,
        latency_s=latency_s,
        prices=request.model.prices,
        body_keys=request.body_keys,
        fallback=request.fallback,
        fallback_reason=request.fallback_reason,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
