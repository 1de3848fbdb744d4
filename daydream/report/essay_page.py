"""The page of one essay: concepts, draft, essay, evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pandas as pd

from daydream.formats import printable
from daydream.parsers import ScoreRange
from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.essay_comparisons import Comparisons, Meeting, tally
from daydream.report.essays import EssayRow
from daydream.report.generation_view import (
    ConceptShown,
    GenerationView,
    read_concepts,
    read_generation_view,
    reasoning_of,
)
from daydream.report.grid import Cell
from daydream.report.names import Names
from daydream.report.shared_words import SharedWords, shared_words
from daydream.report.text import DisplayText, read_display_text, title_of
from daydream.store.layout import Layout, Stage
from daydream.store.membership import Member, Membership


class Judgement(NamedTuple):
    """An evaluation; ``score`` is in points of ``scale``, None when there is none.

    ``error`` says why there is no score. ``reasoning`` is what an answer in JSON gives as such.
    """

    generation: GenerationView
    score: str
    share: str
    scale: str
    error: str
    reasoning: DisplayText | None


class Rubric(NamedTuple):
    """An evaluation template by name; the texts are its files as they are now, None without."""

    name: str
    text: DisplayText | None
    system: DisplayText | None = None


@dataclass(frozen=True)
class EssayPage:
    """What is on the page, and its neighbours in the cohort's order; blank at the ends."""

    row: EssayRow
    title: str
    combo: str
    mean: Cell
    coverage: Cell
    concepts: tuple[ConceptShown, ...]
    draft: GenerationView | None
    essay: GenerationView
    judgements: tuple[Judgement, ...]
    rubrics: tuple[Rubric, ...]
    meetings: tuple[Meeting, ...]
    number: int
    total: int
    before: str = ""
    after: str = ""

    @property
    def borrowed(self) -> SharedWords | None:
        """The essay with what it shares with its prompt; of a copy, with its draft's prompt."""
        source = self.draft if self.essay.is_copy else self.essay
        prompt = source.prompt if source else None
        if self.essay.parsed is None or prompt is None:
            return None
        return shared_words(self.essay.parsed.text, prompt.text)

    @property
    def tally(self) -> str:
        """How the comparisons of the essay ended."""
        return tally(self.meetings)


class Outcome(NamedTuple):
    """What ``parsed_scores`` has of an evaluation."""

    score: float | None
    error: str


class Reader:
    """Reads the pages of a cohort, one at a time."""

    def __init__(self, layout: Layout, membership: Membership, tables: ReportTables) -> None:
        self._layout = layout
        self._membership = membership
        self._tables = tables
        self._outcomes = _outcomes(tables.scores)
        self._comparisons = Comparisons(layout, membership, tables.names)
        self._rubric = cache(self._read_rubric)
        self._last_draft: GenerationView | None = None
        self._evaluations: dict[str, list[Member]] = {}
        for member in membership.stage("evaluation"):
            self._evaluations.setdefault(member.parent_gen_id, []).append(member)

    @property
    def _names(self) -> Names:
        return self._tables.names

    def read(self, row: EssayRow, number: int, total: int) -> EssayPage:
        """The page of an essay, without its neighbours."""
        member = self._membership.member("essay", row.gen_id)
        essay = read_generation_view(self._layout, self._names, member)
        return EssayPage(
            row=row,
            title=title_of(essay.parsed.text) if essay.parsed else "",
            combo=self._names.combo(row.combo_id),
            mean=grid.number(row.mean),
            coverage=grid.coverage(row.n_valid, row.n_expected, row.is_covered),
            concepts=read_concepts(self._layout, self._names, row.combo_id),
            draft=self._draft(member.parent_gen_id),
            essay=essay,
            judgements=tuple(map(self._judgement, self._evaluations.get(row.gen_id, ()))),
            rubrics=self._rubrics(row.gen_id),
            meetings=self._comparisons.of(row.gen_id),
            number=number,
            total=total,
        )

    def _rubrics(self, essay: str) -> tuple[Rubric, ...]:
        """The templates of an essay's evaluations, each once."""
        members = self._evaluations.get(essay, ())
        return tuple(map(self._rubric, dict.fromkeys(member.template_id for member in members)))

    def _draft(self, gen_id: str) -> GenerationView | None:
        """A draft is read once for its essays, which follow one another."""
        if self._last_draft is None or self._last_draft.gen_id != gen_id:
            stage: Stage = "draft"
            member = self._membership.by_stage[stage].get(gen_id)
            self._last_draft = member and read_generation_view(self._layout, self._names, member)
        return self._last_draft

    def _read_rubric(self, template: str) -> Rubric:
        name = self._names.of("evaluation_template", template)
        text = read_display_text(self._layout.template("evaluation", template))
        system = read_display_text(self._layout.system_prompt("evaluation", template))
        return Rubric(name, text, system)

    def _judgement(self, member: Member) -> Judgement:
        generation = read_generation_view(self._layout, self._names, member)
        score, error = self._outcomes.get(member.gen_id, Outcome(None, "not among the scores"))
        scale = self._tables.scales.get(member.template_id, ScoreRange())
        share = None if score is None else (score - scale.low) / (scale.high - scale.low)
        return Judgement(
            generation=generation,
            score="" if score is None else f"{score:g}",
            share=grid.number(share, 2).text,
            scale=f"{scale.low:g} to {scale.high:g}",
            error=printable(error),
            reasoning=reasoning_of(generation.raw),
        )


def _outcomes(scores: pd.DataFrame) -> dict[str, Outcome]:
    rows = zip(scores["gen_id"], scores["score"], scores["error"], strict=True)
    return {gen_id: Outcome(grid.as_float(score), str(error)) for gen_id, score, error in rows}
