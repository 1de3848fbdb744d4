"""What of a run's log a terminal shows."""

from __future__ import annotations

import logging

_ROUTINE = ("Select jobs to execute", "Updating checkpoint")
_PER_JOB = ("job_info", "job_started", "job_finished", "progress")


class News(logging.Filter):
    """Keeps the routine of single jobs out of sight; the whole log is in a file."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is shown."""
        event = getattr(record, "event", None)
        if event is not None and str(event) in _PER_JOB:
            return False
        return event is not None or not str(record.msg).startswith(_ROUTINE)
