"""Everything that the report counts, read once from the data root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from daydream.catalog import read_scales
from daydream.columnar import arrow_table, read_parquet
from daydream.layout import Layout, exists
from daydream.membership import Member, Membership
from daydream.parsers import ScoreRange
from daydream.report.names import Names, read_names
from daydream.scores import read_metadata
from daydream.tables import read_scores


class Generation(NamedTuple):
    """A row of ``ReportTables.generations``: a member of the cohort and what its answer took.

    ``status`` is done, missing or failed. What follows it is of the answer in use, None when there
    is none or when its metadata do not tell: USD, tokens, seconds, UTC. ``mode`` is llm or copy; a
    copy costs nothing, and its cost is 0.
    """

    stage: str
    gen_id: str
    parent_gen_id: str
    combo_id: str
    template_id: str
    llm_model_id: str
    replicate: int
    status: str
    mode: str
    cost_usd: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_s: float | None
    finish_reason: str | None
    returned_model: str | None
    answered_at: str | None


@dataclass(frozen=True)
class ReportTables:
    """The tables of a cohort.

    Attributes:
        cohort: its id.
        scores: ``parsed_scores``, a row per evaluation; ``score`` is NaN where there is none.
        tables: the tables of ``6_summary`` that were made, by the name of their file.
        scales: the score range of each evaluation template; 0 to 10 where one is missing.
        generations: a row per member of the cohort, with the fields of ``Generation``.
        names: what combos, templates and models are called.
        min_coverage: the share of scores, 0 to 1, below which a mean is flagged.

    """

    cohort: str
    scores: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    scales: Mapping[str, ScoreRange]
    generations: pd.DataFrame
    names: Names
    min_coverage: float

    def table(self, name: str) -> pd.DataFrame:
        """A table of ``6_summary``; without rows and columns when it was not made."""
        return self.tables.get(name, pd.DataFrame())


def gather(layout: Layout, membership: Membership, min_coverage: float) -> ReportTables:
    """Read the tables of a cohort.

    Raises:
        CatalogError: when a catalog cannot be read.
        CohortError: when the scores were not made, or a table was damaged.

    """
    cohort = membership.cohort_id
    generations = [_generation(layout, member) for member in members(membership)]
    return ReportTables(
        cohort=cohort,
        scores=read_scores(layout.scores(cohort)),
        tables=_tables(layout, cohort),
        scales=read_scales(layout.templates_csv("evaluation")),
        generations=arrow_table(Generation, generations).to_pandas(),
        names=read_names(layout),
        min_coverage=min_coverage,
    )


def members(membership: Membership) -> Iterator[Member]:
    """Every member of every stage that the cohort has."""
    for stage in membership.by_stage:
        yield from membership.stage(stage)


def _tables(layout: Layout, cohort: str) -> dict[str, pd.DataFrame]:
    folder = Path(layout.under("6_summary", cohort))
    return {
        path.stem: read_parquet(str(path)).to_pandas() for path in sorted(folder.glob("*.parquet"))
    }


def _generation(layout: Layout, member: Member) -> Generation:
    facts = read_metadata(layout, member.stage, member.gen_id)
    usage = facts.get("usage")
    tokens: dict[str, Any] = usage if isinstance(usage, dict) else {}
    mode = "copy" if facts.get("mode") == "copy" else "llm"
    made = exists(layout.parsed(member.stage, member.gen_id))
    return Generation(
        stage=member.stage,
        gen_id=member.gen_id,
        parent_gen_id=member.parent_gen_id,
        combo_id=member.combo_id,
        template_id=member.template_id,
        llm_model_id=member.llm_model_id,
        replicate=member.replicate,
        status="done" if made else "failed" if isinstance(facts.get("error"), dict) else "missing",
        mode=mode,
        cost_usd=0.0 if mode == "copy" else _cost(facts, tokens),
        prompt_tokens=_whole(tokens.get("prompt_tokens")),
        completion_tokens=_whole(tokens.get("completion_tokens")),
        latency_s=_number(facts.get("latency_s")),
        finish_reason=_text(facts.get("finish_reason")),
        returned_model=_text(facts.get("returned_model")),
        answered_at=_text(facts.get("answered_at")),
    )


def _cost(facts: Mapping[str, Any], tokens: Mapping[str, Any]) -> float | None:
    """A cost of 0 without token counts means that nothing was counted."""
    cost = _number(facts.get("cost_usd"))
    return cost if cost or tokens else None


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]  # it was checked


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
