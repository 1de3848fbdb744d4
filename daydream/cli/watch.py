"""The state of a cohort while it is made, from another terminal or host: `daydream status --watch`.

Nothing is asked of the runs: what they have made is in the data root, and each holds a file there.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TextIO

from daydream.cli.console import aligned
from daydream.errors import CohortError
from daydream.formats import clip, clock, printable
from daydream.store.layout import STAGES
from daydream.store.presence import RunningRun, running_runs
from daydream.store.status import Count, count_states, total
from daydream.workflow.project import Project

PATIENCE_S = 10.0  # without a run before a watch ends: the next one may be about to start
REFRESH_S, PLAIN_S = 2.0, 30.0  # between looks, on a terminal and elsewhere
_SHARE = 0.1  # the most of the time that looks may take
_WINDOW_S = 120.0  # over which the speed is measured


class View(NamedTuple):
    """What is made of a cohort now, and by which runs; ``counts`` is None before it has members."""

    counts: Sequence[Count] | None
    runs: Sequence[RunningRun]

    @property
    def done(self) -> int:
        """How many generations are made."""
        return total(self.counts).done if self.counts else 0

    @property
    def is_made(self) -> bool:
        """Whether every generation is made."""
        return self.counts is not None and self.done == total(self.counts).wanted


def look(project: Project) -> View:
    """Look at the data root."""
    runs = running_runs(project.layout)
    try:
        return View(count_states(project.layout, project.part), runs)
    except CohortError:
        if not runs:
            raise
        return View(None, runs)  # it is being made


class Watch:
    """Shows views until no run is under way; on a terminal in place, elsewhere a line for each."""

    def __init__(
        self,
        view: Callable[[], View],
        stream: TextIO | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._view, self._now, self._sleep = view, now, sleep
        self._stream = stream or sys.stdout
        self._is_terminal = self._stream.isatty()
        self._seen: deque[tuple[float, int]] = deque()
        self._drawn = 0  # lines on the terminal that the next view replaces
        self._printed_at: float | None = None

    def until_over(self) -> None:
        """Watch until all is made, or no run was under way for a while."""
        alone_since = self._now()
        while True:
            started, view = self._now(), self._view()
            if view.runs:
                alone_since = self._now()
            is_over = not view.runs and (view.is_made or self._now() - alone_since >= PATIENCE_S)
            self._learn(view.done)
            self._show(view, is_over)
            if is_over:
                return
            self._sleep(max(REFRESH_S, (self._now() - started) / _SHARE))

    def _learn(self, done: int) -> None:
        self._seen.append((self._now(), done))
        while self._seen[0][0] < self._now() - _WINDOW_S:
            self._seen.popleft()

    def _show(self, view: View, is_last: bool) -> None:
        if self._is_terminal:
            self._draw([*_table(view), self._line(view)])
            return
        is_due = self._printed_at is None or self._now() - self._printed_at >= PLAIN_S
        if is_due or is_last:
            self._printed_at = self._now()
            print(time.strftime("%H:%M:%S"), self._line(view), file=self._stream, flush=True)

    def _draw(self, lines: Sequence[str]) -> None:
        """Write lines in place of those before; no longer than the terminal, or they would wrap."""
        size = shutil.get_terminal_size()
        visible = [clip(printable(line), size.columns - 1) for line in lines[-(size.lines - 1) :]]
        back = f"\x1b[{self._drawn}F" if self._drawn else ""
        print(f"{back}\x1b[J" + "\n".join(visible), file=self._stream, flush=True)
        self._drawn = len(visible)

    def _line(self, view: View) -> str:
        hosts = ", ".join(sorted({run.host for run in view.runs}))
        runs = f"{len(view.runs)} run(s) on {hosts}" if view.runs else "no run under way"
        if view.counts is None:
            return f"the cohort is being made | {runs}"
        stages = "  ".join(f"{stage}s {made}" for stage, made in _stages(view.counts))
        failed = sum(count.failed for count in view.counts)
        parts = (stages, f"{failed} failed" if failed else "", runs, self._speed(view))
        return " | ".join(filter(None, parts))

    def _speed(self, view: View) -> str:
        """Generations a minute, and the time that the rest takes at this speed."""
        (began, before), (now, done) = self._seen[0], self._seen[-1]
        if done <= before or view.counts is None:
            return ""
        speed = (done - before) / (now - began)
        left = total(view.counts).wanted - done
        return f"{60 * speed:.0f} a minute, {clock(left / speed)} left"


def _stages(counts: Sequence[Count]) -> Iterator[tuple[str, str]]:
    for stage in STAGES:
        of_stage = [count for count in counts if count.stage == stage]
        if of_stage:
            summed = total(of_stage)
            yield stage, f"{summed.done}/{summed.wanted}"


def _table(view: View) -> Iterator[str]:
    if view.counts:
        yield from aligned([Count._fields, *view.counts], texts=2)
        yield ""
