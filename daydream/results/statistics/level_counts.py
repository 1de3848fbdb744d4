"""What was asked for and what came, for each level of an axis."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from daydream.results.statistics.essay_scores import ALL
from daydream.results.statistics.ratings import TEMPLATE, TRUNCATED

UNEVEN = 0.05  # shares of missing scores that are further apart may make a difference


class LevelCounts(NamedTuple):
    """Evaluations expected, with a score, truncated; plain mean, and what missing ones could do.

    ``mean``, ``bound_low`` and ``bound_high`` are normalised; the bounds are the mean if every
    missing score were the lowest, or the highest, of its scale. In the composite they are
    averages over templates, each with the same weight.
    """

    n_expected: int
    n_valid: int
    n_truncated: int
    mean: float
    bound_low: float
    bound_high: float

    @property
    def coverage(self) -> float:
        """Share of the expected evaluations that have a score."""
        return self.n_valid / self.n_expected if self.n_expected else 0.0


def level_counts(frame: pd.DataFrame, axis: str, template: str) -> dict[str, LevelCounts]:
    """Count by level of ``axis``, under one evaluation template or under all.

    ``frame`` is what ``evaluations`` returns.
    """
    part = frame if template == ALL else frame[frame[TEMPLATE] == template]
    valid = part["score"].notna()
    marked = pd.DataFrame(
        {
            "level": part[axis],
            "template": part[TEMPLATE],
            "valid": valid,
            "truncated": (part["error_kind"] == TRUNCATED) & ~valid,
            "share": part["unit"].fillna(0.0),
        }
    )
    sums = marked.groupby(["level", "template"], sort=True).agg(
        n_expected=("valid", "size"),
        n_valid=("valid", "sum"),
        n_truncated=("truncated", "sum"),
        share=("share", "sum"),
    )
    sums["mean"] = sums["share"] / sums["n_valid"].where(sums["n_valid"] > 0)
    sums["bound_low"] = sums["share"] / sums["n_expected"]
    missing = sums["n_expected"] - sums["n_valid"]
    sums["bound_high"] = (sums["share"] + missing) / sums["n_expected"]
    counted = sums.groupby("level").agg(
        n_expected=("n_expected", "sum"),
        n_valid=("n_valid", "sum"),
        n_truncated=("n_truncated", "sum"),
        mean=("mean", "mean"),
        bound_low=("bound_low", "mean"),
        bound_high=("bound_high", "mean"),
    )
    return {str(row.Index): LevelCounts(*row[1:]) for row in counted.itertuples()}
