"""How far a run is, in one line: what is done, what is under way, what it has cost, time left.

The Snakemake logger plugins that exist know jobs, but neither tokens nor dollars; and a block of
lines for each of thousands of generations hides what matters. The whole log is in .snakemake/log.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, TextIO

from daydream.store.layout import Stage

EVERY_S = 30.0  # between plain lines
REFRESH_S = 1.0  # between updates of a line on a terminal
ERASE = "\r\x1b[2K"  # what stands on the line of a terminal


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


def in_words(rule: str) -> str:
    """What a rule makes, as a person says it."""
    return _WORDS.get(rule, rule.replace("_", " "))


_WORDS = {
    "site": "the report",
    "cohort_membership": "the cohort",
    "parsed_scores": "the table of scores",
    "cross_scores": "scores of all cohorts",
    "cross_tables": "tables of all cohorts",
}


class Ticker:
    """Prints the line while a run goes on: kept up to date on a terminal, else now and then.

    Elsewhere than on a terminal a line also comes when other tables than before are being made.
    """

    def __init__(
        self,
        meter: Progress,
        required: Callable[[], Mapping[Stage, int]],
        in_flight: Callable[[], int],
        stream: TextIO | None = None,
        every_s: float = EVERY_S,
        tables: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._meter, self._wanted, self._in_flight = meter, required, in_flight
        self._tables = tables
        self._stream = stream or sys.stderr
        self._every_s = REFRESH_S if self._stream.isatty() else every_s
        self._over = threading.Event()
        self._seen: Mapping[Stage, int] = {}
        self._making: tuple[str, ...] = ()

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        threading.Thread(target=self._run, daemon=True, name="progress").start()

    def stop(self) -> None:
        """End, with a last line when anything was made."""
        self._over.set()
        self._making = ()
        if self._has_made or self._meter.failed or self._meter.refused:
            self._print(last=True)
        elif self._stream.isatty():
            print(ERASE, end="", file=self._stream, flush=True)

    @property
    def _has_made(self) -> bool:
        return any(self._meter.done.values())

    def _run(self) -> None:
        printed = time.monotonic()
        while not self._over.wait(min(self._every_s, REFRESH_S)):
            is_due = time.monotonic() - printed >= self._every_s
            if self._look_for_tables() or (is_due and self._has_something):
                printed = time.monotonic()
                self._print()

    def _look_for_tables(self) -> bool:
        """Whether other tables than before are being made."""
        with suppress(RuntimeError):  # a job began or ended just then
            before, self._making = self._making, tuple(self._tables())
            return self._making != before and bool(self._making)
        return False

    @property
    def _has_something(self) -> bool:
        return self._has_made or bool(self._in_flight() or self._making)

    def _print(self, last: bool = False) -> None:
        with suppress(RuntimeError):  # the set of jobs grew while it was counted: the last will do
            self._seen = self._wanted()
        is_generating = self._has_made or self._in_flight() or self._meter.failed
        parts = [self._meter.line(self._seen, self._in_flight())] if is_generating else []
        if self._making:
            parts.append(f"making {', '.join(self._making)}")
        line = " | ".join(parts)
        room = shutil.get_terminal_size().columns - 1
        if self._stream.isatty() and not last:  # stay on the line, which may not wrap
            # What goes on now is what may not be cut: tables take long without another sign.
            line = (line if len(line) <= room else " | ".join(reversed(parts)))[:room]
        elif self._stream.isatty():
            line = f"{line}\n"
        # In one piece, as messages come from other threads.
        self._stream.write(f"{ERASE}{line}" if self._stream.isatty() else f"{line}\n")
        self._stream.flush()
