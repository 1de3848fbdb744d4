"""Sentences that interpret the measures of reliability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.tables import scope
from daydream.results.statistics.reliability import ALL_ESSAYS, ALPHA, OVERALL, WITHIN

# Where a level begins. Krippendorff, Content Analysis (2004), chapter 11: rely on 0.8 and above,
# conclude tentatively from 0.667 on.
ALPHA_LEVELS = (
    (0.8, "the scores can be relied upon (0.80 or above)"),
    (0.667, "good enough for tentative conclusions only (0.667 to 0.80)"),
    (0.0, "too low to draw conclusions from single scores (below 0.667)"),
    (-float("inf"), "no agreement beyond chance"),
)
# Koo and Li (2016), Journal of Chiropractic Medicine 15: poor, moderate, good, excellent.
ICC_LEVELS = (
    (0.9, "excellent reliability"),
    (0.75, "good reliability"),
    (0.5, "moderate reliability"),
    (-float("inf"), "poor reliability"),
)
_ICC: Mapping[tuple[str, str], str] = {
    ("ICC(2,1)", ALL_ESSAYS): "One rater's score, standing for any rater's",
    ("ICC(2,k)", ALL_ESSAYS): "The mean over all these raters",
    ("ICC(3,1)", WITHIN): "One rater's order of the essays of one model and combination",
}


def reliability_in_words(tables: ReportTables) -> Iterator[str]:
    """Sentences about alpha in every scope, and about the correlations that matter overall.

    The words are those of the interval's ends, not of the value between them.
    """
    rows = grid.records(tables.table("reliability"))
    if not rows:
        yield (
            "Agreement cannot be computed: it needs two or more essays that two or more evaluator "
            "models scored under one template."
        )
    for row in rows:
        if row["measure"] == ALPHA:
            yield _alpha(tables, row)
    for row in rows:
        if row["scope"] == OVERALL and (row["measure"], row["among"]) in _ICC:
            yield _correlation(row)


def _alpha(tables: ReportTables, row: Mapping[str, Any]) -> str:
    where = f"Krippendorff's alpha over {scope(tables, str(row['scope']))}"
    if (value := grid.as_float(row["value"])) is None:
        return f"{where}: undefined, as the scores do not vary."
    return (
        f"{where} is {grid.plain(value, 2)}{_interval(row)}, from "
        f"{row['n_units']:,.0f} essays and {row['n_raters']:,.0f} raters: "
        f"{_level(row, ALPHA_LEVELS)}."
    )


def _correlation(row: Mapping[str, Any]) -> str:
    what = f"{_ICC[row['measure'], row['among']]} ({row['measure']})"
    if (value := grid.as_float(row["value"])) is None:
        return f"{what}: undefined, as the scores do not vary."
    return f"{what}: {grid.plain(value, 2)}{_interval(row)}, {_level(row, ICC_LEVELS)}."


def _level(row: Mapping[str, Any], levels: Sequence[tuple[float, str]]) -> str:
    """The level in which the whole interval lies, or the two between which it leaves it open."""
    ends = [grid.as_float(row[name]) for name in ("low", "high")]
    known = [end for end in ends if end is not None]
    if len(known) < 2:
        return "without an interval nothing can be concluded"
    low, high = (
        next((word for min_value, word in levels if end >= min_value), "") for end in known
    )
    return high if low == high else f"not known well enough, from: {low}, to: {high}"


def _interval(row: Mapping[str, Any]) -> str:
    ends = grid.interval(row["low"], row["high"], 2)
    return "" if ends.order is None else f" (95% interval {ends.text})"
