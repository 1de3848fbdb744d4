"""Which generations a run would make, and why: from Snakemake's jobs, or from times of files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from daydream.store.layout import STAGES, Stage
from daydream.workflow.out_of_date import (
    FORCED,
    MISSING,
    PARENT,
    UNFINISHED,
    Required,
    by_times,
    changed,
)
from daydream.workflow.project import Project

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
        return changed(project.layout, updated[1].strip())
    # Of a job behind another one, Snakemake may only say that the other one runs.
    return PARENT if os.path.exists(project.layout.parsed(stage, job.gen_id)) else MISSING


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
