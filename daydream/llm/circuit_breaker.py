"""The circuit breaker of an endpoint: after what hits every call alike, no further one is made.

It opens at once when the key or the account is refused, and after ``MAX_429_S`` of nothing but
429s. Until the run ends, calls are then "not asked", in the provider's own words.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from daydream.errors import ClosedError
from daydream.llm.error_codes import NO_MONEY
from daydream.llm.faults import Fault

HOPELESS = frozenset({"http_401", "http_402", NO_MONEY})  # 403 and 404 may be of one model only
MAX_429_S = 300.0


class CircuitBreaker:
    """Whether an endpoint may still be called; shared by all threads of the run."""

    def __init__(self, endpoint: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._lock = threading.Lock()
        self._limited_since: float | None = None
        self._reason = ""
        self._cause = ""
        self.last_words = ""  # of the last 429

    @property
    def is_open(self) -> bool:
        """Whether no call may be made any more."""
        return bool(self._reason)

    def check(self) -> None:
        """Do nothing while calls may be made.

        Raises:
            ClosedError: afterwards.
        """
        if self._reason:
            raise ClosedError(
                f"not asked: {self._endpoint} takes no calls in this run. {self._reason} "
                "Put that right and run again; what was answered is kept.",
                cause=self._cause,
            )

    def learn(self, fault: Fault | None) -> None:
        """Take note of how a call ended; None is an answer."""
        with self._lock:
            if fault is not None and fault.is_refusal:
                self.last_words = fault.message
            if fault is not None and fault.kind in HOPELESS:
                self._open(fault)
            elif fault is None or not fault.is_refusal:
                self._limited_since = None
            elif self._limited_since is None:
                self._limited_since = self._clock()
            elif self._clock() - self._limited_since > MAX_429_S:
                self._open(fault)

    def _open(self, fault: Fault) -> None:
        self._cause = self._cause or fault.kind
        self._reason = self._reason or f"It said: {fault.kind}: {fault.message.rstrip('. ')}."
