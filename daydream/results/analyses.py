"""The statistics as tables of ``6_summary``: one file each, typed even when there is no row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from daydream.experiment.catalog import read_scales
from daydream.results.statistics.agreement import comprehensive_variance, evaluator_agreement
from daydream.results.statistics.contrasts import contrasts
from daydream.results.statistics.evaluator_effects import evaluator_effects
from daydream.results.statistics.ranking import ranking
from daydream.results.statistics.ratings import ORIGIN, Scales, comparable, evaluations
from daydream.results.statistics.reliability import reliability
from daydream.results.statistics.variance_components import evaluations_needed, variance_components
from daydream.results.summary import Table, read_scores, write_tables

WIDTHS = (0.05, 0.1, 0.2)  # shares of the scale: 0.5, 1 and 2 points of 0 to 10
TIES_NAMED = 10

_TEXTS = {
    *("parent_gen_id", *ORIGIN, "evaluation_template", "evaluation_llm_model"),
    *("analysis_type", "agreement_class", "stability_class", "measure", "scope"),
    *("component", "note", "tied_with"),
    *("axis", "level", "level_a", "level_b", "method", "warning", "letters"),
}
_FLAGS = {"truncated", "reachable", "tied"}
_WHOLE = {"count", "levels", "replicates", "evaluations", "rank", "rank_low", "rank_high"}


def widths_table(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """``evaluations_needed`` for each of ``WIDTHS``.

    ``width_share`` is the width as a share of the scale, ``width`` the same in its points.
    """
    found = comparable(evaluations(scores, scales))
    ends = found.loc[found["score"].notna(), ["scale_low", "scale_high"]]
    span = float(ends["scale_high"].iloc[0] - ends["scale_low"].iloc[0]) if len(ends) else 1.0
    parts = [
        evaluations_needed(scores, scales, share * span).assign(width_share=share)
        for share in WIDTHS
    ]
    table = _stacked(parts)
    return table[["width_share", *table.columns.drop("width_share")]]


def rankings(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """``ranking``; ``tied_with`` names the first ten of the ``n_tied`` levels, best first."""
    return ranking(scores, scales, named=TIES_NAMED)


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    # Empty parts have columns of no type, which would spoil the types of the others.
    filled = [part for part in map(typed, parts) if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else typed(parts[0])


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each column's own type, which a table without rows does not know."""
    return table.astype({name: _type_of(str(name)) for name in table.columns})


def _type_of(name: str) -> str:
    if name in _TEXTS:
        return "string"
    if name in _FLAGS:
        return "bool"
    return "Int64" if name in _WHOLE or name.startswith("n_") else "float64"


ANALYSIS: Mapping[str, Table] = {
    "evaluator_agreement_analysis": evaluator_agreement,
    "comprehensive_variance_analysis": comprehensive_variance,
    "reliability": reliability,
    "variance_components": variance_components,
    "evaluations_needed": widths_table,
    "evaluator_effects": evaluator_effects,
    "ranking": rankings,
    "contrasts": contrasts,
}


def make_analyses(scores: str, templates: str, min_coverage: float, outputs: Iterable[str]) -> None:
    """Write analyses of ``parsed_scores.csv``: the names of ``outputs`` say which, and how."""
    frame, scales = read_scores(scores), read_scales(templates)
    write_tables(lambda name: typed(ANALYSIS[name](frame, scales)), min_coverage, outputs)
