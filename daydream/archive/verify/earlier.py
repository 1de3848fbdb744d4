"""Rows of tables that were right when they were made, of answers that were replaced since.

A generation that another cohort shares is made again when a text is edited, and the tables of this
cohort then tell of its earlier answer. That answer is in the ledger still, so such a row can be
told from one that was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from daydream.archive.verify.folder import StoredGeneration
from daydream.errors import CatalogError, ParseError
from daydream.experiment.model import Template
from daydream.generation.parse import parse
from daydream.generation.prompt_sources import changed_sources, source_name
from daydream.parsers import marks_in, weighted
from daydream.store.index import lineage_of
from daydream.store.layout import STAGES, Layout, Stage
from daydream.store.ledger import Attempt
from daydream.store.membership import Member
from daydream.workflow.project import Project

Row = Mapping[str, str]
Explain = Callable[[Row], str]
RESULT: Mapping[Stage, str] = {"evaluation": "score", "comparison": "verdict"}
EARLIER_ANSWER = "made with an earlier answer, which is in the ledger"


@dataclass(frozen=True)
class EarlierAnswers:
    """Tells which rows are of earlier answers, and of what text these were."""

    project: Project
    _reasons: dict[tuple[str, str], str] = field(default_factory=dict)

    def of_result(self, stage: Stage) -> Explain:
        """Explains rows of a table with a row for each generation of a stage."""
        return lambda row: self._remembered(stage, row)

    def of_snapshots(self, row: Row) -> str:
        """Why a row of ``snapshots`` may be of earlier answers; blank when it may not."""
        members = (m for stage in STAGES for m in self.project.membership.stage(stage))
        key = (row.get("stage"), row.get("llm_model_id"))
        own = (m for m in members if (m.stage, m.llm_model_id) == key)
        again = (m for m in own if _has_earlier(self.project.layout, m))
        layout = self.project.layout
        reasons = (earlier_text_of(layout, self._lineage(member)) for member in again)
        return next(filter(None, reasons), "")

    def _remembered(self, stage: Stage, row: Row) -> str:
        result = row.get(RESULT[stage], "")
        key = (row.get("gen_id", ""), result)
        if key not in self._reasons:
            self._reasons[key] = self._reason(stage, *key)
        return self._reasons[key]

    def _reason(self, stage: Stage, gen_id: str, result: str) -> str:
        member = self.project.membership.by_stage[stage].get(gen_id)
        if member is None or not self._was_result(member, result):
            return ""
        return earlier_text_of(self.project.layout, self._lineage(member)) or EARLIER_ANSWER

    def _was_result(self, member: Member, result: str) -> bool:
        """Whether an answer of the ledger that is not in use any more gave a result."""
        stored = StoredGeneration(self.project.layout, member)
        in_use = stored.own_metadata.get("answered_at")
        try:
            template = self.project.design.catalog.template(member.stage, member.template_id)
        except CatalogError:
            return False
        replaced = (attempt for attempt in stored.attempts or () if attempt.at != in_use)
        return any(_is_same(result, _result(attempt, template)) for attempt in replaced)

    def _lineage(self, member: Member) -> list[Member]:
        """A generation and its ancestors, the nearest first."""
        return lineage_of(member, self._known)[::-1]

    @cached_property
    def _known(self) -> dict[str, Member]:
        by_stage = self.project.membership.by_stage
        return {gen_id: m for stage in STAGES for gen_id, m in by_stage[stage].items()}


def earlier_text_of(layout: Layout, lineage: Iterable[Member]) -> str:
    """Which text an earlier answer of the first of these was made with; blank when none was.

    Args:
        layout: of the data root.
        lineage: a generation and its ancestors, the nearest first.
    """
    for member in lineage:
        metadata = StoredGeneration(layout, member).own_metadata
        for earlier in _records(metadata):
            if names := changed_sources(_hashes(earlier), _hashes(metadata)):
                return f"made with an earlier text of {' and '.join(map(source_name, names))}"
    return ""


def _has_earlier(layout: Layout, member: Member) -> bool:
    return any(_records(StoredGeneration(layout, member).own_metadata))


def _records(metadata: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The answers that were in use before, the last first."""
    listed = metadata.get("earlier")
    for record in reversed(listed) if isinstance(listed, list) else ():
        if isinstance(record, dict):
            yield record


def _hashes(record: Mapping[str, Any]) -> dict[str, str]:
    sources = record.get("sources")
    return sources if isinstance(sources, dict) else {}


def _result(attempt: Attempt, template: Template) -> str:
    """What a table has of an attempt; blank when it brought no result."""
    if not attempt.is_answer:
        return ""
    try:
        parsed = parse(template, attempt.parameters, attempt.text or "")
    except ParseError:
        return ""
    return str(weighted(marks_in(parsed), template.criteria)) if template.criteria else parsed


def _is_same(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return one.strip() == other.strip()
