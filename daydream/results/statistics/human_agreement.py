"""Agreement of judges with people: correlations, weighted kappa, bias, and what a guesser reaches.

Intervals resample whole clusters (drafts) with replacement, as essays of one draft are alike.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daydream.results.statistics.bootstrap import MIN_CLUSTERS, codes_of, weight_chunks
from daydream.results.statistics.ratings import FloatArray

DRAWS = 1000


class Agreement(NamedTuple):
    """How far one rater (``other``) follows the people (``human``) on the same essays.

    ``bias`` is the mean of other minus human and ``mae`` the mean absolute difference, both in
    points of the scale. ``base_rate`` is the share of the most frequent human score,
    ``mae_constant`` the mean absolute error of someone who always answers the median human score:
    a judge that is no better follows nothing in the essays. ``*_low`` and ``*_high`` are 95%
    percentile intervals; NaN with fewer than 5 clusters.
    """

    n: int
    n_clusters: int
    human_mean: float
    other_mean: float
    pearson: float
    pearson_low: float
    pearson_high: float
    spearman: float
    spearman_low: float
    spearman_high: float
    kappa: float
    kappa_low: float
    kappa_high: float
    bias: float
    bias_low: float
    bias_high: float
    mae: float
    mae_constant: float
    base_rate: float


def agreement(
    human: FloatArray, other: FloatArray, clusters: NDArray[np.int64], seed: int = 0
) -> Agreement:
    """The agreement of two raters over the same essays, shapes (n,), n at least 1."""
    (point,) = _measures(human, other, np.ones((1, len(human))))
    low, high = _intervals(human, other, clusters, seed)
    _, counts = np.unique(human, return_counts=True)
    return Agreement(
        n=len(human),
        n_clusters=len(np.unique(clusters)),
        human_mean=float(human.mean()),
        other_mean=float(other.mean()),
        **{
            name + end: float(numbers[place])
            for place, name in enumerate(("pearson", "spearman", "kappa", "bias"))
            for end, numbers in (("", point), ("_low", low), ("_high", high))
        },
        mae=float(np.abs(other - human).mean()),
        mae_constant=float(np.abs(human - np.median(human)).mean()),
        base_rate=float(counts.max() / len(human)),
    )


def weighted_kappa(first: FloatArray, second: FloatArray) -> float:
    """Cohen's kappa with quadratic weights; NaN when neither rater varies and both agree."""
    return float(_kappa(first, second, np.ones((1, len(first))))[0])


def _measures(human: FloatArray, other: FloatArray, counts: FloatArray) -> FloatArray:
    """Pearson, Spearman, kappa and bias, shape (draws, 4), of essays that count several times.

    ``counts`` (draws, n) tells how often each essay is in a draw.
    """
    return np.column_stack(
        [
            _correlation(human, other, counts),
            _correlation(_ranks(human, counts), _ranks(other, counts), counts),
            _kappa(human, other, counts),
            _mean(other - human, counts),
        ]
    )


def _mean(values: FloatArray, counts: FloatArray) -> FloatArray:
    means: FloatArray = (values * counts).sum(axis=1) / counts.sum(axis=1)
    return means


def _variance(values: FloatArray, counts: FloatArray) -> FloatArray:
    return _mean((values - _mean(values, counts)[:, None]) ** 2, counts)


def _correlation(first: FloatArray, second: FloatArray, counts: FloatArray) -> FloatArray:
    from_mean = (v - _mean(v, counts)[:, None] for v in (first, second))
    covariance = _mean(np.prod(list(from_mean), axis=0), counts)
    scale = np.sqrt(_variance(first, counts) * _variance(second, counts))
    return _ratio(covariance, scale)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """One number by another, NaN where that is 0 but for rounding."""
    ratios: FloatArray = np.full(len(below), np.nan)
    np.divide(above, below, out=ratios, where=below > 1e-12)
    return ratios


def _kappa(first: FloatArray, second: FloatArray, counts: FloatArray) -> FloatArray:
    """Weighted kappa in closed form, that of Lin's concordance (Fleiss and Cohen 1973).

    So it takes any numbers, not only categories.
    """
    bias = _mean(first - second, counts)
    expected = _variance(first, counts) + _variance(second, counts) + bias**2
    return 1 - _ratio(_mean((first - second) ** 2, counts), expected)


def _ranks(values: FloatArray, counts: FloatArray) -> FloatArray:
    """The rank of each essay in each draw, shape (draws, n); equal values share their mean rank."""
    values = values.round(12)  # equal means may differ in the last digit
    order = np.argsort(values, kind="stable")
    levels, codes = np.unique(values, return_inverse=True)
    starts = np.searchsorted(values[order], levels)
    at_level = np.add.reduceat(counts[:, order], starts, axis=1)
    ranks: FloatArray = np.cumsum(at_level, axis=1) - (at_level - 1) / 2
    return ranks[:, codes.ravel()]


def _intervals(
    human: FloatArray, other: FloatArray, clusters: NDArray[np.int64], seed: int
) -> tuple[FloatArray, FloatArray]:
    codes, n_clusters = codes_of(clusters)
    if n_clusters < MIN_CLUSTERS:
        nothing = np.full(4, np.nan)
        return nothing, nothing
    chunks = weight_chunks(np.random.default_rng(seed), n_clusters, DRAWS, cells=len(human))
    draws = np.concatenate([_measures(human, other, chosen[:, codes]) for chosen in chunks])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a measure that no draw has stays NaN
        low, high = np.nanpercentile(draws, [2.5, 97.5], axis=0)
    return low, high
