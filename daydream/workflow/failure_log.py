"""What a run says of each generation that failed, as it fails."""

from __future__ import annotations

import logging

from daydream.errors import DaydreamError, StoppedError
from daydream.llm.stopping import MESSAGE
from daydream.workflow import snakemake_compat as compat


class FailureLog:
    """Logs failures, one line for each; our logger plugin shows the first of each cause."""

    def __init__(self) -> None:
        self._causes: set[tuple[str, str]] = set()

    def log(self, output: str, error: DaydreamError) -> None:
        """Log one; a stop is no failure. It has told the user what it does.

        What a stop adds is said once.
        """
        kind, message = type(error).__name__, str(error)
        cause = (kind, error.cause or message)
        is_known = cause in self._causes
        self._causes.add(cause)
        if not isinstance(error, StoppedError):
            compat.log(
                f"{output.removesuffix('/parsed.txt')}: {kind}: {message}",
                logging.ERROR,
                daydream_failed=output,
                daydream_is_known_cause=is_known,
            )
        elif message != MESSAGE and not is_known:
            compat.log(message, logging.WARNING)
