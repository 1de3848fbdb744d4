"""Variances of a mixed model by (restricted) maximum likelihood, and how uncertain they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from daydream.results.statistics.mixed_model import MixedModel
from daydream.results.statistics.ratings import FloatArray, IntArray

CUT = float(stats.chi2.isf(0.05, 1))
_Z = float(stats.norm.isf(0.025))
_ZERO = 1e-6


class Interval(NamedTuple):
    """A 95% interval; NaN where it has no end."""

    low: float
    high: float


def fit(model: MixedModel, *, reml: bool = True) -> FloatArray:
    """The variances of greatest (restricted) likelihood, on the values' own scale, 0 or above."""
    return best_variances(model, reml=reml) * model.scale**2


def profile(model: MixedModel, best: FloatArray, place: int, *, share: bool = False) -> Interval:
    """95% interval of a standard deviation, or of a share of the summed variance.

    The values for which twice the log likelihood (not the restricted one), maximised over all
    else, lies within 3.84 of its maximum: the interval that ``confint`` of lme4 gives. ``best``
    is what ``best_variances`` gives with ``reml=False``.
    """
    least = model.deviance(best, reml=False)[0]
    total = float(best.sum())
    centre = float(best[place] / total) if share else float(np.sqrt(best[place]))
    start = np.sqrt(np.delete(best, place)) + 0.01

    def excess(target: float) -> float:
        return _constrained(model, place, target, share, start) - least - CUT

    top = 1 - 1e-9 if share else centre + 1.0
    while not share and excess(top) < 0 and top < 1e4:
        top *= 2
    low = 0.0 if centre < 1e-6 or excess(0.0) <= 0 else _root(excess, 0.0, centre)
    high = (1.0 if share else np.nan) if excess(top) <= 0 else _root(excess, centre, top)
    factor = 1.0 if share else model.scale
    return Interval(low * factor, high * factor)


class Curvature(NamedTuple):
    """Covariance of the log standard deviations that are not 0, and their places."""

    best: FloatArray
    kept: IntArray
    covariance: FloatArray


def curvature(model: MixedModel, best: FloatArray) -> Curvature:
    """How sharp the restricted likelihood is at ``best``, what ``best_variances`` gives of it."""
    kept = np.flatnonzero(best > _ZERO * best.sum())
    inverse = np.linalg.pinv(_information(model, best, kept), hermitian=True)
    return Curvature(best, kept, np.asarray(inverse, dtype=np.float64))


def approximate(model: MixedModel, at: Curvature, place: int, *, share: bool) -> Interval:
    """The interval of ``profile`` from the curvature of the restricted likelihood, and cheaper.

    On the scale of the logarithm of a standard deviation, or of the logit of a share (delta
    method). Variances that came out as 0 are held there, and have no interval.
    """
    if place not in at.kept:
        return Interval(np.nan, np.nan)
    here = int(np.flatnonzero(at.kept == place)[0])
    shares = at.best[at.kept] / at.best[at.kept].sum()
    if not share:
        centre, slope = float(np.log(np.sqrt(at.best[place]))), np.eye(len(at.kept))[here]
    elif len(at.kept) == 1:
        return Interval(np.nan, np.nan)
    else:
        centre = float(np.log(shares[here] / (1 - shares[here])))
        # By log sd: 2 for its own share; the others share what is left.
        slope = -2 * shares / (1 - shares[here])
        slope[here] = 2.0
    margin = _Z * float(np.sqrt(max(0.0, slope @ at.covariance @ slope)))
    ends = np.exp([centre - margin, centre + margin])
    low, high = ends / (1 + ends) if share else ends * model.scale
    return Interval(float(low), float(high))


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


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    if function(low) * function(high) > 0:  # the search for an inner optimum has failed
        return float("nan")
    return float(optimize.brentq(function, low, high, xtol=2e-5, rtol=1e-4))


def best_variances(model: MixedModel, *, reml: bool, start: FloatArray | None = None) -> FloatArray:
    """The variances of greatest (restricted) likelihood, in units of ``model.scale`` squared."""
    count = len(model.names)

    def target(sd: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = model.deviance(sd**2, reml=reml)
        return value, 2 * sd * gradient

    first = np.full(count, 1 / count) if start is None else np.maximum(start, 1e-3)
    found = optimize.minimize(
        target,
        np.sqrt(first),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * (count - 1) + [(1e-4, None)],
    )
    return np.asarray(found.x, dtype=float) ** 2


def _constrained(
    model: MixedModel, place: int, target: float, share: bool, start: FloatArray
) -> float:
    """The least deviance with one standard deviation, or one share, held at ``target``."""
    others = np.delete(np.arange(len(model.names)), place)
    odds = target / (1 - target) if share else 0.0
    last = place == len(model.names) - 1
    bounds = [(0.0, None)] * (len(others) - 1) + [(0.0 if last else 1e-4, None)]

    def deviance(sd: FloatArray) -> tuple[float, FloatArray]:
        variances = np.zeros(len(model.names))
        variances[others] = sd**2
        variances[place] = odds * float((sd**2).sum()) if share else target**2
        value, gradient = model.deviance(variances, reml=False)
        return value, 2 * sd * (gradient[others] + odds * gradient[place])

    if not len(others):
        return deviance(np.zeros(0))[0]
    found = optimize.minimize(
        deviance, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-8}
    )
    return float(found.fun)
