"""How the CPU time of a reader grows with the text, held against itself on the same machine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from daydream.errors import ParseError

SLACK_S = 0.05  # times below are noise


def assert_linear(read: Callable[[str], object], text: str) -> None:
    """Four times the text takes about four times as long; quadratic work would take sixteen."""
    quarter, whole = (_seconds(read, text[: len(text) // part]) for part in (4, 1))
    assert whole <= 8 * quarter + SLACK_S, f"{quarter:.3f} s for a quarter, {whole:.3f} s for all"


def _seconds(read: Callable[[str], object], text: str) -> float:
    return min(_once(read, text) for _ in range(4))


def _once(read: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    with contextlib.suppress(ParseError):
        read(text)
    return time.process_time() - started
