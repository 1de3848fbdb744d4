"""Which strengths can be told apart, and whether wins go round in circles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse, stats

from daydream.results.statistics.multiplicity import holm
from daydream.results.statistics.rank_sets import rank_sets
from daydream.results.statistics.ratings import FloatArray, IntArray

MAX_ITEMS = 3000  # all pairs are tested: 3,000 items are 4.5 million


class StrengthRanks(NamedTuple):
    """For each of K items the ranks that are possible, and how many items it is tied with."""

    low: IntArray
    high: IntArray
    n_tied: IntArray


def strength_ranks(
    strength: FloatArray, variance: FloatArray, df: FloatArray, level: float = 0.05
) -> StrengthRanks | None:
    """Test all differences of strengths that sum to 0; None for more than 3,000 items.

    ``variance`` (K,) is that of an item against the average one, NaN where it is unknown: then
    the item is tied with all. Strengths that sum to 0 are correlated by -1 / (K - 1) in a balanced
    design, so that a difference has the variance (a + b) K / (K - 1) for two alike. ``df`` (K,)
    may be infinite; a pair has the smaller. Holm's correction makes ranks hold for all items.
    """
    k = len(strength)
    if k > MAX_ITEMS:
        return None
    apart = np.zeros((k, k), dtype=np.bool_)
    if k > 1:
        first, second = np.triu_indices(k, 1)
        error = np.sqrt((variance[first] + variance[second]) * k / (k - 1))
        t = np.abs(strength[first] - strength[second]) / error
        p = np.asarray(2 * stats.t.sf(t, np.minimum(df[first], df[second])), dtype=np.float64)
        with np.errstate(invalid="ignore"):
            apart[first, second] = holm(p) <= level
        apart |= apart.T
    low, high = rank_sets(strength, apart)
    return StrengthRanks(low, high, (k - 1 - apart.sum(axis=1)).astype(np.int64))


def circular_triads(pairs: IntArray, points: FloatArray, k: int) -> tuple[IntArray, IntArray]:
    """For each of K items its triads that go round, and all its triads that are decided.

    i beats j if it has more points in their comparisons (``pairs`` is n x 2, ``points`` those of
    the first: 1, 0.5 or 0). A triad goes round when i beats j, j beats l and l beats i: no order
    of strengths can tell that. By chance a quarter of the decided triads do. Source:
    M. G. Kendall and B. Babington Smith (1940), "On the method of paired comparisons", Biometrika
    31, 324-345.
    """
    lead = points - 0.5
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    net = sparse.coo_array((np.concatenate([lead, -lead]), (rows, columns)), shape=(k, k)).tocsr()
    beats = sparse.csr_array((net > 0).astype(np.int64))
    decided = sparse.csr_array(beats + beats.T)
    around = (beats @ beats).multiply(beats.T).sum(axis=1)
    complete = (decided @ decided).multiply(decided).sum(axis=1) // 2
    return np.asarray(around, dtype=np.int64), np.asarray(complete, dtype=np.int64)
