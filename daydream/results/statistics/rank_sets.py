"""Ranks that are possible when every two levels were tested, for all levels at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daydream.results.statistics.ratings import FloatArray, IntArray

BoolArray = NDArray[np.bool_]


class RankSets(NamedTuple):
    """For each of K levels the best and the worst rank that the tests leave possible."""

    low: IntArray
    high: IntArray


def rank_sets(mean: FloatArray, apart: BoolArray) -> RankSets:
    """Ranks from 1 (largest mean) that the differences told apart leave possible: (K,) each.

    ``apart`` (K, K) says which pairs differ. When all its entries are right with a probability of
    0.95 (Holm over every pair), then all K sets hold the true ranks with at least that
    probability. Source: M. Mogstad, J. P. Romano, A. M. Shaikh and D. Wilhelm (2024), "Inference
    for ranks with applications to mobility across neighbourhoods and academic achievement across
    countries", Review of Economic Studies 91, 476-518.
    """
    better = (apart & (mean[None, :] > mean[:, None])).sum(axis=1)
    worse = (apart & (mean[None, :] < mean[:, None])).sum(axis=1)
    return RankSets((1 + better).astype(np.int64), (len(mean) - worse).astype(np.int64))
