"""A job's log file: there after a failure, gone after a success."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daydream.errors import DaydreamError
from daydream.store.files import write_text


@contextmanager
def logged(path: str, what: str) -> Iterator[None]:
    """Tell a failure in a log file: the message of a known error, the traceback of a bug."""
    try:
        yield
    except DaydreamError as error:
        write_text(path, f"{what}: {error}\n")
        raise
    except Exception:
        write_text(path, f"{what}:\n{traceback.format_exc()}")
        raise
    Path(path).unlink(missing_ok=True)


@contextmanager
def script_logged(path: str, what: str) -> Iterator[None]:
    """The same for a process of its own, which ends with the message instead of a traceback.

    Ctrl-C reaches it too. A table takes seconds, and like a call under way it is finished.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with logged(path, what):
            yield
    except DaydreamError as error:
        raise SystemExit(f"{what}: {error}") from None
