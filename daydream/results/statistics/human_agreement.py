"""Agreement of judges with people: correlations, weighted kappa, bias, and what a guesser reaches.

Intervals resample whole clusters (drafts) with replacement, as essays of one draft are alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]
DRAWS = 1000
MIN_CLUSTERS = 5  # with fewer, a resampled interval is far too narrow


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
    point = _measures(human, other)
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
    """Cohen's kappa with quadratic weights; NaN when neither rater varies and both agree.

    In this closed form, that of Lin's concordance coefficient (Fleiss and Cohen 1973), it takes
    any numbers, not only categories.
    """
    expected = first.var() + second.var() + (first.mean() - second.mean()) ** 2
    observed = float(np.mean((first - second) ** 2))
    return 1 - observed / float(expected) if expected > 0 else float("nan")


def _measures(human: FloatArray, other: FloatArray) -> FloatArray:
    return np.array(
        [
            _correlation(human, other),
            _correlation(stats.rankdata(human), stats.rankdata(other)),
            weighted_kappa(human, other),
            float(np.mean(other - human)),
        ]
    )


def _correlation(first: FloatArray, second: FloatArray) -> float:
    scale = first.std() * second.std()
    covariance = float(np.mean((first - first.mean()) * (second - second.mean())))
    return covariance / float(scale) if scale > 0 else float("nan")


def _intervals(
    human: FloatArray, other: FloatArray, clusters: NDArray[np.int64], seed: int
) -> tuple[FloatArray, FloatArray]:
    members = [np.flatnonzero(clusters == cluster) for cluster in np.unique(clusters)]
    if len(members) < MIN_CLUSTERS:
        nothing = np.full(4, np.nan)
        return nothing, nothing
    random = np.random.default_rng(seed)
    draws = np.empty((DRAWS, 4))
    for number in range(DRAWS):
        chosen = random.integers(len(members), size=len(members))
        rows = np.concatenate([members[cluster] for cluster in chosen])
        draws[number] = _measures(human[rows], other[rows])
    with np.errstate(all="ignore"):
        low, high = np.nanpercentile(draws, [2.5, 97.5], axis=0)
    return low, high
