"""The limit on failures of a run, ``stop_after_errors``: too many, and nothing more is asked."""

from __future__ import annotations

import threading

from daydream.errors import DaydreamError, EnoughErrors

MIN_FOR_SHARE = 20  # generations; a share of fewer says little


class ErrorLimit:
    """Counts the generations of a run whose calls were made; shared by all its threads.

    ``limit`` is a count of failures when it is 1 or more, and below 1 a share of the generations
    that are over, once there are ``MIN_FOR_SHARE``; None sets no limit. Failures that are read
    again from a ledger, without a call, do not count.
    """

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._over = self._failed = 0
        self._reason = ""

    def check(self) -> None:
        """Do nothing while calls may be made.

        Raises:
            EnoughErrors: afterwards.
        """
        if self._reason:
            raise EnoughErrors(self._reason)

    def learn(self, error: DaydreamError | None) -> None:
        """Take note of how a generation ended, for which a call was made; None: it was made."""
        with self._lock:
            self._over += 1
            self._failed += error is not None
            if error is not None and not self._reason and self._is_exceeded():
                message = str(error).rstrip(". ")
                self._reason = (
                    f"not asked: {self._failed} of {self._over} generations of this run failed, "
                    f"and stop_after_errors is {self._limit:g}. The last: {type(error).__name__}: "
                    f"{message}. Put that right and run again; what was answered is kept."
                )

    def _is_exceeded(self) -> bool:
        if self._limit is None:
            return False
        if self._limit >= 1:
            return self._failed >= self._limit
        return self._over >= MIN_FOR_SHARE and self._failed >= self._limit * self._over
