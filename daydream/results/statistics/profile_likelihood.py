"""Intervals of variances, and of shares of them, from the profile of the likelihood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from daydream.results.statistics.likelihood_fit import Curvature, Interval
from daydream.results.statistics.mixed_model import MixedModel
from daydream.results.statistics.ratings import FloatArray, IntArray

CUT = float(stats.chi2.isf(0.05, 1))
_NEAR_ONE = 1 - 1e-9
_STEPS = 2
_AWAY = 0.01  # a search that starts at a standard deviation of 0 would stay there
_Target = Callable[[FloatArray], tuple[float, FloatArray]]


def profile_deviation(model: MixedModel, best: FloatArray, place: int, *, reml: bool) -> Interval:
    """95% interval of a standard deviation, on the scale of the values.

    The values for which twice the log likelihood, maximised over all else, lies within 3.84 of
    its maximum. With ``reml=False`` it is the interval that ``confint`` of lme4 gives. ``best`` is
    what ``best_variances`` gives for the same ``reml``.
    """
    excess = _Excess(model, best, np.delete(np.arange(len(best)), place), reml)
    centre = float(np.sqrt(best[place]))

    def above(target: float) -> float:
        return excess.of(_held(excess, place, target), excess.others)

    top = centre + 1.0
    while above(top) < 0 and top < 1e4:
        top *= 2
    high = np.nan if above(top) <= 0 else _root(above, centre, top)
    low = 0.0 if centre < 1e-6 or above(0.0) <= 0 else _root(above, 0.0, centre)
    return Interval(low * model.scale, high * model.scale)


def profile_share(
    model: MixedModel,
    best: FloatArray,
    group: Sequence[int],
    whole: Sequence[int],
    *,
    reml: bool,
) -> Interval:
    """95% interval of the variances of ``group`` together over those of ``whole``.

    Both are places in ``model.names``; ``whole`` contains ``group`` and more.
    """
    inside = np.asarray(group, dtype=np.int64)
    others = np.setdiff1d(np.arange(len(best)), inside)
    rest = np.setdiff1d(np.asarray(whole, dtype=np.int64), inside)
    excess = _Excess(model, best, np.append(others, inside), reml)
    centre = float(best[inside].sum() / best[list(whole)].sum())

    def above(target: float) -> float:
        odds = target / (1 - target)
        return excess.of(_shared(excess, others, inside, rest, odds), np.append(others, inside))

    high = 1.0 if above(_NEAR_ONE) <= 0 else _root(above, centre, _NEAR_ONE)
    low = 0.0 if centre < 1e-6 or above(0.0) <= 0 else _root(above, 0.0, centre)
    return Interval(low, high)


class EndAboveZero(NamedTuple):
    """Where an interval that begins at 0 ends: a standard deviation, and its variance's share."""

    deviation: float
    share: float


def end_above_zero(model: MixedModel, at: Curvature, place: int) -> EndAboveZero:
    """The upper end of the profile of a standard deviation that came out as 0.

    On the scale of the values, and beside it the share of all variance that it has there; NaN
    where there is no end. The other variances are not searched anew for every value but follow
    it by Newton's steps with the curvature at the optimum, those of 0 staying there. That takes
    some 20 evaluations of the restricted likelihood in place of a thousand.
    """
    least = model.deviance(at.best, reml=True)[0]
    unit = float(np.sqrt(at.best.sum()))

    def above(target: float) -> float:
        return _followed(model, at, place, target * unit)[0] - least - CUT

    top = 0.25
    while above(top) < 0 and top < 1e3:
        top *= 2
    if above(top) <= 0:
        return EndAboveZero(float("nan"), float("nan"))
    end = float(optimize.brentq(above, 0.0, top, xtol=1e-3, rtol=5e-3)) * unit
    variances = _followed(model, at, place, end)[1]
    return EndAboveZero(end * model.scale, float(variances[place] / variances.sum()))


def _followed(
    model: MixedModel, at: Curvature, place: int, deviation: float
) -> tuple[float, FloatArray]:
    """The least deviance found with one standard deviation held, and the variances there."""
    variances = at.best.copy()
    variances[place] = deviation**2
    found = []
    for _ in range(_STEPS):
        value, gradient = model.deviance(variances, reml=True)
        found.append((value, variances))
        slope = 2 * variances[at.kept] * gradient[at.kept]  # by log standard deviations
        steps = np.clip(at.covariance @ slope / 2, -1, 1)
        variances = variances.copy()
        variances[at.kept] *= np.exp(-2 * steps)
    return min(found, key=lambda one: one[0])


@dataclass
class _Excess:
    """How far a constrained optimum lies above the least deviance, less the cut.

    ``others`` are the places that are searched; searches start at the values of ``best``.
    """

    model: MixedModel
    best: FloatArray
    others: IntArray
    reml: bool

    def __post_init__(self) -> None:
        self.least = self.deviance(self.best)[0]

    def deviance(self, variances: FloatArray) -> tuple[float, FloatArray]:
        return self.model.deviance(variances, reml=self.reml)

    def of(self, target: _Target, places: IntArray) -> float:
        if not len(places):
            return target(np.zeros(0))[0] - self.least - CUT
        last = len(self.best) - 1
        found = optimize.minimize(
            target,
            np.sqrt(self.best[places]) + _AWAY,
            jac=True,
            method="L-BFGS-B",
            bounds=[(1e-4 if place == last else 0.0, None) for place in places],
            options={"ftol": 1e-8},
        )
        return float(found.fun) - self.least - CUT


def _held(excess: _Excess, place: int, target: float) -> _Target:
    """The deviance by the other standard deviations, with one of them held."""

    def deviance(sd: FloatArray) -> tuple[float, FloatArray]:
        variances = np.zeros(len(excess.best))
        variances[excess.others] = sd**2
        variances[place] = target**2
        value, gradient = excess.deviance(variances)
        return value, 2 * sd * gradient[excess.others]

    return deviance


def _shared(
    excess: _Excess, others: IntArray, inside: IntArray, rest: IntArray, odds: float
) -> _Target:
    """The deviance with the variances of ``inside`` held at ``odds`` times those of ``rest``.

    By the other standard deviations, and then by those of ``inside`` up to a factor: they say how
    it divides what it has.
    """
    in_rest = np.isin(others, rest)

    def deviance(sd: FloatArray) -> tuple[float, FloatArray]:
        own, free = sd[: len(others)], sd[len(others) :]
        sum_of_free = max(float((free**2).sum()), 1e-12)
        portion = free**2 / sum_of_free
        total = odds * float((own[in_rest] ** 2).sum())
        variances = np.zeros(len(excess.best))
        variances[others], variances[inside] = own**2, total * portion
        value, gradient = excess.deviance(variances)
        mean = float(portion @ gradient[inside])
        by_own = 2 * own * (gradient[others] + np.where(in_rest, odds * mean, 0.0))
        by_free = total * 2 * free / sum_of_free * (gradient[inside] - mean)
        return value, np.append(by_own, by_free)

    return deviance


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    if function(low) * function(high) > 0:  # the search for an inner optimum has failed
        return float("nan")
    return float(optimize.brentq(function, low, high, xtol=2e-5, rtol=1e-4))
