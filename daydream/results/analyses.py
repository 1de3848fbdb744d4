"""The statistics as tables of ``6_summary``: one file each, typed even when there is no row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import pandas as pd

from daydream.experiment.catalog import read_scales
from daydream.results.concept_columns import names_in
from daydream.results.parquet import read_rows
from daydream.results.reserved_names import named_apart
from daydream.results.statistics.agreement import comprehensive_variance, evaluator_agreement
from daydream.results.statistics.contrasts import contrasts
from daydream.results.statistics.controls import controls
from daydream.results.statistics.d_study import d_study
from daydream.results.statistics.evaluator_effects import evaluator_effects
from daydream.results.statistics.judge_preference import judge_preference
from daydream.results.statistics.length_effect import length_effect
from daydream.results.statistics.ranking import ranking
from daydream.results.statistics.ratings import ORIGIN, Scales, evaluations
from daydream.results.statistics.reliability import reliability
from daydream.results.statistics.sensitivity import sensitivity
from daydream.results.statistics.variance_components import variance_components
from daydream.results.table_files import Table, are_controls, read_scores, write_tables

TIES_NAMED = 10
EFFECTIVE = "n_effective_judges"  # no whole number

_TEXTS = {
    "cohort_id",
    "control",
    *("parent_gen_id", *ORIGIN, "evaluation_template", "evaluation_llm_model"),
    *("analysis_type", "agreement_class", "pair_class", "stability_class", "measure", "scope"),
    *("component", "note", "tied_with", "kind", "own", "target"),
    *("left_out", "left_out_name", "winner"),
    *("among", "judge_a", "judge_b", "raters_are"),
    *("axis", "level", "level_a", "level_b", "method", "warning", "letters"),
}
_FLAGS = {"truncated", "tied", "winner_changes"}
_WHOLE = {
    *("levels", "rank", "rank_low", "rank_high", "rank_change", "rank_without_own"),
    *("combos", "drafts", "essays", "judges", "templates", "replicates", "calls"),
    *("drafts_low", "drafts_high"),
}


def mean_prices(snapshots: str) -> dict[str, float]:
    """Mean USD of an answer by stage, from that table: 0 at a stage where nothing was bought.

    A stage whose answers have no known cost is left out.
    """
    table = pd.DataFrame(read_rows(snapshots))[["stage", "n_priced", "mean_usd"]]
    numbers = table[["n_priced", "mean_usd"]].apply(pd.to_numeric, errors="coerce").fillna(0.0)
    if table.empty:
        return {}
    found = {}
    for stage in ("draft", "essay", "evaluation"):
        part = numbers[(table["stage"] == stage).to_numpy()]
        priced = float(part["n_priced"].sum())
        if not len(part):
            found[stage] = 0.0
        elif priced:
            found[stage] = float((part["n_priced"] * part["mean_usd"]).sum()) / priced
    return found


def rankings(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """``ranking``; ``tied_with`` names the first ten of the ``n_tied`` levels, best first."""
    return ranking(scores, scales, named=TIES_NAMED)


def controls_among(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """``controls``, of scores of essays and of controls together."""
    marked = are_controls(scores)
    return controls(scores[~marked], scores[marked], scales)


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each column's own type, which a table without rows does not know."""
    return table.astype({name: _type_of(str(name)) for name in table.columns})


def _type_of(name: str) -> str:
    if name in _TEXTS:
        return "string"
    if name in _FLAGS:
        return "bool"
    return "Int64" if name in _WHOLE or (name.startswith("n_") and name != EFFECTIVE) else "float64"


ANALYSIS: Mapping[str, Table] = {
    "evaluator_agreement_analysis": evaluator_agreement,
    "comprehensive_variance_analysis": comprehensive_variance,
    "reliability": reliability,
    "variance_components": variance_components,
    "d_study": d_study,
    "evaluator_effects": evaluator_effects,
    "judge_preference": judge_preference,
    "sensitivity": sensitivity,
    "length_effect": length_effect,
    "ranking": rankings,
    "contrasts": contrasts,
    "controls": controls_among,
}


def make_analyses(
    scores: str,
    templates: str,
    min_coverage: float,
    outputs: Iterable[str],
    snapshots: str | None = None,
    selection: str = "",
) -> None:
    """Write analyses of ``parsed_scores.csv``: the names of ``outputs`` say which, and how.

    ``snapshots`` is the path of that table; without it ``d_study`` knows no prices.
    ``selection`` is what to note of intervals, see ``selection_note``.
    """
    given, scales = named_apart(read_scores(scores), read_scales(templates))
    frame = evaluations(given, scales)
    # Two tables need the components, which take longest.
    components = cache(lambda: variance_components(frame, scales))

    def make(name: str) -> pd.DataFrame:
        if name == "variance_components":
            return typed(components())
        if name == "d_study":
            prices = mean_prices(snapshots) if snapshots else {}
            return typed(d_study(frame, scales, prices, components()))
        if name == "controls":
            return typed(controls_among(read_scores(scores, controls=True), scales))
        return typed(ANALYSIS[name](frame, scales))

    write_tables(make, min_coverage, names_in(given), outputs, selection)
