"""Which generations a run would make, and why: from Snakemake's jobs, or from times of files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from daydream.store.files import modified_ns
from daydream.store.layout import STAGES, Stage
from daydream.store.membership import PARENT_STAGE, Member
from daydream.workflow.forcing import FORCED_VARIABLE, is_forced
from daydream.workflow.inputs import score_parser_sources, verdict_parser_sources
from daydream.workflow.project import Project

Required = Mapping[Stage, Mapping[str, str]]
MISSING, FORCED, PARENT, UNFINISHED = "missing", "forced", "parent changed", "not finished"
PROMPT_CHANGED = "prompt changed: "
_UPDATED = re.compile(r"Updated input files: ([^,;]+)")


class Job(NamedTuple):
    """A job that is going to run; ``gen_id`` is blank when it makes no generation."""

    rule: str
    gen_id: str
    reason: str


def from_jobs(project: Project, jobs: Iterable[Job]) -> Required:
    """The generations that Snakemake is going to make, each with the reason in our words.

    Before the checkpoint has run, Snakemake does not know them; then times of files tell, as far
    as the targets reach.
    """
    jobs = list(jobs)
    if any(job.rule == "cohort_membership" for job in jobs):
        return _reached(project, jobs)
    stages = {f"generate_{stage}": stage for stage in STAGES}
    required: dict[Stage, dict[str, str]] = {stage: {} for stage in STAGES}
    for job in jobs:
        if job.rule in stages:
            stage = stages[job.rule]
            required[stage][job.gen_id] = _in_our_words(project, stage, job)
    return required


def _in_our_words(project: Project, stage: Stage, job: Job) -> str:
    updated = _UPDATED.search(job.reason)
    if job.reason.startswith("Forced"):
        return FORCED
    if job.reason.startswith("Incomplete"):
        return UNFINISHED
    if updated and "Missing output" not in job.reason:
        return _changed(project, updated[1].strip())
    # Of a job behind another one, Snakemake may only say that the other one runs.
    return PARENT if os.path.exists(project.layout.parsed(stage, job.gen_id)) else MISSING


def _changed(project: Project, path: str) -> str:
    if path.startswith(project.layout.under("gens")):
        return PARENT
    if path in score_parser_sources():
        return f"score parser changed: {path}"
    if path in verdict_parser_sources():
        return f"verdict parser changed: {path}"
    return f"{PROMPT_CHANGED}{path}"


def _reached(project: Project, jobs: Sequence[Job]) -> Required:
    """What times of files say, of the stages or single generations that the jobs lead to."""
    stages = {stage for job in jobs for stage in _leading_to(project, job.rule)}
    members = list(project.members())
    named = {job.gen_id for job in jobs if job.gen_id}
    for member in reversed(members):  # children first, so that ancestors follow
        if member.gen_id in named:
            named.update(member.parents)
    reached = [m for m in members if m.stage in stages or m.gen_id in named]
    return by_times(project, reached)


def _leading_to(project: Project, rule: str) -> tuple[Stage, ...]:
    """The stages that a target or a table asks for; tables of what is there ask for none."""
    tables = ("parsed_scores", "parsed_comparisons")
    if project.settings.allow_incomplete and rule in tables:
        return ()
    return _STAGES_OF.get(rule, ())


_STAGES_OF: Mapping[str, tuple[Stage, ...]] = {
    "generation_draft": ("draft",),
    "generation_essays": ("draft", "essay"),
    "evaluation": ("draft", "essay", "evaluation"),
    "parsed_scores": ("draft", "essay", "evaluation"),
    "comparison": ("draft", "essay", "comparison"),
    "parsed_comparisons": ("draft", "essay", "comparison"),
    "all": STAGES,
}
# Rules that a plan knows by name; a workflow that uses this one as a module may have renamed them.
RULES_OF_PLAN = ("cohort_membership", *(f"generate_{stage}" for stage in STAGES), *_STAGES_OF)


def by_times(project: Project, members: Iterable[Member] | None = None) -> Required:
    """What is missing, older than its sources, forced, or a child of such a one.

    Snakemake's rule, but for its checksums: it also spares what was touched and not changed. Such
    a generation is found in its ledger, so that the difference costs nothing. Works before
    anything was made.

    Args:
        project: the experiment.
        members: the generations to look at, parents first; all that the run asks for when left out.
    """
    times = _Times(project)
    for member in project.members() if members is None else members:
        reason = times.reason(member)
        if reason:
            times.required[member.stage][member.gen_id] = reason
    return times.required


class _Times:
    """Times of files, each looked up once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.required: dict[Stage, dict[str, str]] = {stage: {} for stage in STAGES}
        self._sources: dict[tuple[str, ...], list[tuple[int, str]]] = {}
        self._force = bool(os.environ.get(FORCED_VARIABLE))

    def reason(self, member: Member) -> str | None:
        """Why a generation is to be made; None when it is not."""
        stage, layout = member.stage, self.project.layout
        if not self.project.design.makes(stage):
            return None
        path = layout.parsed(stage, member.gen_id)
        if self._force and is_forced(f"generate_{stage}", path):
            return FORCED
        made_at = modified_ns(path)
        if made_at is None:
            return MISSING
        newest, source = max(self._sources_of(member), default=(0, ""))
        if newest > made_at:
            return _changed(self.project, source)
        return PARENT if self._parent_changed(member, made_at) else None

    def _parent_changed(self, member: Member, made_at: int) -> bool:
        stage = PARENT_STAGE.get(member.stage)
        if stage is None:
            return False
        if any(self._is_newer(stage, gen_id, made_at) for gen_id in member.parents):
            return True
        if self._is_copy(member):
            return False
        drafts = self.project.prompts.sources.drafts(member)
        return any(self._is_newer("draft", gen_id, made_at) for gen_id in drafts)

    def _is_copy(self, member: Member) -> bool:
        return self.project.design.catalog.template(member.stage, member.template_id).is_copy

    def _is_newer(self, stage: Stage, gen_id: str, made_at: int) -> bool:
        path = self.project.layout.parsed(stage, gen_id)
        return gen_id in self.required[stage] or (modified_ns(path) or 0) > made_at

    def _sources_of(self, member: Member) -> list[tuple[int, str]]:
        key = (member.stage, member.template_id, member.combo_id, member.second_gen_id)
        if key not in self._sources:
            paths = [*self._own_files(member), *self._shared_files(member.stage)]
            self._sources[key] = [(modified_ns(path) or 0, path) for path in paths]
        return self._sources[key]

    def _own_files(self, member: Member) -> list[str]:
        if self._is_copy(member):
            return []
        sources = self.project.prompts.sources
        texts = sources.templates(member.stage, member.template_id)
        return texts + sources.descriptions(member)

    def _shared_files(self, stage: Stage) -> list[str]:
        return self._parsers.get(stage, [])

    @cached_property
    def _parsers(self) -> Mapping[Stage, list[str]]:
        return {
            "evaluation": score_parser_sources(),
            "comparison": verdict_parser_sources(),
        }
