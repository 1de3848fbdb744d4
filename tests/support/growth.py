"""How the CPU time of a reader grows with the text, held against itself on the same machine."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable

from daydream.errors import ParseError

SLACK_S = 0.05  # times below are noise
TRIES = 4  # the least of them is the time that the work takes, without what disturbed it


def assert_linear(read: Callable[[str], object], text: str) -> None:
    """Four times the text takes about four times as long; quadratic work would take sixteen."""
    quarter = whole = float("inf")
    for _ in range(TRIES):
        quarter = min(quarter, _seconds(read, text[: len(text) // 4]))
        whole = min(whole, _seconds(read, text))
        if whole <= 8 * quarter + SLACK_S:
            return
    raise AssertionError(f"{quarter:.3f} s for a quarter, {whole:.3f} s for all")


def _seconds(read: Callable[[str], object], text: str) -> float:
    gc.collect()
    gc.disable()  # a collection takes as long as the rest of the process has objects
    try:
        started = time.process_time()
        with contextlib.suppress(ParseError):
            read(text)
        return time.process_time() - started
    finally:
        gc.enable()
