"""Variances of a mixed model by (restricted) maximum likelihood, and how uncertain they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from daydream.results.statistics.likelihood_optimum import above_zero
from daydream.results.statistics.mixed_model import MixedModel
from daydream.results.statistics.ratings import FloatArray, IntArray

_Z = float(stats.norm.isf(0.025))
_NO_END = 1e150  # the square of a larger standard deviation is beyond all numbers


class Interval(NamedTuple):
    """A 95% interval; NaN where it has no end."""

    low: float
    high: float


class Curvature(NamedTuple):
    """Covariance of the log standard deviations that are not 0, and their places."""

    best: FloatArray
    positive: IntArray
    covariance: FloatArray


def curvature(model: MixedModel, best: FloatArray) -> Curvature:
    """How sharp the restricted likelihood is at ``best``, what ``best_variances`` gives of it."""
    positive = np.flatnonzero(above_zero(best))
    inverse = np.linalg.pinv(_information(model, best, positive), hermitian=True)
    return Curvature(best, positive, np.asarray(inverse, dtype=np.float64))


def approximate(at: Curvature, place: int, scale: float) -> Interval:
    """95% interval of a standard deviation from the curvature, on the scale of its logarithm.

    ``scale`` is the model's. A variance that came out as 0 is held there, and has no interval;
    NaN for an upper end that is beyond all numbers.
    """
    if place not in at.positive:
        return Interval(np.nan, np.nan)
    slope = (at.positive == place).astype(float)
    with np.errstate(over="ignore"):  # of a variance of which nearly nothing is known
        low, high = np.exp(_about(float(np.log(np.sqrt(at.best[place]))), slope, at)) * scale
    return Interval(float(low), float(high) if high < _NO_END else np.nan)


def approximate_share(at: Curvature, group: Sequence[int], whole: Sequence[int]) -> Interval:
    """95% interval of the variances of ``group`` over those of ``whole``, by its logit.

    Both are places in ``model.names``; ``whole`` contains ``group``. NaN where the share came out
    as 0 or 1.
    """
    own = np.isin(at.positive, group)
    rest = np.isin(at.positive, np.setdiff1d(np.asarray(whole), np.asarray(group)))
    if not (own.any() and rest.any()):
        return Interval(np.nan, np.nan)
    best = at.best[at.positive]
    top, bottom = best[own].sum(), best[rest].sum()
    slope = 2 * best * (own / top - rest / bottom)
    low, high = special.expit(_about(float(np.log(float(top) / float(bottom))), slope, at))
    return Interval(float(low), float(high))


def _about(centre: float, slope: FloatArray, at: Curvature) -> FloatArray:
    """The ends of an interval of a function with this slope by log standard deviations."""
    margin = _Z * float(np.sqrt(max(0.0, float(slope @ at.covariance @ slope))))
    return np.array([centre - margin, centre + margin])


def _information(model: MixedModel, best: FloatArray, places: IntArray) -> FloatArray:
    """The information on log standard deviations: half the second derivative of the deviance."""
    step, rows = 1e-4, []
    for place in places:
        sides = []
        for sign in (1, -1):
            variances = best.copy()
            variances[place] *= np.exp(2 * sign * step)
            sides.append(2 * variances * model.deviance(variances, reml=True)[1])
        rows.append((sides[0] - sides[1])[places] / (2 * step))
    matrix = np.array(rows) / 2
    return (matrix + matrix.T) / 2
