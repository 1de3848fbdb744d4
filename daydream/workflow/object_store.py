"""A run whose data root has its copy in object storage, with which it begins and ends in step."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import product

from daydream.errors import StoppedError, StoreError
from daydream.experiment.settings import Limit, Settings
from daydream.llm.allotment import Allotment
from daydream.llm.amounts import Amount
from daydream.llm.budget import Budget, spent_so_far
from daydream.llm.stopping import STOP
from daydream.store.bucket.client import Bucket, Object
from daydream.store.bucket.copier import Copier
from daydream.store.bucket.generations import GenerationCopies
from daydream.store.bucket.lease import Lease
from daydream.store.bucket.mirror import Mirror
from daydream.store.bucket.tree import COMBOS, is_ledger
from daydream.store.layout import Layout, Stage
from daydream.store.membership import Member, parent_stage
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.out_of_date import by_times
from daydream.workflow.project import Project

_DESIGN = ("1_raw/", "2_tasks/", "cohorts/", COMBOS)
_GENERATIONS = "gens/"


class ObjectStore:
    """The copy of the data root of one run: brought before it is planned, sent as it grows."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; nothing is asked of the bucket yet.

        Raises:
            StoreError: when the address cannot be used.
        """
        assert settings.store is not None
        self._layout = Layout(settings.data_root)
        local = Budget(self._layout, Limit())
        bucket = Bucket(settings.store)
        self._mirror = Mirror(Copier(settings.data_root, bucket, ledger_grew=local.ledger_grew))
        self._part = settings.part
        self.copies = GenerationCopies(self._mirror.files)
        self.lease = Lease(
            bucket,
            f"A run of slice {settings.slice}" if self._part else "A run",
            1 / self._part.count if self._part else 1.0,
            _stop,
            STOP.wait,
        )
        self.budget = Allotment(self.lease, settings.budget, local, self._count_spent, compat.log)
        self.lease.renewed = self.budget.report

    def bring_design(self) -> None:
        """Bring what decides which generations there are.

        Raises:
            StoreError: when it cannot be brought, or contradicts what is here.
        """
        self._mirror.pull(self._mirror.listed(*_DESIGN))

    def bring_generations(self, project: Project) -> None:
        """Bring what the run needs: of a slice its own generations, else everything.

        Raises:
            StoreError: when it cannot be brought.
        """
        there = self._mirror.listed(*((_GENERATIONS,) if self._part else ()))
        self.copies.there = there
        self._mirror.pull(dict(_of_slice(project, there)) if self._part else there)
        if self._part:
            self._mirror.pull(dict(_to_make(project, there)))

    def begin(self, project: Project) -> list[str]:
        """Before the first job: send what is only here, and wait for runs that make the same.

        Returns:
            What is in the way of the run.
        """
        try:
            self._mirror.push_grown()
            self._take_lease(project)
        except (StoreError, StoppedError) as error:
            with suppress(StoreError):
                self.lease.end()
            return [str(error)]
        return []

    def _take_lease(self, project: Project) -> None:
        required = [gen_id for ids in by_times(project).values() for gen_id in ids]
        if required:
            self.lease.take(required, compat.log)
            # What others made meanwhile is found in their ledgers, job by job.
            self.copies.there = self._mirror.listed(_GENERATIONS)
            self.budget.begin()

    def _count_spent(self) -> Amount:
        """What all ledgers tell, those of other hosts too."""
        there = self._mirror.listed(_GENERATIONS)
        self._mirror.pull({name: entry for name, entry in there.items() if is_ledger(name)})
        return spent_so_far(self._layout)

    def succeed(self) -> None:
        """After a run in which nothing failed.

        Raises:
            SystemExit: when something is not in the bucket yet.
        """
        if not self._end():
            sys.exit(1)

    def fail(self) -> None:
        """After a run in which something failed."""
        self._end()

    def _end(self) -> bool:
        """Send what is not there yet, tables and report among it; whether the bucket has all."""
        try:
            self.budget.end()
            self._mirror.push_grown()
            self.lease.end()
        except StoreError as error:
            compat.log(f"{error} What was made is kept here; the next run sends it.", logging.ERROR)
            return False
        return True


def _of_slice(project: Project, there: Mapping[str, Object]) -> Iterator[tuple[str, Object]]:
    """The texts of a slice's generations and of those that they are made from."""
    for member in project.members():
        for stage, gen_id in ((member.stage, member.gen_id), *_parents(member)):
            name = f"{_GENERATIONS}{stage}/{gen_id}/parsed.txt"
            if name in there:
                yield name, there[name]


def _parents(member: Member) -> Iterator[tuple[Stage, str]]:
    stage = parent_stage(member)
    if stage is not None:
        yield from ((stage, gen_id) for gen_id in member.parents)


def _to_make(project: Project, there: Mapping[str, Object]) -> Iterator[tuple[str, Object]]:
    """What is known of the generations that are to be made: answers that were paid before."""
    for stage, ids in by_times(project).items():
        for gen_id, file in product(ids, ("attempts.jsonl", "metadata.json")):
            name = f"{_GENERATIONS}{stage}/{gen_id}/{file}"
            if name in there:
                yield name, there[name]


def _stop(message: str) -> None:
    compat.log(f"{message} No call starts any more.")
    STOP.request()
