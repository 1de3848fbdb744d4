"""Means pulled towards their common mean by as much as chance explains of their spread."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from daydream.results.statistics.ratings import FloatArray


def between_variance(mean: FloatArray, variance: FloatArray) -> float:
    """Variance of the true means of K levels, from their means and sampling variances; at least 0.

    The value at which the weighted squares around the common mean are what K - 1 degrees of
    freedom lead to expect. Source: R. C. Paule and J. Mandel (1982), "Consensus values and
    weighting factors", Journal of Research of the National Bureau of Standards 87, 377-385.
    """

    def excess(between: float) -> float:
        weight = 1 / (variance + between)
        centre = float(weight @ mean / weight.sum())
        return float(weight @ (mean - centre) ** 2) - (len(mean) - 1)

    if len(mean) < 2 or excess(1e-12) <= 0:
        return 0.0
    upper = float(np.var(mean, ddof=1)) + 1e-9
    while excess(upper) > 0:
        upper *= 2
    return float(optimize.brentq(excess, 1e-12, upper))


def shrunken_means(mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Empirical Bayes: each mean moved to the common one by its own share of chance.

    ``variance`` (K,) is that of each mean; infinite or NaN means that nothing tells its chance
    from a difference, and then the level says nothing: it gets the common mean. Source:
    B. Efron and C. Morris (1975), "Data analysis using Stein's estimator and its
    generalizations", JASA 70, 311-319; normal means with unequal variances.
    """
    known = np.isfinite(variance)
    if not known.any():
        return np.full(len(mean), mean.mean())
    variance = np.where(known, np.maximum(variance, 1e-12), np.inf)
    between = between_variance(mean[known], variance[known])
    weight = 1 / (variance + between)
    centre = float(weight @ mean / weight.sum())
    keep = between / (between + variance)
    found: FloatArray = centre + keep * (mean - centre)
    return found
