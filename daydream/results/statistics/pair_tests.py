"""Tests of every two levels of an axis, corrected for their number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from daydream.results.statistics.comparison_units import Compared, Units
from daydream.results.statistics.error_strata import Stratum
from daydream.results.statistics.multiplicity import holm
from daydream.results.statistics.rank_sets import BoolArray
from daydream.results.statistics.ratings import FloatArray, IntArray

_UNEQUAL = 0.01
_MIN_OWN_BLOCKS = 10
_MAX_OWN_LEVELS = 300  # pairs of more levels all have the pooled variance: memory


class PairTests(NamedTuple):
    """A test for every pair of levels, ``first`` listed before ``second``: (P,) each.

    ``error`` is NaN where nothing can be said. ``own`` marks pairs whose own variance was taken.
    """

    first: IntArray
    second: IntArray
    difference: FloatArray
    error: FloatArray
    df: FloatArray
    t: FloatArray
    p: FloatArray
    p_holm: FloatArray
    own: BoolArray

    def apart(self, n_levels: int, level: float = 0.05) -> BoolArray:
        """Which levels are told apart with a family-wise error of ``level``: (K, K)."""
        matrix = np.zeros((n_levels, n_levels), dtype=np.bool_)
        matrix[self.first, self.second] = self.p_holm <= level
        return matrix | matrix.T


def pair_tests(compared: Compared, stratum: Stratum, order: IntArray) -> PairTests:
    """Test the differences of all levels, which are listed in ``order`` (K,): numbers of levels.

    t tests of the block-adjusted differences with the pooled variance. Where levels differ in
    spread (see ``_is_uneven``), a pair that shares ten blocks or more has the variance of its own
    differences, so that one noisy level makes its own differences uncertain and no others.
    p values are two-sided; ``p_holm`` holds for all pairs together.
    """
    fit = compared.fit
    first, second = (order[side].astype(np.int64) for side in np.triu_indices(len(order), 1))
    difference = fit.mean[first] - fit.mean[second]
    own = np.zeros(len(first), dtype=np.bool_)
    if compared.refused or not len(first):
        unknown = np.full(len(first), np.nan)
        parts = (unknown, unknown, unknown, unknown, unknown)
        return PairTests(first, second, difference, *parts, own)
    squared = stratum.variance * fit.unit_variance()[first, second]
    df = np.full(len(first), stratum.df)
    may_differ = compared.units.paired and not stratum.note and len(order) <= _MAX_OWN_LEVELS
    if may_differ and _is_uneven(compared):
        variance, n = _own_variance(compared, stratum, first, second)
        own = n >= _MIN_OWN_BLOCKS
        squared, df = np.where(own, variance, squared), np.where(own, n - 1, df)
    error = np.sqrt(squared)
    t = difference / error
    p = np.asarray(2 * stats.t.sf(np.abs(t), df), dtype=np.float64)
    return PairTests(first, second, difference, error, df, t, p, holm(p), own)


def _is_uneven(compared: Compared) -> bool:
    """Whether levels differ in spread: Brown and Forsythe's test of the residuals, p under 0.01."""
    level, size = compared.units.level, np.abs(compared.fit.residual)
    count = np.bincount(level)
    if count.min() < _MIN_OWN_BLOCKS or not np.ptp(size) > 1e-12:
        return False
    order = np.argsort(level, kind="stable")
    parts = np.split(compared.fit.residual[order], np.cumsum(count)[:-1])
    return bool(stats.levene(*parts, center="median").pvalue < _UNEQUAL)


def _own_variance(
    compared: Compared, stratum: Stratum, first: IntArray, second: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Variance of the mean difference over the blocks that a pair shares, and their number."""
    cells, known = cell_means(compared.units, compared.fit.residual)
    n = np.maximum((known.T @ known)[first, second], 1)
    total = cells.T @ known
    sums = (total - total.T)[first, second]
    squares = (cells**2).T @ known
    spread = (squares + squares.T - 2 * cells.T @ cells)[first, second]
    variance = np.maximum(spread - sums**2 / n, 0) / np.maximum(n - 1, 1)
    return np.maximum(variance, 2 * stratum.floor) / n, n


def cell_means(units: Units, value: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean of ``value`` by block and level, 0 where there is none, and whether there is one."""
    shape = int(units.block.max()) + 1, int(units.level.max()) + 1
    cell = units.block * shape[1] + units.level
    count = np.bincount(cell, minlength=shape[0] * shape[1])
    mean = np.bincount(cell, value, shape[0] * shape[1]) / np.maximum(count, 1)
    return mean.reshape(shape), (count > 0).astype(np.float64).reshape(shape)


def superiority(units: Units, first: IntArray, second: IntArray) -> FloatArray:
    """Share of the shared blocks in which ``first`` scores above ``second``, ties as halves: (P,).

    Without blocks: of all pairs of a unit of the one and a unit of the other. Source: A. Vargha
    and H. D. Delaney (2000), "A critique and improvement of the CL common language effect size
    statistics of McGraw and Wong", Journal of Educational and Behavioral Statistics 25, 101-132.
    """
    found = np.full(len(first), np.nan)
    if not units.paired:
        values = [np.sort(units.value[units.level == k]) for k in range(units.level.max() + 1)]
        return np.array([_above(values[i], values[j]) for i, j in zip(first, second, strict=True)])
    mean, known = cell_means(units, units.value)
    rounded = np.where(known > 0, mean.round(9), np.nan)
    for level in np.unique(first):
        at = np.flatnonzero(first == level)
        gap = rounded[:, [level]] - rounded[:, second[at]]
        shared = np.maximum((~np.isnan(gap)).sum(axis=0), 1)
        share = ((gap > 0).sum(axis=0) + (gap == 0).sum(axis=0) / 2) / shared
        found[at] = np.where((~np.isnan(gap)).any(axis=0), share, np.nan)
    return found


def _above(one: FloatArray, other: FloatArray) -> float:
    below = np.searchsorted(other, one, "left") + np.searchsorted(other, one, "right")
    return float(below.mean() / 2 / len(other))
