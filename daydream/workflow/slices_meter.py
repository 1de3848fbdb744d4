"""How far the slices of a run are, which make their generations on other hosts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from daydream.formats import clock
from daydream.store.layout import OPTIONAL_STAGES, STAGES, Stage
from daydream.workflow.submission import Submission

EVERY_S = 10.0  # between counts, each of which looks at every generation of the run


class SlicesMeter:
    """Counts what is in the store since the run began; a file server sees it, and asks nobody."""

    failed = refused = 0  # known to the slices alone until they are over

    def __init__(self, submission: Submission, now: Callable[[], float] = time.monotonic) -> None:
        self._submission, self._now = submission, now
        self._started = now()
        self._counted_at = -EVERY_S
        self._done: Mapping[Stage, int] = dict.fromkeys(STAGES, 0)

    @property
    def done(self) -> Mapping[Stage, int]:
        """The generations made in this run, by stage; as of some seconds ago."""
        if self._now() - self._counted_at >= EVERY_S:
            self._counted_at, self._done = self._now(), self._submission.made()
        return self._done

    def line(self, required: Mapping[Stage, int], in_flight: int) -> str:
        """The line: generations done of those wanted in this run, and slices that are over."""
        done, planned = self.done, self._submission.planned
        stages = "  ".join(
            f"{stage}s {done[stage]}/{len(planned[stage])}"
            for stage in STAGES
            if stage not in OPTIONAL_STAGES or planned[stage]
        )
        over, slices = self._submission.slices_over
        return f"{stages} | {over} of {slices} slices made | {clock(self._now() - self._started)}"
