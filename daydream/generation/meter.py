"""Counters of a run: generations made, failed and refused, calls, tokens and USD."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from daydream.errors import BudgetError, NotAskedError
from daydream.formats import clock
from daydream.store.layout import STAGES, Stage
from daydream.store.ledger import Attempt


class Meter:
    """Counts what a run does; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self.done: dict[Stage, int] = dict.fromkeys(STAGES, 0)
        self.failed = self.refused = 0
        self.calls = self.by_fallbacks = 0
        self.tokens = 0
        self.usd = 0.0
        self.is_usd_whole = True

    @contextmanager
    def making(self, stage: Stage) -> Iterator[None]:
        """Count a generation when it is over; one that was not asked was not begun."""
        try:
            yield
        except BudgetError:
            with self._lock:
                self.refused += 1
            raise
        except NotAskedError:
            raise
        except BaseException:  # whatever ends it, a signal too; it goes on
            with self._lock:
                self.failed += 1
            raise
        with self._lock:
            self.done[stage] += 1

    def add(self, attempt: Attempt) -> None:
        """Count a call."""
        with self._lock:
            self.calls += 1
            self.by_fallbacks += attempt.is_answer and attempt.fallback is not None
            self.tokens += attempt.usage.get("completion_tokens", 0)
            self.usd += attempt.cost_usd or 0.0
            self.is_usd_whole &= attempt.cost_usd is not None

    def line(self, required: Mapping[Stage, int], in_flight: int) -> str:
        """The line: generations done of those wanted in this run, by stage, and the rest."""
        seconds = max(time.monotonic() - self._started, 1e-3)
        stages = "  ".join(
            f"{stage}s {self.done[stage]}/{max(required.get(stage, 0), self.done[stage])}"
            for stage in STAGES
            if required.get(stage) or self.done[stage]
        )
        failed = f"  failed {self.failed}" if self.failed else ""
        failed += f"  refused {self.refused}" if self.refused else ""
        failed += f"  by fallbacks {self.by_fallbacks}" if self.by_fallbacks else ""
        usd = f"${self.usd:.2f}" + ("" if self.is_usd_whole else " and more (unknown prices)")
        return (
            f"{stages}{failed} | {in_flight} in flight | {usd} | "
            f"{self._time_left(required, seconds)} | {self.tokens / seconds:.0f} tokens/s"
        )

    def _time_left(self, required: Mapping[Stage, int], seconds: float) -> str:
        done = sum(self.done.values()) + self.failed
        left = sum(required.values()) - done
        return f"{clock(left * seconds / done)} left" if done and left > 0 else clock(seconds)
