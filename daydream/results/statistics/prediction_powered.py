"""Prediction-powered means: few human scores correct the many scores of judges.

Source: Angelopoulos, Duchi and Zrnic (2023), PPI++: Efficient Prediction-Powered Inference,
arXiv:2311.01453. Equal to ``ppi_mean_ci`` of the package ppi_py when every observation is a
cluster of its own; with clusters the variances are those of cluster sums.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from daydream.results.statistics.ratings import FloatArray


class CorrectedMean(NamedTuple):
    """A mean of human scores, estimated from human and judge scores together.

    ``weight`` (lambda in the source, 0 to 1) is how much the judge is relied on; at 0 the estimate
    is the human mean. ``se`` is its standard error, ``gain`` the variance of the human mean alone
    over the variance of the estimate: 2 means that as many human scores again were spared.
    """

    estimate: float
    se: float
    weight: float
    gain: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The normal confidence interval."""
        half = float(stats.norm.ppf(0.5 + level / 2)) * self.se
        return self.estimate - half, self.estimate + half


def corrected_mean(
    human: FloatArray,
    judge: FloatArray,
    judge_only: FloatArray,
    clusters: NDArray[np.int64] | None = None,
    clusters_only: NDArray[np.int64] | None = None,
) -> CorrectedMean:
    """The mean human score of all items, of which only some were rated by people.

    The rated items must be a random sample of all.

    Args:
        human: human scores of the rated items, shape (n,), n at least 2.
        judge: the judge's scores of the same items, shape (n,).
        judge_only: the judge's scores of the other items, shape (N,); may be empty.
        clusters: cluster (draft, say) of each rated item; None: each is its own.
        clusters_only: the same of the other items.

    Raises:
        ValueError: when there are fewer than two rated items.
    """
    if len(human) < 2:
        raise ValueError("at least two human scores are needed")
    weight = _weight(human, judge, judge_only) if len(judge_only) else 0.0
    imputed = weight * judge_only
    rectifier = human - weight * judge
    estimate = float(rectifier.mean() + (imputed.mean() if len(imputed) else 0.0))
    variance = _variance_of_mean(rectifier, clusters)
    if len(imputed):
        variance += _variance_of_mean(imputed, clusters_only)
    alone = _variance_of_mean(human, clusters)
    gain = alone / variance if variance > 0 else float("nan")
    return CorrectedMean(estimate, float(np.sqrt(variance)), weight, gain)


def _weight(human: FloatArray, judge: FloatArray, judge_only: FloatArray) -> float:
    """The weight that makes the variance least, cut to 0 and 1 (equation 6 of the source)."""
    n, others = len(human), len(judge_only)
    covariance = float(np.mean((human - human.mean()) * (judge - judge.mean())))
    spread = float(np.var(np.concatenate([judge, judge_only]), ddof=1))
    if spread == 0:
        return 0.0
    return min(1.0, max(0.0, covariance / ((1 + n / others) * spread)))


def _variance_of_mean(values: FloatArray, clusters: NDArray[np.int64] | None) -> float:
    deviations = values - values.mean()
    if clusters is not None:
        deviations = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=deviations)
    return float(np.sum(deviations**2)) / len(values) ** 2
