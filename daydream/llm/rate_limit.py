"""The rate limiter of an endpoint: concurrency, requests and tokens a minute, pauses after a 429.

Written here because the limiter libraries count whole windows: they let a minute's allowance go
in one burst, which a provider's token bucket answers with 429, and none slows a whole endpoint
down after a 429.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from daydream.llm.shares import Share, Whole
from daydream.llm.stopping import STOP, Stop

BURST_S = 0.5  # of a minute's allowance, this many seconds' worth may start at once
HEADROOM = 1.01  # calls do not arrive as evenly as they start
MAX_NAP_S = 0.25  # after which a waiting call looks if its turn has come earlier
PAUSE_AFTER_429_S = 1.0  # doubled with each round of nothing but 429
MAX_PAUSE_S = 60.0
SHARE_CHECK_S = 1.0  # after which a call that waits for a slot looks whether the share has grown
WHOLE = Whole()


@dataclass
class TokenBucket:
    """A rate that calls may not exceed, as a token bucket: the generic cell rate algorithm.

    ``due`` is the time, in seconds, from which the next call may start.

    Source: ATM Forum, Traffic Management Specification 4.0 (1996), section 4.4.2.
    """

    per_minute: float
    due: float = -math.inf

    def take(self, amount: float, now: float) -> None:
        """Book an amount for a call that starts now."""
        share = self._seconds(amount)
        self.due = max(self.due, now - max(0.0, BURST_S - share)) + share

    def reconcile(self, surplus: float) -> None:
        """Give back what was booked in excess, or book what was used beyond."""
        self.due -= self._seconds(surplus)

    def _seconds(self, amount: float) -> float:
        return HEADROOM * 60.0 * amount / self.per_minute


class RateLimiter:
    """The limits of one endpoint, or of one model at it, shared by every thread.

    Concurrency follows additive increase, multiplicative decrease: a 429 halves it, at
    most once for the calls that were under way together; answers bring it back, a slot for each
    round of them (Chiu and Jain, 1989). A process that has a share of the limits uses so many of
    the slots, and books a call as if it were one for each process.
    """

    def __init__(
        self,
        max_concurrency: int,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
        stop: Stop = STOP,
        share: Share = WHOLE,
    ) -> None:
        self._share = share
        self._max_concurrency = max_concurrency
        self._allowed = float(max_concurrency)
        self._requests = TokenBucket(requests_per_minute) if requests_per_minute else None
        self._tokens = TokenBucket(tokens_per_minute) if tokens_per_minute else None
        self._clock, self._sleep, self._stop = clock, sleep or stop.wait, stop
        self._slots = threading.Condition()
        self._head_of_line = threading.Lock()
        self._closed_until = 0.0
        self._slowed_at = 0.0
        self._rounds_of_429 = 0
        self.in_flight = 0
        stop.add_listener(self._wake_all)

    @property
    def allowed(self) -> int:
        """Calls that may be under way now."""
        return max(1, int(min(self._allowed, self._max_concurrency * self._share.value + 1e-9)))

    @property
    def closed_for(self) -> float:
        """Seconds for which nobody may start; 0 when open."""
        return max(0.0, self._closed_until - self._clock())

    @contextmanager
    def slot(self, tokens: int) -> Iterator[float]:
        """Wait for a slot and its turn; ``tokens`` is what the call may use.

        Yields:
            the time at which the call started, for ``rate_limited``.

        Raises:
            StoppedError: when the run is stopped meanwhile.
        """
        with self._slots:
            while self.in_flight >= self.allowed and not self._stop.is_requested:
                self._slots.wait(SHARE_CHECK_S)
            self._stop.check()
            self.in_flight += 1
        try:
            self._wait_for_turn(tokens)
            yield self._clock()
        finally:
            with self._slots:
                self.in_flight -= 1
                self._slots.notify()

    def _wake_all(self) -> None:
        with self._slots:
            self._slots.notify_all()

    def _wait_for_turn(self, tokens: int) -> None:
        """Wait at the head of the line, so that what comes up meanwhile holds for all behind."""
        with self._head_of_line:
            while (wait := self._start(tokens)) > 0:
                self._sleep(min(wait, MAX_NAP_S))

    def _start(self, tokens: int) -> float:
        """Book a call that may start now; else the seconds until it may."""
        with self._slots:
            now = self._clock()
            due = [pace.due for pace in (self._requests, self._tokens) if pace]
            wait = max(self._closed_until, *due, now) - now
            if wait <= 0:
                share = self._share.value
                if self._requests:
                    self._requests.take(1 / share, now)
                if self._tokens:
                    self._tokens.take(tokens / share, now)
            return wait

    def reconcile(self, booked: int, used: int) -> None:
        """Correct the tokens booked for a call by what it used."""
        if self._tokens:
            with self._slots:
                self._tokens.reconcile((booked - used) / self._share.value)

    def close_for(self, seconds: float) -> None:
        """Let nobody start for some time, as the provider asks."""
        with self._slots:
            self._closed_until = max(self._closed_until, self._clock() + seconds)

    def rate_limited(self, started: float, retry_after: float | None) -> None:
        """Slow everybody down after a 429 to a call that started at some time."""
        with self._slots:
            if started >= self._slowed_at:
                self._allowed = max(1.0, self._allowed / 2)
                self._slowed_at = self._clock()
                self._rounds_of_429 += 1
            doubled = PAUSE_AFTER_429_S * 2.0 ** min(self._rounds_of_429 - 1, 10)
        self.close_for(min(MAX_PAUSE_S, doubled) if retry_after is None else retry_after)

    def succeeded(self) -> None:
        """Speed up again, by one slot for a round of answers."""
        self._rounds_of_429 = 0
        if self._allowed < self._max_concurrency:
            with self._slots:
                self._allowed = min(float(self._max_concurrency), self._allowed + 1 / self._allowed)
                self._slots.notify()
