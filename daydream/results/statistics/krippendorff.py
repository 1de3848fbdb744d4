"""Krippendorff's alpha for scores on an interval scale, with missing ratings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from daydream.results.statistics.bootstrap import bca_interval, resampled_sums, studentised_interval
from daydream.results.statistics.ratings import FloatArray

_DUST = 1e-12


class Alpha(NamedTuple):
    """Alpha with its bootstrap interval; ``n_units`` and ``n_raters`` are those that count."""

    value: float
    low: float
    high: float
    n_units: int
    n_raters: int


def interval_alpha(
    matrix: FloatArray, *, n_boot: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Alpha:
    """Alpha of ``matrix`` (units x raters, NaN where a rater gave nothing).

    1 - D_o / D_e with squared differences: D_o is the mean within units, D_e the mean over all
    pairs of pairable values (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").
    A unit with fewer than two ratings has nothing to compare and is left out. NaN with fewer
    than two units, or when all values are the same.

    The interval is a bootstrap over units, studentised on the scale of log(D_o / D_e). Where
    disagreement is so rare that a resample has none, the ratio has no logarithm, and the interval
    is BCa; it is then too narrow, as what was not seen cannot be drawn. Share of 95% intervals
    that held the truth in 1,000 simulations each, lowest, median and highest of 21 settings (2 or 4
    raters; alpha from 0.2 to 0.8; normal, rounded, cut off at the top, with missing ratings, with
    severe raters, with essays that differ in noise or whose levels are skewed):

        units      10                15                30                60
        this       .85 .94 .96       .90 .94 .97       .90 .95 .96       .91 .95 .96
        BCa alone  .76 .86 .89       .79 .89 .91       .84 .91 .93       .87 .94 .95
    """
    pairable = matrix[np.isfinite(matrix).sum(axis=1) >= 2]
    n_raters = int(np.isfinite(pairable).any(axis=0).sum())
    if len(pairable) < 2:
        return Alpha(np.nan, np.nan, np.nan, len(pairable), n_raters)
    totals = _unit_totals(pairable)
    value = float(_alpha(totals.sum(axis=0)[None, :])[0])
    interval = _interval(value, totals, n_boot, np.random.default_rng(seed), confidence)
    return Alpha(value, *interval, len(pairable), n_raters)


def _interval(
    value: float, totals: FloatArray, n_boot: int, rng: np.random.Generator, confidence: float
) -> tuple[float, float]:
    n = len(totals)
    products = (totals[:, :, None] * totals[:, None, :]).reshape(n, -1)
    drawn = resampled_sums(np.column_stack([totals, products]), n_boot, rng)
    everything = np.append(totals.sum(axis=0), products.sum(axis=0))[None, :]
    one, many = _logs(everything, n), _logs(drawn, n)
    if len(one.ratio) and len(many.ratio) == n_boot:
        low, high = studentised_interval(
            float(one.ratio[0]), float(one.error[0]), many.ratio, many.error, confidence
        )
        # Squares within units are at most all squares, and so alpha is at least -1.
        return max(-1.0, 1 - float(np.exp(min(high, 1.0)))), 1 - float(np.exp(low))
    left_out = _alpha(totals.sum(axis=0) - totals)
    return bca_interval(value, _alpha(drawn[:, :4]), left_out, confidence)


class _Logs(NamedTuple):
    """log(D_o / D_e) and its standard error, for the rows of sums that have both."""

    ratio: FloatArray
    error: FloatArray


def _logs(sums: FloatArray, n: int) -> _Logs:
    """``sums`` are totals of n units, and the sums of their products; errors by linearisation."""
    count, total, squares, within = sums[:, :4].T
    spread = squares - total**2 / count
    some = (within > _DUST * squares) & (spread > _DUST * squares)
    count, total, squares, within = sums[some, :4].T
    spread = spread[some]
    ratio = np.log(within / count) - np.log(2 * spread / (count - 1))
    slope = np.column_stack(
        [
            1 / (count - 1) - 1 / count - (total / count) ** 2 / spread,
            2 * total / count / spread,
            -1 / spread,
            1 / within,
        ]
    )
    products = sums[some, 4:].reshape(-1, 4, 4)
    mean = (slope * sums[some, :4]).sum(axis=1) / n
    variance = np.einsum("bi,bij,bj->b", slope, products, slope) - n * mean**2
    sure = variance > _DUST
    return _Logs(ratio[sure], np.sqrt(variance[sure]))


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
    count, total, squares, within = sums.T
    observed = within / count
    expected = 2 * (squares - total**2 / count) / (count - 1)
    defined = expected > 1e-12 * (1 + squares / count)
    ratio = np.full(len(sums), np.nan)
    np.divide(observed, expected, out=ratio, where=defined)
    return 1 - ratio
