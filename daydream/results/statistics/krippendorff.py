"""Krippendorff's alpha for scores on an interval or ordinal scale, with missing ratings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from daydream.results.statistics.bootstrap import (
    MIN_CLUSTERS,
    bca_interval,
    studentised_interval,
    weight_chunks,
)
from daydream.results.statistics.ratings import FloatArray, IntArray

_DUST = 1e-12
_SUMS = 4  # of a unit: see _unit_totals


class Alpha(NamedTuple):
    """Alpha with its bootstrap interval; ``n_units`` and ``n_raters`` are those that count."""

    value: float
    low: float
    high: float
    n_units: int
    n_raters: int


class Rated(NamedTuple):
    """Ratings (units x raters, NaN where a rater gave nothing) and each unit's cluster (units,)."""

    matrix: FloatArray
    clusters: IntArray


def interval_alpha(
    matrix: FloatArray,
    *,
    clusters: IntArray | None = None,
    n_boot: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Alpha:
    """Alpha of ``matrix`` (units x raters, NaN where a rater gave nothing).

    1 - D_o / D_e with squared differences: D_o is the mean within units, D_e the mean over all
    pairs of pairable values (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").
    A unit with fewer than two ratings has nothing to compare and is left out. NaN with fewer
    than two units, or when all values are the same. See ``mean_alpha`` for the interval;
    without ``clusters`` each unit is one.
    """
    codes = np.arange(len(matrix)) if clusters is None else clusters
    return mean_alpha([Rated(matrix, codes)], n_boot=n_boot, seed=seed, confidence=confidence)


def mean_alpha(
    panels: Sequence[Rated], *, n_boot: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Alpha:
    """The mean of the alphas of several panels, whose clusters are numbered alike.

    The interval is a bootstrap over clusters, the same draw for every panel, with the raters
    fixed; NaN with fewer than 5 clusters. It is studentised on the scale of the logarithm of the
    mean of D_o / D_e, with errors by linearisation. Where disagreement is so rare that a resample
    has none, the ratio has no logarithm, and the interval is BCa; it is then too narrow, as what
    was not seen cannot be drawn. Share of 95% intervals that held the truth in 1,000 simulations
    each, lowest, median and highest of 21 settings (one panel, clusters of one unit, 2 or 4
    raters; alpha from 0.2 to 0.8; normal, rounded, cut off at the top, with missing ratings, with
    severe raters, with essays that differ in noise or whose levels are skewed):

        units      10                15                30                60
        this       .85 .94 .96       .90 .94 .97       .90 .95 .96       .91 .95 .96
        BCa alone  .76 .86 .89       .79 .89 .91       .84 .91 .93       .87 .94 .95
    """
    pairable = [_pairable(panel) for panel in panels]
    n_units = sum(len(panel.matrix) for panel in pairable)
    n_raters = max(int(np.isfinite(panel.matrix).any(axis=0).sum()) for panel in pairable)
    if any(len(panel.matrix) < 2 for panel in pairable):
        return Alpha(np.nan, np.nan, np.nan, n_units, n_raters)
    totals = _cluster_totals(pairable)
    value = float(_alpha(totals.sum(axis=0)[None, :])[0])
    if len(totals) < MIN_CLUSTERS:
        return Alpha(value, np.nan, np.nan, n_units, n_raters)
    interval = _interval(value, totals, n_boot, np.random.default_rng(seed), confidence)
    return Alpha(value, *interval, n_units, n_raters)


def midranks(panel: Rated) -> Rated:
    """``panel`` with ranks for ratings, of which the interval alpha is the ordinal one.

    Krippendorff's ordinal difference of two values is the number of ratings between them, their
    own counted as halves: the difference of their mid-ranks among all pairable ratings.
    """
    pairable = _pairable(panel)
    is_rated = np.isfinite(pairable.matrix)
    ranks = np.full(pairable.matrix.shape, np.nan)
    ranks[is_rated] = stats.rankdata(pairable.matrix[is_rated])
    return pairable._replace(matrix=ranks)


def _pairable(panel: Rated) -> Rated:
    several = np.isfinite(panel.matrix).sum(axis=1) >= 2
    return Rated(panel.matrix[several], panel.clusters[several])


def _cluster_totals(panels: Sequence[Rated]) -> FloatArray:
    """Clusters x (sums of each panel), 0 where a cluster has nothing of a panel."""
    codes = np.unique(np.concatenate([panel.clusters for panel in panels]))
    totals = np.zeros((len(codes), _SUMS * len(panels)))
    for place, panel in enumerate(panels):
        columns = slice(_SUMS * place, _SUMS * (place + 1))
        rows = np.searchsorted(codes, panel.clusters)
        np.add.at(totals[:, columns], rows, _unit_totals(panel.matrix))
    return totals


def _interval(
    value: float, totals: FloatArray, n_boot: int, rng: np.random.Generator, confidence: float
) -> tuple[float, float]:
    once = _logs(np.ones((1, len(totals))), totals)
    draws = [_logs(weights, totals) for weights in weight_chunks(rng, len(totals), n_boot)]
    ratio, error, alpha = (np.concatenate(part) for part in zip(*draws, strict=True))
    if np.isfinite([*once.ratio, *once.error]).all() and np.isfinite([ratio, error]).all():
        low, high = studentised_interval(
            float(once.ratio[0]), float(once.error[0]), ratio, error, confidence
        )
        # Squares within units are at most all squares, and so alpha is at least -1.
        return max(-1.0, 1 - float(np.exp(min(high, 1.0)))), 1 - float(np.exp(low))
    left_out = _alpha(totals.sum(axis=0) - totals)
    return bca_interval(value, alpha, left_out, confidence)


class _Logs(NamedTuple):
    """Log of the mean of D_o / D_e, its standard error (both NaN where undefined), and alpha."""

    ratio: FloatArray
    error: FloatArray
    alpha: FloatArray


def _logs(weights: FloatArray, totals: FloatArray) -> _Logs:
    """Of resamples (n_boot x clusters), by linearisation."""
    n = len(totals)
    sums = weights @ totals
    alpha = _alpha(sums)
    mean = 1 - alpha
    slope = _slope(sums) / np.where(mean > _DUST, mean, np.nan)[:, None]
    parts = slope @ totals.T
    variance = (weights * parts**2).sum(axis=1) - (slope * sums).sum(axis=1) ** 2 / n
    known = variance > _DUST
    ratio = np.log(mean, out=np.full(len(mean), np.nan), where=known)
    error = np.sqrt(variance, out=np.full(len(mean), np.nan), where=known)
    return _Logs(ratio, error, alpha)


def _unit_totals(matrix: FloatArray) -> FloatArray:
    """Per unit: ratings, their sum, sum of squares, squared differences over (ratings - 1).

    All that alpha needs is a sum over units of these, so a resample of units is one product.
    """
    centred = matrix - np.nanmean(matrix)
    count = np.isfinite(centred).sum(axis=1).astype(float)
    total = np.nansum(centred, axis=1)
    squares = np.nansum(centred**2, axis=1)
    within = np.nansum((centred - (total / count)[:, None]) ** 2, axis=1)
    return np.column_stack([count, total, squares, 2 * count * within / (count - 1)])


def _alpha(sums: FloatArray) -> FloatArray:
    """Of rows of sums, the mean over panels; NaN where a panel has no spread."""
    count, total, squares, within = _by_panel(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = 2 * (squares - total**2 / count) / (count - 1)
        ratio = within / count / expected
        ratio[~(expected > _DUST * (1 + squares / count))] = np.nan
    return np.asarray(1 - ratio.mean(axis=1), dtype=np.float64)


def _slope(sums: FloatArray) -> FloatArray:
    """How the mean of D_o / D_e changes with each of the sums."""
    count, total, squares, within = _by_panel(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = squares - total**2 / count
        by_within = (count - 1) / (2 * count * spread)
        ratio = within * by_within
        parts = [
            ratio * (1 / (count - 1) - 1 / count - (total / count) ** 2 / spread),
            2 * ratio * total / count / spread,
            -ratio / spread,
            by_within,
        ]
    stacked = np.stack(parts, axis=2).reshape(sums.shape)
    return np.asarray(stacked / count.shape[1], dtype=np.float64)


def _by_panel(sums: FloatArray) -> tuple[FloatArray, ...]:
    parts = sums.reshape(len(sums), -1, _SUMS)
    return tuple(parts[:, :, place] for place in range(_SUMS))
