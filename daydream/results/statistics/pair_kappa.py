"""Agreement of every two judges on the essays that both scored: kappa with quadratic weights."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from daydream.results.statistics.bootstrap import MIN_CLUSTERS, bca_interval, resampled_sums
from daydream.results.statistics.krippendorff import Rated
from daydream.results.statistics.ratings import FloatArray

_SUMS = 6  # of a pair: essays, both totals, both sums of squares, sum of products


class PairKappa(NamedTuple):
    """Kappa of the raters in columns ``first`` and ``second``, with its 95% interval."""

    first: int
    second: int
    value: float
    low: float
    high: float
    n_units: int
    n_clusters: int


def pair_kappas(panel: Rated, *, n_boot: int = 1000, seed: int = 0) -> list[PairKappa]:
    """Weighted kappa of each pair of raters with two units in common.

    In the closed form of J. L. Fleiss and J. Cohen (1973), "The equivalence of weighted kappa and
    the intraclass correlation coefficient", Educational and Psychological Measurement 33,
    613-619, which takes any numbers. The interval is BCa over clusters, raters fixed; NaN with
    fewer than 5 clusters. NaN where neither of the two varies.
    """
    codes, cluster = np.unique(panel.clusters, return_inverse=True)
    pairs = list(combinations(range(panel.matrix.shape[1]), 2))
    if not pairs:
        return []
    centred = panel.matrix - np.nanmean(panel.matrix)
    totals = np.zeros((len(codes), _SUMS * len(pairs)))
    for place, (first, second) in enumerate(pairs):
        columns = slice(_SUMS * place, _SUMS * (place + 1))
        np.add.at(totals[:, columns], cluster, _products(centred[:, first], centred[:, second]))
    drawn = resampled_sums(totals, n_boot, np.random.default_rng(seed))
    parts = range(len(pairs))
    found = [
        _pair(pair, *(sums[:, _SUMS * p : _SUMS * (p + 1)] for sums in (totals, drawn)))
        for pair, p in zip(pairs, parts, strict=True)
    ]
    return [sums for sums in found if sums.n_units >= 2]


def _products(first: FloatArray, second: FloatArray) -> FloatArray:
    both = np.isfinite(first) & np.isfinite(second)
    a, b = np.where(both, first, 0.0), np.where(both, second, 0.0)
    return np.column_stack([both, a, b, a * a, b * b, a * b]).astype(np.float64)


def _pair(pair: tuple[int, int], totals: FloatArray, drawn: FloatArray) -> PairKappa:
    whole = totals.sum(axis=0)
    value = float(_kappa(whole[None, :])[0])
    with_both = totals[totals[:, 0] > 0]
    low = high = float("nan")
    if len(with_both) >= MIN_CLUSTERS:
        low, high = bca_interval(value, _kappa(drawn), _kappa(whole - with_both), 0.95)
    return PairKappa(*pair, value, low, high, int(whole[0]), len(with_both))


def _kappa(sums: FloatArray) -> FloatArray:
    """Of rows of sums; NaN where nothing varies."""
    n, a, b, aa, bb, ab = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (aa + bb - 2 * ab) / n
        by_chance = (aa + bb - 2 * a * b / n) / n
        kappa = 1 - apart / by_chance
        return np.where(by_chance > 1e-12 * (1 + (aa + bb) / n), kappa, np.nan)
