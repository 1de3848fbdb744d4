"""Stopping by Ctrl-C: a run does not wait up to a day until a batch is answered."""

from __future__ import annotations

import signal
import threading
from types import FrameType

STOPPED = threading.Event()


def listen() -> None:
    """Let Ctrl-C set ``STOPPED`` before it does what it did; only the main thread can hear it."""
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        return

    def stop(number: int, frame: FrameType | None) -> None:
        STOPPED.set()
        previous(number, frame)

    signal.signal(signal.SIGINT, stop)
