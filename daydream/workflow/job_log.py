"""A job's log file: there after a failure, gone after a success."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daydream.errors import DaydreamError
from daydream.store.file_errors import files_told
from daydream.store.files import write_text


@contextmanager
def logged(path: str, what: str) -> Iterator[None]:
    """Tell a failure in a log file: the message of a known error, the traceback of a bug."""
    try:
        with files_told():
            yield
    except DaydreamError as error:
        _write(path, f"{what}: {error}\n")
        raise
    except Exception:  # a bug, which Snakemake tells of as well
        _write(path, f"{what}:\n{traceback.format_exc()}")
        raise
    Path(path).unlink(missing_ok=True)


def _write(path: str, text: str) -> None:
    """Write the log; where that is refused too, as on a full disk, the failure itself is told."""
    with suppress(OSError):
        write_text(path, text)


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
