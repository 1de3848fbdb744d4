"""How far a run is, in one line: what is done, what is under way, what it has cost, time left.

The Snakemake logger plugins that exist know jobs, but neither tokens nor dollars; and a block of
lines for each of thousands of generations hides what matters. The whole log is in .snakemake/log.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TextIO

from daydream.errors import BudgetError
from daydream.layout import OPTIONAL_STAGES, STAGES, Stage
from daydream.ledger import Attempt

EVERY_S = 30.0  # between plain lines
REFRESH_S = 1.0  # between updates of a line on a terminal


class Meter:
    """Counts what a run does; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self.done: dict[Stage, int] = dict.fromkeys(STAGES, 0)
        self.failed = 0
        self.calls = 0
        self.tokens = 0
        self.usd = 0.0
        self.is_usd_whole = True

    @contextmanager
    def making(self, stage: Stage) -> Iterator[None]:
        """Count a generation when it is over; one that the budget refused was not begun."""
        try:
            yield
        except BudgetError:
            raise
        except BaseException:
            with self._lock:
                self.failed += 1
            raise
        with self._lock:
            self.done[stage] += 1

    def add(self, attempt: Attempt) -> None:
        """Count a call."""
        with self._lock:
            self.calls += 1
            self.tokens += attempt.usage.get("completion_tokens", 0)
            self.usd += attempt.cost_usd or 0.0
            self.is_usd_whole &= attempt.cost_usd is not None

    def line(self, wanted: Mapping[Stage, int], in_flight: int) -> str:
        """The line: generations done of those wanted in this run, by stage, and the rest."""
        seconds = max(time.monotonic() - self._started, 1e-3)
        stages = "  ".join(
            f"{stage}s {self.done[stage]}/{max(wanted.get(stage, 0), self.done[stage])}"
            for stage in STAGES
            if stage not in OPTIONAL_STAGES or wanted.get(stage) or self.done[stage]
        )
        failed = f"  failed {self.failed}" if self.failed else ""
        usd = f"${self.usd:.2f}" + ("" if self.is_usd_whole else " and more (unknown prices)")
        return (
            f"{stages}{failed} | {in_flight} in flight | {self.tokens / seconds:.0f} tokens/s | "
            f"{usd} | {self._time_left(wanted, seconds)}"
        )

    def _time_left(self, wanted: Mapping[Stage, int], seconds: float) -> str:
        done = sum(self.done.values()) + self.failed
        left = sum(wanted.values()) - done
        return f"{_clock(left * seconds / done)} left" if done and left > 0 else _clock(seconds)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Ticker:
    """Prints the line while a run goes on: kept up to date on a terminal, else now and then."""

    def __init__(
        self,
        meter: Meter,
        wanted: Callable[[], Mapping[Stage, int]],
        in_flight: Callable[[], int],
        stream: TextIO | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._meter, self._wanted, self._in_flight = meter, wanted, in_flight
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
        if any(self._meter.done.values()) or self._meter.failed:
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
