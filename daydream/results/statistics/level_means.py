"""Each level's own mean: its clusters, and an interval from the spread of all levels together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.comparison_units import MIN_CLUSTERS, Units
from daydream.results.statistics.ratings import FloatArray, IntArray

_UNEQUAL = 0.01


class LevelMeans(NamedTuple):
    """For each of K levels: clusters, variance of one cluster, its degrees of freedom, margins.

    ``margin`` is NaN with fewer than five clusters. ``n_combos`` counts the combinations that the
    clusters come from. ``spread`` is the standard deviation of one unit within its level, pooled
    over levels; ``spread_df`` its degrees of freedom.
    """

    n_clusters: FloatArray
    n_combos: FloatArray
    variance: FloatArray
    df: FloatArray
    margin: FloatArray
    spread: float
    spread_df: float


class _Pooled(NamedTuple):
    """Variance within levels and its degrees of freedom; squares and units by level."""

    variance: float
    df: float
    squares: FloatArray
    size: FloatArray


def level_means(
    units: Units, residual_variance: float, step: float, confidence: float
) -> LevelMeans:
    """Spread of the clusters of each level around its mean, and the intervals that follow.

    Drafts of one combination are alike. A cluster is a level's mean in a combination where every
    level has five of them, so that the interval speaks of other combinations too, or else a unit.
    The variance is pooled over levels, unless a level's own is larger for certain (F test, p
    under 0.01): then that one stands. Levels that share blocks tell less about it than
    independent ones; with the correlation r of clusters in a block, the degrees of freedom are
    sum(n - 1) / (1 + (K - 1) r**2), Satterthwaite's approximation.
    """
    clusters, each = _clusters(units)
    width = int(units.combo.max()) + 1
    n_combos = np.bincount(np.unique(units.level * width + units.combo) // width).astype(float)
    whole = _pooled(units, residual_variance, step)
    pooled = _pooled(clusters, residual_variance / each, step)
    count, few = pooled.size, pooled.size - 1
    if not np.isfinite(pooled.variance):
        unknown = np.full(len(count), np.nan)
        return LevelMeans(count, n_combos, unknown, np.zeros(len(count)), unknown, np.nan, 0.0)
    own = pooled.squares / np.maximum(few, 1)
    ratio = own / pooled.variance
    larger = (few >= 1) & (stats.f.sf(ratio, np.maximum(few, 1), pooled.df) < _UNEQUAL)
    variance = np.where(larger, own, pooled.variance)
    df = np.where(larger, few, pooled.df)
    margin = stats.t.isf((1 - confidence) / 2, np.maximum(df, 1)) * np.sqrt(variance / count)
    margin = np.where(count >= MIN_CLUSTERS, margin, np.nan)
    spread = float(np.sqrt(whole.variance))
    return LevelMeans(count, n_combos, variance, df, margin, spread, whole.df)


def _sums(group: IntArray, value: FloatArray) -> FloatArray:
    return np.asarray(np.bincount(group, value), dtype=np.float64)


def _clusters(units: Units) -> tuple[Units, float]:
    """The units, or their means by combination and level, and how many are behind one."""
    group, n = codes_of(units.combo * (int(units.level.max()) + 1) + units.level)
    _, first = np.unique(group, return_index=True)
    if np.bincount(units.level[first]).min() < MIN_CLUSTERS:
        return units, 1.0
    size = np.bincount(group)
    means = units._replace(
        value=np.bincount(group, units.value) / size,
        level=units.level[first],
        block=units.combo[first] if units.paired else units.block[first],
        combo=units.combo[first],
        moderator=units.moderator[first],
        n_scores=_sums(group, units.n_scores),
    )
    return means, n / float((1 / size).sum())


def _pooled(units: Units, residual_variance: float, step: float) -> _Pooled:
    count = np.bincount(units.level).astype(np.float64)
    centre = np.bincount(units.level, units.value) / count
    squares = _sums(units.level, (units.value - centre[units.level]) ** 2)
    left = float(count.sum()) - len(count)
    if left < 1:
        return _Pooled(np.nan, 0.0, squares, count)
    floor = (step / 2) ** 2 / float(units.n_scores.mean())
    variance = max(float(squares.sum()) / left, floor)
    alike = np.nan_to_num(1 - residual_variance / variance) if units.paired else 0.0
    df = max(left / (1 + (len(count) - 1) * float(np.clip(alike, 0, 1)) ** 2), 1.0)
    return _Pooled(variance, df, squares, count)
