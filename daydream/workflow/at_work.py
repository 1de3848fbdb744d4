"""A run beside others on its data root: it shows itself, and tries locks before the first call."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from daydream.errors import LockError
from daydream.llm.stopping import STOP, Stop
from daydream.store.lock_watch import EVERY_S, MAX_EVERY_S, LockWatch
from daydream.store.place import check_locks_between_hosts, is_between_hosts
from daydream.store.presence import Presence
from daydream.workflow.plan.reasons import Job
from daydream.workflow.project import Project
from daydream.workflow.submission import Submission, slice_count

_MAKING = ("generate_", "cohort_membership")  # beginnings of the rules that lead to calls


class AtWork:
    """A run's presence on its data root, where others may be at work at the same time."""

    def __init__(self, project: Project, stop: Stop = STOP) -> None:
        self._project, self._stop = project, stop
        self._presence: Presence | None = None
        self._watch: LockWatch | None = None

    def begin(self) -> None:
        """Show that the run is under way, to whoever asks."""
        self._presence = Presence(self._project.layout, self._project.title)

    def end(self) -> None:
        """Show it no longer."""
        self._watch = None
        if self._presence is not None:
            self._presence.end()

    def obstacles(self, jobs: Iterable[Job], submission: Submission | None) -> list[str]:
        """Try locks between this run and others, now and from then on; why it must not go on.

        Args:
            jobs: what the run is going to do; one that makes no generation needs no locks.
            submission: the slices that the run submits, if it does.
        """
        slices = slice_count(self._project, submission)
        root = self._project.layout.root
        is_making = any(job.rule.startswith(_MAKING) for job in jobs)
        if not is_making or not (slices or is_between_hosts(root)):
            return []
        if slices and (mount := check_locks_between_hosts(root)).state == "wrong":
            return [mount.message]
        every_s = min(MAX_EVERY_S, max(EVERY_S, EVERY_S * slices / 20))
        try:
            self._watch = LockWatch(self._project.layout.at_work, self._refuse, every_s)
        except LockError as error:
            return [str(error)]
        obstacle = self._watch.obstacle()
        if not obstacle and is_between_hosts(root):
            obstacle = self._watch.stale_view()
        return list(filter(None, [obstacle]))

    def _refuse(self, message: str) -> None:
        """End a run between which and another one locks have ceased to hold."""
        if not self._stop.is_requested:
            print(f"Error: {message}", file=sys.stderr, flush=True)
        self._stop.request()
