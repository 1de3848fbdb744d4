"""Which generations are out of date (stale), read from times of files as Snakemake reads them.

The plan, the slices and the light DAG ask here. What is found is what Snakemake would make, or
more: Snakemake also spares what was touched and not changed (by its checksums) and what is missing
while all that was made from it is up to date. When it is shown these generations alone, it decides
as it does when it is shown all: the rest is there, newer than all that it is made from, and so is
everything that it is made from.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from time import time_ns
from typing import NamedTuple

from daydream.store.layout import STAGES, Layout, Stage
from daydream.store.membership import Member, parent_stage
from daydream.workflow.forcing import FORCED_VARIABLE, is_forced
from daydream.workflow.project import Project
from daydream.workflow.sources import is_parser, parser_changed_at
from daydream.workflow.vanished_texts import changed_text

Required = Mapping[Stage, Mapping[str, str]]
MISSING, FORCED, PARENT, UNFINISHED = "missing", "forced", "parent changed", "not finished"
PROMPT_CHANGED = "prompt changed: "
SCORE_PARSER_CHANGED, VERDICT_PARSER_CHANGED = "score parser changed", "verdict parser changed"
_NEVER = 0


class Times(NamedTuple):
    """When a file was changed, in nanoseconds.

    Snakemake takes the time of a link itself for what a job has made, and the later one of link and
    target for what it is made from.
    """

    as_output: int
    as_input: int


def read_times(path: str) -> Times | None:
    """The times of a file; None when it is not there."""
    try:
        own = os.lstat(path)
        target = os.stat(path) if stat.S_ISLNK(own.st_mode) else own
    except OSError:
        return None
    return Times(own.st_mtime_ns, max(own.st_mtime_ns, target.st_mtime_ns))


def by_times(project: Project, members: Iterable[Member] | None = None) -> Required:
    """What is missing, older than its sources, forced, or a child of such a one, and why.

    Works before anything was made.

    Args:
        project: the experiment.
        members: the generations to look at, parents first; all that the run asks for when left out.
    """
    reading = Reading(project)
    reading.read(project.members() if members is None else members)
    return reading.required


class Reading:
    """Times of the generations of an experiment and of their sources, each looked up once.

    Attributes:
        required: gen_id to reason, by stage, of what is out of date.
        made_at: gen_id to the time of its ``parsed.txt``, in nanoseconds, of what is there.
    """

    def __init__(self, project: Project) -> None:
        self.required: dict[Stage, dict[str, str]] = {stage: {} for stage in STAGES}
        self.made_at: dict[Stage, dict[str, Times]] = {stage: {} for stage in STAGES}
        self._project, self._layout, self._design = project, project.layout, project.design
        self._is_forced = _forces()
        self._texts = project.prompts.sources
        self._sources: dict[tuple[str, str, str, str], tuple[int, str]] = {}
        self._draft_templates: dict[tuple[Stage, str], bool] = {}
        self._parsers = {
            stage: (parser_changed_at(self._layout, stage), self._layout.parser_stamp(stage))
            for stage in STAGES
        }

    def read(self, members: Iterable[Member]) -> None:
        """Look at generations, parents before their children."""
        for member in members:
            reason = self._reason(member)
            if reason:
                self.required[member.stage][member.gen_id] = reason

    def _reason(self, member: Member) -> str | None:
        """Why a generation is to be made; None when it is not."""
        stage = member.stage
        path = self._layout.parsed(stage, member.gen_id)
        times = read_times(path)
        if times is not None:
            self.made_at[stage][member.gen_id] = times
        if not self._design.is_made(member):
            return None
        if self._is_forced(stage, path):
            return FORCED
        if times is None:
            return MISSING
        newest, source = self._newest_source(member)
        if newest > times.as_output:
            return changed(self._layout, source)
        return PARENT if self._parent_changed(member, times.as_output) else None

    def _parent_changed(self, member: Member, made_at: int) -> bool:
        of_stage = parent_stage(member)
        if of_stage is None:
            return False
        if any(self._is_newer(of_stage, gen_id, made_at) for gen_id in member.parents):
            return True
        if not self._shows_drafts(member):
            return False
        return any(self._is_newer("draft", i, made_at) for i in self._texts.drafts(member))

    def _is_newer(self, stage: Stage, gen_id: str, made_at: int) -> bool:
        return gen_id in self.required[stage] or self._time(stage, gen_id) > made_at

    def _shows_drafts(self, member: Member) -> bool:
        """Whether a prompt shows a draft beyond its parents; looked up once, as 100,000 ask."""
        key = (member.stage, member.template_id)
        if key not in self._draft_templates:
            shows = not self._is_copy(member) and self._texts.shows_drafts(*key)
            self._draft_templates[key] = shows
        return self._draft_templates[key]

    def _is_copy(self, member: Member) -> bool:
        return self._design.catalog.template(member.stage, member.template_id).is_copy

    def _time(self, stage: Stage, gen_id: str) -> int:
        """When a parent was made; of one that was not among the members, it is looked up."""
        known = self.made_at[stage]
        if gen_id not in known:
            times = read_times(self._layout.parsed(stage, gen_id))
            if times is None:
                return _NEVER
            known[gen_id] = times
        return known[gen_id].as_input

    def _newest_source(self, member: Member) -> tuple[int, str]:
        key = (member.stage, member.template_id, member.combo_id, member.second_gen_id)
        if key not in self._sources:
            own, gone = _newest(self._own(member)), self._vanished(member)
            self._sources[key] = max(own, gone, self._parsers[member.stage])
        return self._sources[key]

    def _own(self, member: Member) -> list[str]:
        if self._is_copy(member):
            return []
        templates = self._texts.templates(member.stage, member.template_id)
        return templates + self._texts.descriptions(member)

    def _vanished(self, member: Member) -> tuple[int, str]:
        """The last text that was taken away; one that no run has noted yet is newer than all."""
        changes = [] if self._is_copy(member) else self._project.vanished.of(member)
        times = ((read_times(self._layout.text_change(c.text)), c) for c in changes)
        found = ((t.as_input if t and c.is_noted else time_ns(), c.text) for t, c in times)
        return max(found, default=(_NEVER, ""))


def _newest(paths: Iterable[str]) -> tuple[int, str]:
    times = ((read_times(path), path) for path in paths)
    return max(((t.as_input, path) for t, path in times if t), default=(_NEVER, ""))


def _forces() -> Callable[[Stage, str], bool]:
    """A test for what ``-f``, ``-F`` and ``-R`` name; most runs force nothing."""
    if not os.environ.get(FORCED_VARIABLE):
        return lambda stage, path: False
    return lambda stage, path: is_forced(f"generate_{stage}", path)


def changed(layout: Layout, path: str) -> str:
    """The reason for which a generation is made again when one of its sources is newer.

    Args:
        layout: of the data root.
        path: the source.
    """
    if path.startswith(layout.under("gens")):
        return PARENT
    if is_parser(layout, "evaluation", path):
        return SCORE_PARSER_CHANGED
    if is_parser(layout, "comparison", path):
        return VERDICT_PARSER_CHANGED
    return f"{PROMPT_CHANGED}{changed_text(path, layout.under('1_raw'))}"
