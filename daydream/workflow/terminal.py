"""What of a run's log a terminal shows; the whole of it is in Snakemake's log file."""

from __future__ import annotations

import logging

from daydream.errors import DaydreamError

_ROUTINE = ("Select jobs to execute", "Updating checkpoint")
_AGAIN = "Will exit after finishing currently running jobs"  # said at each look while they do
_PER_JOB = ("job_info", "job_started", "job_finished", "progress")


class News(logging.Filter):
    """Keeps the routine of single jobs out of sight, and a failure to one line for each cause.

    Snakemake prints some ten lines for each failed job; a spent budget alone would fill screens.
    """

    def __init__(self) -> None:
        super().__init__()
        self._failed: set[str] = set()
        self._messages: set[str] = set()
        self._causes: set[tuple[str, str]] = set()
        self._ending = False

    def failure(self, output: str, error: DaydreamError) -> str | None:
        """Take note that a job failed; returns the line to show when its cause is a new one."""
        kind, message = type(error).__name__, str(error)
        self._failed.add(output)
        self._messages.add(_first_line(message))
        cause = (kind, error.cause or message)
        if cause in self._causes:
            return None
        self._causes.add(cause)
        return f"{output.removesuffix('/parsed.txt')}: {kind}: {message}"

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is shown."""
        event = getattr(record, "event", None)
        if event is None:
            return self._is_news(str(record.msg))
        if str(event) == "job_error":
            return self._failed.isdisjoint(getattr(record, "output", None) or ())
        if str(event) == "error":
            return self._messages.isdisjoint(str(record.msg).splitlines())
        return str(event) not in _PER_JOB

    def _is_news(self, text: str) -> bool:
        if text.startswith(_AGAIN):
            known, self._ending = self._ending, True
            return not known
        return not text.startswith(_ROUTINE)


def _first_line(message: str) -> str:
    return message.splitlines()[0] if message else ""
