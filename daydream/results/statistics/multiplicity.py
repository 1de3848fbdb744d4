"""Corrections for many tests."""

from __future__ import annotations

import numpy as np

from daydream.results.statistics.ratings import FloatArray


def holm(p: FloatArray) -> FloatArray:
    """Adjust p values so that they hold for all tests of a family together; NaN stays NaN.

    Rejecting those at or under 0.05 makes a false rejection anywhere in the family with a
    probability of at most 0.05, whatever the dependence between the tests. Source: S. Holm
    (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 65-70.
    """
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    times = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * times), 1.0)
    return adjusted
