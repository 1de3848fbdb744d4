"""How far a run is, in one line: what is done, what is under way, what it has cost, time left.

The Snakemake logger plugins that exist know jobs, but neither tokens nor dollars; and a block of
lines for each of thousands of generations hides what matters. The whole log is in .snakemake/log.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol, TextIO

from daydream.store.layout import Stage

EVERY_S = 30.0  # between plain lines
REFRESH_S = 1.0  # between updates of a line on a terminal


class Progress(Protocol):
    """What has been made in a run, in numbers and in a line."""

    @property
    def done(self) -> Mapping[Stage, int]:
        """The generations made, by stage."""

    @property
    def failed(self) -> int:
        """How many failed."""

    @property
    def refused(self) -> int:
        """How many were refused by the budget."""

    def line(self, required: Mapping[Stage, int], in_flight: int) -> str:
        """The line."""


class Ticker:
    """Prints the line while a run goes on: kept up to date on a terminal, else now and then."""

    def __init__(
        self,
        meter: Progress,
        required: Callable[[], Mapping[Stage, int]],
        in_flight: Callable[[], int],
        stream: TextIO | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._meter, self._wanted, self._in_flight = meter, required, in_flight
        self._stream = stream or sys.stderr
        self._every_s = REFRESH_S if self._stream.isatty() else every_s
        self._over = threading.Event()
        self._seen: Mapping[Stage, int] = {}

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        threading.Thread(target=self._run, daemon=True, name="progress").start()

    def stop(self) -> None:
        """End, with a last line when anything was made."""
        self._over.set()
        if any(self._meter.done.values()) or self._meter.failed or self._meter.refused:
            self._print(last=True)

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            if any(self._meter.done.values()) or self._in_flight():
                self._print()

    def _print(self, last: bool = False) -> None:
        with suppress(RuntimeError):  # the set of jobs grew while it was counted: the last will do
            self._seen = self._wanted()
        line = self._meter.line(self._seen, self._in_flight())
        if self._stream.isatty():
            # Erase the line, write it, and stay on it unless it is the last.
            print(f"\r\x1b[2K{line}", end="\n" if last else "", file=self._stream, flush=True)
        else:
            print(line, file=self._stream, flush=True)
