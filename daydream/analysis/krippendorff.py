"""Krippendorff's alpha for scores on an interval scale, with missing ratings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from daydream.analysis.resample import bca_interval, resampled_sums
from daydream.analysis.scale import FloatArray


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
    than two units, or when all values are the same. The interval is a bootstrap over
    units, see ``bca_interval``.
    """
    pairable = matrix[np.isfinite(matrix).sum(axis=1) >= 2]
    n_raters = int(np.isfinite(pairable).any(axis=0).sum())
    if len(pairable) < 2:
        return Alpha(np.nan, np.nan, np.nan, len(pairable), n_raters)
    totals = _unit_totals(pairable)
    value = float(_alpha(totals.sum(axis=0)[None, :])[0])
    draws = _alpha(resampled_sums(totals, n_boot, np.random.default_rng(seed)))
    left_out = _alpha(totals.sum(axis=0) - totals)
    interval = bca_interval(value, draws, left_out, confidence)
    return Alpha(value, *interval, len(pairable), n_raters)


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
