"""A run that has its generations made in slices, each a job of a cluster.

Which slices have something to make is found out here, by times of files, before any job; Snakemake
then knows one job for each of them and none for the single generations. What such a job needs to
know is in a file, the *order* of the slice: written when there is work, and newer than the mark
that the job leaves at its end.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from daydream.experiment.next_steps import Options
from daydream.experiment.slices import Slice, slice_numbers
from daydream.store.files import modified_ns
from daydream.store.layout import STAGES, Stage, exists
from daydream.store.membership import Member
from daydream.workflow.definitions import write_input
from daydream.workflow.forcing import is_forced
from daydream.workflow.inputs import Inputs
from daydream.workflow.jobs_over import JobsOver, file_of_job
from daydream.workflow.out_of_date import Required, by_times
from daydream.workflow.project import Project
from daydream.workflow.slice_job import FAILED, Order, answers_in
from daydream.workflow.slices import has_own_models

Target = Literal["generation_draft", "generation_essays", "evaluation", "comparison"]
TARGETS: tuple[Target, ...] = get_args(Target)
STAGE_OF_TARGET: Mapping[Target, Stage] = dict(zip(TARGETS, STAGES, strict=True))
TARGET_OF_STAGE: Mapping[Stage, Target] = dict(zip(STAGES, TARGETS, strict=True))
_STAGES: Mapping[Target, tuple[Stage, ...]] = {
    "generation_draft": ("draft",),
    "generation_essays": ("draft", "essay"),
    "evaluation": ("draft", "essay", "evaluation"),
    # Its essays are made by the slices of another target, as a pair may have them in two slices.
    "comparison": ("comparison",),
}


class CommandLine(NamedTuple):
    """What the submitting run was given, for the runs of its slices; and the line as typed."""

    targets: tuple[str, ...]
    options: Options
    dryrun: bool = False
    typed: str = ""


class Submission:
    """The slices of a run, and the files by which Snakemake knows them."""

    def __init__(
        self, project: Project, count: int, read_command: Callable[[], CommandLine]
    ) -> None:
        """Prepare a submission; nothing is looked at before a target is asked for.

        Args:
            project: the experiment.
            count: of slices, at most.
            read_command: tells what the run was given, when that is known.
        """
        self.project, self._max_count, self._read_command = project, count, read_command
        self._orders: dict[tuple[Target, int], str] = {}
        self._jobs_over = JobsOver()

    @cached_property
    def _command(self) -> CommandLine:
        return self._read_command()

    @cached_property
    def required(self) -> Required:
        """The generations that are to be made, whichever target asks for them."""
        assert self._command is not None  # read first, as it tells what is forced
        return by_times(self.project)

    @cached_property
    def count(self) -> int:
        """Into how many slices the cohort is divided: fewer than asked for where little is left."""
        if has_own_models(self.project):
            return self._max_count
        left = sum(map(len, self.required.values()))
        return max(1, min(self._max_count, -(-left // self.project.settings.slice_min)))

    @property
    def planned(self) -> Required:
        """The generations that the slices of this run make."""
        stages = {stage for target, _ in self._orders for stage in _STAGES[target]}
        return {stage: self.required[stage] if stage in stages else {} for stage in STAGES}

    @cached_property
    def _members(self) -> Mapping[int, Sequence[Member]]:
        """The members that are to be made, by the number of their slice."""
        required: dict[int, list[Member]] = defaultdict(list)
        for number, member in slice_numbers(self.project.design.members(), self.count):
            if member.gen_id in self.required[member.stage]:
                required[number].append(member)
        return required

    def waits_for(self, target: Target) -> list[str]:
        """The files that a target has as inputs: marks of slices, or what is made already.

        Without work the newest generation stands for the rest: what is made from them is out of
        date when that is newer.
        """
        marks = [self.mark(target, number) for number in self._with_work(target)]
        return [*self.before(target), *marks] if marks else self._newest(STAGE_OF_TARGET[target])

    def before(self, target: Target) -> list[str]:
        """The marks that slices of a target wait for: comparisons for the essays of all slices."""
        if target != "comparison":
            return []
        only_comparisons = set(self._command.targets) == {"comparison"}
        first: Target = "generation_essays" if only_comparisons else "evaluation"
        return [self.mark(first, number) for number in self._with_work(first)]

    def _with_work(self, target: Target) -> Iterator[int]:
        for number, members in sorted(self._members.items()):
            own = [member for member in members if member.stage in _STAGES[target]]
            if own:
                self._give_order(target, number, own)
                yield number

    def _newest(self, stage: Stage) -> list[str]:
        made = filter(exists, Inputs(self.project).parsed(stage))
        return [newest] if (newest := max(made, key=os.path.getmtime, default=None)) else []

    def mark(self, target: str, number: int) -> str:
        """The file that a slice's job leaves when it is over."""
        return self.project.layout.slice_mark(self.project.cohort, target, self._name(number))

    def made(self) -> Mapping[Stage, int]:
        """How many of the planned generations the slices have made so far, by stage."""
        layout, orders = self.project.layout, list(self._orders.values())
        since = min((modified_ns(path) or 0 for path in orders), default=0)
        return {
            stage: sum((modified_ns(layout.parsed(stage, i)) or 0) > since for i in gen_ids)
            for stage, gen_ids in self.planned.items()
        }

    @property
    def marks_made(self) -> set[str]:
        """The marks that slices of this run have left by now; an earlier run's is older."""
        return {mark for mark, order in self._marks() if _is_newer(mark, order)}

    @property
    def marks_of_jobs_over(self) -> set[str]:
        """These, and those that jobs of this run seem to have ended without."""
        started = {
            file: mark
            for mark, order in self._marks()
            if _is_newer(file := file_of_job(mark), order)
        }
        return self.marks_made | {started[file] for file in self._jobs_over.among(started)}

    def _marks(self) -> list[tuple[str, str]]:
        """The mark and the order of each slice of this run."""
        return [(self.mark(*of), order) for of, order in list(self._orders.items())]

    @property
    def slices_over(self) -> tuple[int, int]:
        """How many slices of this run are over, and how many there are."""
        return len(self.marks_made), len(self._orders)

    @property
    def has_failures(self) -> bool:
        """Whether something failed in a slice of this run that is over all the same."""
        return any(Path(mark).read_text() == FAILED for mark in self.marks_made)

    def order(self, target: Target, name: str) -> str:
        """The order of a slice, by its name in file names (``2-of-20``)."""
        number = int(name.partition("-")[0])
        if (target, number) not in self._orders:
            self._give_order(target, number, [])
        return self._orders[target, number]

    def _name(self, number: int) -> str:
        return f"{number}-of-{self.count}"

    def _give_order(self, target: Target, number: int, members: Sequence[Member]) -> None:
        if (target, number) in self._orders:
            return
        layout = self.project.layout
        path = layout.slice_order(self.project.cohort, target, self._name(number))
        order = Order(
            target,
            str(Slice(number, self.count)),
            list(self._command.options.config),
            list(self._command.options.configfiles),
            dict(self._forced(members)),
            self.project.settings.allow_incomplete,
            self._command.typed,
        )
        self._orders[target, number] = write_input(path, order._asdict(), self._command.dryrun)

    def _forced(self, members: Sequence[Member]) -> Iterator[tuple[str, int]]:
        for member in members:
            path = self.project.layout.parsed(member.stage, member.gen_id)
            if is_forced(f"generate_{member.stage}", path):
                yield path, answers_in(path)


def _is_newer(path: str, order: str) -> bool:
    """Whether a file of a slice is there, and of no earlier run."""
    made = modified_ns(path)
    return made is not None and made >= (modified_ns(order) or 0)


def slice_count(project: Project, submission: Submission | None) -> int:
    """How many slices work side by side in this run's cohort; 0 when it is made in one piece."""
    if part := project.settings.part:
        return part.count
    return submission.count if submission else 0
