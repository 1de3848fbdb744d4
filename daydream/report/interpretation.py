"""Sentences that interpret the measures of reliability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.tables import scope

# Krippendorff, Content Analysis (2004), chapter 11: rely on 0.8 and above, conclude tentatively
# from 0.667 on.
ALPHA_RELIABLE, ALPHA_TENTATIVE = 0.8, 0.667
# Koo and Li (2016), Journal of Chiropractic Medicine 15: poor, moderate, good, excellent.
ICC_LEVELS = ((0.9, "excellent"), (0.75, "good"), (0.5, "moderate"))
_ICC: Mapping[str, str] = {
    "ICC(2,1)": "One rater's score, standing for any rater's",
    "ICC(2,k)": "The mean over all these raters",
}


def reliability_in_words(tables: ReportTables) -> Iterator[str]:
    """Sentences about alpha in every scope, and about the two correlations that matter overall."""
    rows = grid.records(tables.table("reliability"))
    if not rows:
        yield (
            "Agreement cannot be computed: it needs two or more essays that two or more evaluator "
            "models scored."
        )
    for row in rows:
        if row["measure"] == "krippendorff_alpha":
            yield _alpha(tables, row)
    for row in rows:
        if row["scope"] == "overall" and row["measure"] in _ICC:
            yield _correlation(row)


def _alpha(tables: ReportTables, row: Mapping[str, Any]) -> str:
    value = grid.as_float(row["value"])
    where = scope(tables, str(row["scope"]))
    if value is None:
        return f"Krippendorff's alpha over {where}: undefined, as the scores do not vary."
    return (
        f"Krippendorff's alpha over {where} is {grid.plain(value, 2)}{_interval(row)}, from "
        f"{row['n_units']:,.0f} essays and {row['n_raters']:,.0f} raters: {_alpha_level(value)}."
    )


def _alpha_level(value: float) -> str:
    if value >= ALPHA_RELIABLE:
        return "the scores can be relied upon (0.80 or above)"
    if value >= ALPHA_TENTATIVE:
        return "good enough for tentative conclusions only (0.667 to 0.80)"
    if value > 0:
        return "too low to draw conclusions from single scores (below 0.667)"
    return "no agreement beyond chance"


def _correlation(row: Mapping[str, Any]) -> str:
    value = grid.as_float(row["value"])
    what = f"{_ICC[row['measure']]} ({row['measure']})"
    if value is None:
        return f"{what}: undefined, as the scores do not vary."
    level = next((name for least, name in ICC_LEVELS if value >= least), "poor")
    return f"{what}: {grid.plain(value, 2)}{_interval(row)}, {level} reliability."


def _interval(row: Mapping[str, Any]) -> str:
    ends = grid.interval(row["low"], row["high"], 2)
    return "" if ends.order is None else f" (95% interval {ends.text})"
