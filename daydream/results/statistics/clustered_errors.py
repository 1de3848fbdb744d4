"""Errors of strengths whose comparisons are not independent of each other."""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.bradley_terry import PRIOR_SD, Davidson, chances, information
from daydream.results.statistics.ratings import FloatArray, IntArray

_CHUNK_CELLS = 5_000_000


def repeat_factor(fit: Davidson, pairs: IntArray, points: FloatArray) -> FloatArray:
    """How many times larger variances are as comparisons of one pair resemble each other: (k,).

    Comparisons of a pair by several judges share what is peculiar to the pair. With an
    intraclass correlation r, m of them tell as much as m / (1 + r (m - 1)) independent ones. r
    is the one of the residuals, by the analysis of variance, of all pairs together: those of an
    essay are too few. The mean square between pairs is over the degrees of freedom that the fit
    leaves; where that is less than one, strengths absorb what is peculiar to pairs and r is 0.
    """
    k = len(fit.strength)
    code, _ = codes_of(np.sort(pairs, axis=1) @ [k, 1])
    size = np.bincount(code)[code]
    compared = pairs.ravel()
    mean_size = np.bincount(compared, np.repeat(size, 2), k) / np.bincount(compared, minlength=k)
    return 1 + _likeness(fit, pairs, points, code) * (mean_size - 1)


def _likeness(fit: Davidson, pairs: IntArray, points: FloatArray, code: IntArray) -> float:
    """Intraclass correlation, 0 to 1, of the residuals of a pair; ``code`` numbers the pairs."""
    size = np.bincount(code).astype(float)
    n_pairs, n = len(size), len(code)
    # The prior takes its share of the k strengths (sum 0) that the fit has to adapt.
    left = n_pairs - (len(fit.strength) - float((fit.error**2).sum()) / PRIOR_SD**2)
    if left < 1 or n == n_pairs:
        return 0.0
    residual = _residual(fit, pairs, points)[0] * np.where(pairs[:, 0] < pairs[:, 1], 1, -1)
    total = np.bincount(code, residual)
    between = float((total**2 / size).sum()) / left
    within = float(((residual - (total / size)[code]) ** 2).sum()) / (n - n_pairs)
    typical = (n - float((size**2).sum()) / n) / (n_pairs - 1)
    alike = (between - within) / max(between + (typical - 1) * within, 1e-12)
    return float(np.clip(alike, 0, 1))


def dyadic_variance(
    fit: Davidson, pairs: IntArray, points: FloatArray, units: IntArray
) -> tuple[FloatArray, IntArray]:
    """Variance of each item's strength, and the number of its units: (k,) and (k,).

    An item (a model, say) is compared through its units (its essays): ``units`` (n x 2) are the
    numbers of the two that met. Comparisons with a unit in common are alike; those without are
    independent. So the middle of the sandwich is the sum of products of the scores of all
    comparisons that share a unit: over units the square of a unit's sum, less over pairs of
    units the square of the pair's sum, which would count twice. Source: P. M. Aronow, C. Samii
    and V. A. Assenova (2015), "Cluster-robust variance estimation for dyadic data", Political
    Analysis 23, 564-577.

    It is corrected for few units, G / (G - 1) for an item with G; and never smaller than that of
    independent comparisons: with few units the difference can come out too small, even below 0,
    and for an item that always wins the scores are all near 0. NaN for an item with one unit.
    """
    n, k = len(points), len(fit.strength)
    unit, n_units = codes_of(units)
    in_unit = _grouping(unit, np.repeat(np.arange(n), 2), (n_units, n))
    ends = np.sort(unit.reshape(-1, 2), axis=1)
    apart = np.flatnonzero(ends[:, 0] != ends[:, 1])
    dyad, n_dyads = codes_of(ends[apart] @ [n_units, 1])
    twice = _grouping(dyad, apart, (n_dyads, n))
    scores = _scores(fit, pairs, points)
    robust = _quadratic(fit, pairs, in_unit @ scores, twice @ scores)
    count = _units_of(pairs, unit, k)
    variance = np.maximum(robust * count / np.maximum(count - 1, 1), fit.error**2)
    return np.where(count >= 2, variance, np.nan), count


def _grouping(group: IntArray, row: IntArray, shape: tuple[int, int]) -> sparse.csr_array:
    """Groups x comparisons: 1 where the comparison belongs to the group."""
    grouping = sparse.coo_array((np.ones(len(row)), (group, row)), shape=shape).tocsr()
    # A comparison of a unit with itself was named twice.
    grouping.data = np.minimum(grouping.data, 1.0)
    return grouping


def _units_of(pairs: IntArray, unit: IntArray, k: int) -> IntArray:
    """Count the units that stand for each item: (k,)."""
    seen = np.unique(np.column_stack([pairs.ravel(), unit]), axis=0)
    return np.bincount(seen[:, 0], minlength=k).astype(np.int64)


def _residual(fit: Davidson, pairs: IntArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points, and whether it was a tie, less what the fit expects: (n,) and (n,)."""
    win, tie, _ = chances(_parameters(fit), pairs).T
    return points - win - tie / 2, (points == 0.5) - tie


def _scores(fit: Davidson, pairs: IntArray, points: FloatArray) -> sparse.csr_array:
    """Gradient of each comparison's log likelihood: n x (k + 1)."""
    over, over_tie = _residual(fit, pairs, points)
    n, k = len(points), len(fit.strength)
    rows = np.tile(np.arange(n), 3)
    columns = np.concatenate([pairs[:, 0], pairs[:, 1], np.full(n, k)])
    entries = np.concatenate([over, -over, over_tie])
    return sparse.coo_array((entries, (rows, columns)), shape=(n, k + 1)).tocsr()


def _quadratic(
    fit: Davidson, pairs: IntArray, plus: sparse.csr_array, minus: sparse.csr_array
) -> FloatArray:
    """Squares of ``plus`` less those of ``minus``, each carried to the centred strengths: (k,)."""
    k = len(fit.strength)
    factor = linalg.cho_factor(information(_parameters(fit), pairs).dense())
    step = max(1, _CHUNK_CELLS // max(plus.shape[0], minus.shape[0], k))
    parts = []
    for start in range(0, k, step):
        contrast = np.eye(k + 1, min(step, k - start), -start)
        contrast[:k] -= 1 / k
        carry = linalg.cho_solve(factor, contrast)
        parts.append(((plus @ carry) ** 2).sum(axis=0) - ((minus @ carry) ** 2).sum(axis=0))
    return np.concatenate(parts)


def _parameters(fit: Davidson) -> FloatArray:
    return np.append(fit.strength, fit.tie)
