"""Scores of essays from their evaluations, as if every judge had scored every essay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from daydream.results.statistics.blocks import adjusted_rows
from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.ratings import (
    DRAFT,
    ESSAY,
    EVALUATOR,
    ORIGIN,
    TEMPLATE,
    FloatArray,
    ratings,
)

ALL = "all"
_ORIGIN = [DRAFT, *ORIGIN]


class EssayScores(NamedTuple):
    """The essays' scores under one evaluation template, or under all of them together.

    ``table`` has a row per essay with a score: its id, draft, origin, ``value`` (normalised, 0 to
    1) and ``n_scores`` (judges x templates behind it). ``step`` is the distance of two
    neighbouring scores that judges give, normalised. ``panels`` is above 1 when judges and
    essays fall into parts that share nothing, so that leniency cannot be told from quality.
    """

    template: str
    n_templates: int
    table: pd.DataFrame
    step: float
    panels: int


def essay_scores(frame: pd.DataFrame) -> list[EssayScores]:
    """Score the essays by evaluation template, and last by the composite of all.

    ``frame`` is what ``evaluations`` returns. Within a template, value = essay + judge is fitted
    and an essay's score is what it would have from all judges alike (replicates are averaged
    first). The composite, made when there are two templates or more, weighs all templates alike
    and fits essay + template in the same way.
    """
    rated = ratings(frame)
    origin = with_draft(frame).groupby(ESSAY, sort=True)[_ORIGIN].first()
    steps = {str(name): score_step(part) for name, part in frame.groupby(TEMPLATE, sort=True)}
    parts = [
        _scored(str(name), 1, part.assign(column=part[EVALUATOR]), origin, steps[str(name)])
        for name, part in rated.groupby(TEMPLATE, sort=True)
    ]
    if len(parts) < 2:
        return parts
    stacked = pd.concat([part.table.assign(column=part.template) for part in parts])
    stacked = stacked.rename(columns={"value": "unit"})
    step = float(np.mean([part.step for part in parts]))
    whole = _scored(ALL, len(parts), stacked, origin, step)
    return [*parts, whole._replace(panels=max(part.panels for part in [*parts, whole]))]


def _scored(
    name: str, n_templates: int, cells: pd.DataFrame, origin: pd.DataFrame, step: float
) -> EssayScores:
    essays, row = np.unique(cells[ESSAY].to_numpy(dtype=str), return_inverse=True)
    column, _ = codes_of(cells["column"].to_numpy(dtype=str))
    value, panels = adjusted_rows(cells["unit"].to_numpy(dtype=float), row.astype(np.int64), column)
    behind = cells["n_scores"] if "n_scores" in cells else pd.Series(1, index=cells.index)
    table = origin.loc[essays].reset_index()
    table = table.assign(value=value, n_scores=np.bincount(row, behind))
    return EssayScores(name, n_templates, table, step, panels)


def with_draft(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with a draft for every row: where the id is unknown, what the draft was made of."""
    made_of = frame["combo_id"] + "|" + frame["draft_template"] + "|" + frame["generation_model"]
    return frame.assign(**{DRAFT: frame[DRAFT].where(frame[DRAFT] != "", made_of)})


def half_step(frame: pd.DataFrame) -> float:
    """The least standard deviation of a single score, by rounding: no error is smaller.

    Half the distance of neighbouring scores, averaged over templates, as a share of the scale.
    """
    return float(np.mean([score_step(part) for _, part in frame.groupby(TEMPLATE)])) / 2


def score_step(part: pd.DataFrame) -> float:
    """The distance of two neighbouring scores of a template, as a share of its scale.

    The smallest difference between two scores that were given, at most one point (a tenth of the
    scale if it is shorter than two points).
    """
    width = float(part["high"].iloc[0] - part["low"].iloc[0])
    max_step = 1.0 if width >= 2 else width / 10
    gaps: FloatArray = np.diff(np.unique(part["score"].dropna().to_numpy(dtype=float).round(9)))
    return min(float(gaps.min()), max_step) / width if len(gaps) else max_step / width
