"""How many calls may be under way, how fast they may start, and when everybody must wait.

Written here because the limiter libraries count whole windows: they let a minute's allowance go
in one burst, which a provider's token bucket answers with 429, and none slows a whole endpoint
down after a refusal.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BURST_S = 0.5  # of a minute's allowance, this many seconds' worth may start at once
HEADROOM = 1.01  # calls do not arrive as evenly as they start
LONGEST_NAP_S = 0.25  # after which a waiting call looks if its turn has come earlier
FIRST_REFUSAL_PAUSE_S = 1.0


@dataclass
class Pace:
    """A rate that calls may not exceed: the generic cell rate algorithm in seconds.

    ``due`` is the time from which the next call may start.

    Source: ATM Forum, Traffic Management Specification 4.0 (1996), section 4.4.2.
    """

    per_minute: float
    due: float = -math.inf

    def take(self, amount: float, now: float) -> None:
        """Book an amount for a call that starts now."""
        share = self._seconds(amount)
        self.due = max(self.due, now - max(0.0, BURST_S - share)) + share

    def settle(self, surplus: float) -> None:
        """Give back what was booked in excess, or book what was used beyond."""
        self.due -= self._seconds(surplus)

    def _seconds(self, amount: float) -> float:
        return HEADROOM * 60.0 * amount / self.per_minute


class Gate:
    """The limits of one endpoint, or of one model at it, shared by every thread.

    Concurrency follows additive increase, multiplicative decrease: a refusal (429) halves it, at
    most once for the calls that were under way together; answers bring it back, a place for each
    round of them (Chiu and Jain, 1989).
    """

    def __init__(
        self,
        max_concurrency: int,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._most = max_concurrency
        self._allowed = float(max_concurrency)
        self._requests = Pace(requests_per_minute) if requests_per_minute else None
        self._tokens = Pace(tokens_per_minute) if tokens_per_minute else None
        self._clock, self._sleep = clock, sleep
        self._places = threading.Condition()
        self._head_of_line = threading.Lock()
        self._closed_until = 0.0
        self._slowed_at = 0.0
        self.in_flight = 0

    @property
    def allowed(self) -> int:
        """Calls that may be under way now."""
        return max(1, int(self._allowed))

    @property
    def closed_for(self) -> float:
        """Seconds for which nobody may start; 0 when open."""
        return max(0.0, self._closed_until - self._clock())

    @contextmanager
    def place(self, tokens: int) -> Iterator[float]:
        """Wait for a place and its turn; ``tokens`` is what the call may use.

        Yields:
            the time at which the call started, for ``refused``.
        """
        with self._places:
            while self.in_flight >= self.allowed:
                self._places.wait()
            self.in_flight += 1
        try:
            self._wait_for_turn(tokens)
            yield self._clock()
        finally:
            with self._places:
                self.in_flight -= 1
                self._places.notify()

    def _wait_for_turn(self, tokens: int) -> None:
        """Wait at the head of the line, so that what comes up meanwhile holds for all behind."""
        with self._head_of_line:
            while (wait := self._start(tokens)) > 0:
                self._sleep(min(wait, LONGEST_NAP_S))

    def _start(self, tokens: int) -> float:
        """Book a call that may start now; else the seconds until it may."""
        with self._places:
            now = self._clock()
            due = [pace.due for pace in (self._requests, self._tokens) if pace]
            wait = max(self._closed_until, *due, now) - now
            if wait <= 0:
                if self._requests:
                    self._requests.take(1, now)
                if self._tokens:
                    self._tokens.take(tokens, now)
            return wait

    def settle(self, booked: int, used: int) -> None:
        """Correct the tokens booked for a call by what it used."""
        if self._tokens:
            with self._places:
                self._tokens.settle(booked - used)

    def close_for(self, seconds: float) -> None:
        """Let nobody start for some time, as the provider asks."""
        with self._places:
            self._closed_until = max(self._closed_until, self._clock() + seconds)

    def refused(self, started: float, retry_after: float | None) -> None:
        """Slow everybody down after a 429 to a call that started at some time."""
        with self._places:
            if started >= self._slowed_at:
                self._allowed = max(1.0, self._allowed / 2)
                self._slowed_at = self._clock()
        self.close_for(FIRST_REFUSAL_PAUSE_S if retry_after is None else retry_after)

    def succeeded(self) -> None:
        """Speed up again, by one place for a round of answers."""
        if self._allowed < self._most:
            with self._places:
                self._allowed = min(float(self._most), self._allowed + 1 / self._allowed)
                self._places.notify()
