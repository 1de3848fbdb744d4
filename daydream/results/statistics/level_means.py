"""Each level's own mean: its clusters, and an interval from the spread of all levels together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from daydream.results.statistics.comparison_units import MIN_CLUSTERS, Units
from daydream.results.statistics.ratings import FloatArray

_UNEQUAL = 0.01


class LevelMeans(NamedTuple):
    """For each of K levels: clusters, variance of one cluster, its degrees of freedom, margins.

    ``spread`` is the standard deviation of one cluster within its level, pooled over levels;
    ``spread_df`` its degrees of freedom. ``margin`` is NaN with fewer than five clusters.
    """

    n_clusters: FloatArray
    variance: FloatArray
    df: FloatArray
    margin: FloatArray
    spread: float
    spread_df: float


def level_means(
    units: Units, residual_variance: float, step: float, confidence: float
) -> LevelMeans:
    """Spread of the clusters of each level around its mean, and the intervals that follow.

    The variance is pooled over levels, unless a level's own is larger for certain (F test, p
    under 0.01): then that one stands. Levels that share blocks tell less about it than
    independent ones; with the correlation r of clusters in a block, the degrees of freedom are
    sum(n - 1) / (1 + (K - 1) r**2), Satterthwaite's approximation.
    """
    count = np.bincount(units.level).astype(np.float64)
    centre = np.bincount(units.level, units.value) / count
    squares = np.bincount(units.level, (units.value - centre[units.level]) ** 2)
    few = count - 1
    left = float(few.sum())
    floor = (step / 2) ** 2 / float(units.n_scores.mean())
    if left < 1:
        unknown = np.full(len(count), np.nan)
        return LevelMeans(count, unknown, np.zeros(len(count)), unknown, np.nan, 0.0)
    pooled = max(float(squares.sum()) / left, floor)
    alike = np.nan_to_num(1 - residual_variance / pooled) if units.paired else 0.0
    pooled_df = max(left / (1 + (len(count) - 1) * np.clip(alike, 0, 1) ** 2), 1.0)
    own = squares / np.maximum(few, 1)
    larger = (few >= 1) & (stats.f.sf(own / pooled, np.maximum(few, 1), pooled_df) < _UNEQUAL)
    variance = np.where(larger, own, pooled)
    df = np.where(larger, few, pooled_df)
    margin = stats.t.isf((1 - confidence) / 2, np.maximum(df, 1)) * np.sqrt(variance / count)
    margin = np.where(count >= MIN_CLUSTERS, margin, np.nan)
    return LevelMeans(count, variance, df, margin, float(np.sqrt(pooled)), pooled_df)
