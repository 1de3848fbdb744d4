"""Intervals of variances, and of shares of them, from the profile of the likelihood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from daydream.results.statistics.likelihood_fit import Interval
from daydream.results.statistics.likelihood_optimum import above_zero
from daydream.results.statistics.likelihood_region import (
    CUT,
    Goal,
    LikelihoodRegion,
    Point,
    likelihood_region,
)
from daydream.results.statistics.mixed_model import MixedModel
from daydream.results.statistics.rank_sets import BoolArray
from daydream.results.statistics.ratings import FloatArray

_FIRM = 0.25  # of the best value: nothing has taken the place of a variance that falls no lower


class Profile(NamedTuple):
    """Profile intervals of a standard deviation, on the values' scale, and of its share.

    NaN for an end that there is not, or that is beyond a million times all variance.
    """

    deviation: Interval
    share: Interval


def profiles(model: MixedModel, best: FloatArray, *, reml: bool) -> list[Profile]:
    """95% intervals of every standard deviation, and of each variance's share of all.

    The values for which twice the log likelihood, maximised over all else, lies within 3.84 of
    its maximum. With ``reml=False`` they are the intervals that ``confint`` of lme4 gives.
    ``best`` is what ``best_variances`` gives for the same ``reml``.
    """
    region = likelihood_region(model, best, reml=reml)
    return [profile(region, place) for place in range(len(best))]


def profile(region: LikelihoodRegion, place: int) -> Profile:
    """The intervals of one standard deviation and its share."""
    every = np.arange(len(region.best))
    own, whole = every == place, every >= 0
    without = cache(lambda: _without(region, own))
    ends = _ends(region, _variance_of(region, place), own, own, without)
    share = Interval(np.nan, np.nan)  # of the only variance there is
    if len(region.best) > 1:
        share = _ends(region, _share_of(region, own, whole), own, whole, without)
    return Profile(Interval(*(float(np.sqrt(end)) * region.model.scale for end in ends)), share)


def profile_share(region: LikelihoodRegion, group: Sequence[int], whole: Sequence[int]) -> Interval:
    """95% interval of the variances of ``group`` together over those of ``whole``.

    Both are places in the model's names; ``whole`` contains ``group`` and more. NaN where
    ``whole`` has no variance, of which there is no share.
    """
    own, every = (np.isin(np.arange(len(region.best)), names) for names in (group, whole))
    if not region.best[every].any():
        return Interval(np.nan, np.nan)
    goal = _share_of(region, own, every)
    return _ends(region, goal, own, every, lambda: _without(region, own))


def may_be_zero(region: LikelihoodRegion, group: Sequence[int]) -> bool:
    """Whether the data do not contradict that all of these variances are 0.

    Then the curvature at the optimum says nothing of how far they may go. The answer does not
    hang on whether a variance came out as 0 or just above.
    """
    point = _without(region, np.isin(np.arange(len(region.best)), group))
    return point is not None and point.above <= CUT


def _without(region: LikelihoodRegion, own: BoolArray) -> Point | None:
    """The best without these variances; None for the residual, without which there is nothing."""
    if not above_zero(region.best)[own].any():
        return Point(region.best, 0.0)
    return None if own[-1] else region.without(np.flatnonzero(own))


def _ends(
    region: LikelihoodRegion,
    goal: Goal,
    own: BoolArray,
    whole: BoolArray,
    without: Callable[[], Point | None],
) -> Interval:
    """The least and greatest value in the region: a variance, or a share where ``whole`` is more.

    The region may be curved so that a variance falls further once another one has taken its
    place: a low end that is far below the optimum is searched from there (``without``) as well.
    """

    def value(variances: FloatArray) -> float:
        variances = np.where(above_zero(variances), variances, 0.0)
        top = float(variances[own].sum())
        return top if own is whole else top / float(variances[whole].sum())

    high = region.extreme(goal, 1)
    point = without()
    if point is not None and point.above <= CUT:
        low: list[FloatArray | None] = [point.variances]
    else:
        low = [region.extreme(goal, -1)]
        if point is not None and (low[0] is None or value(low[0]) < _FIRM * value(region.best)):
            low.append(region.extreme(goal, -1, point))
    # Without a place where the likelihood has fallen enough, there is no end but the scale's.
    min_value, max_value = (np.nan, np.nan) if own is whole else (0.0, 1.0)
    lows = [value(end) for end in low if end is not None]
    return Interval(min(lows, default=min_value), max_value if high is None else value(high))


def _variance_of(region: LikelihoodRegion, place: int) -> Goal:
    slope = (np.arange(len(region.best)) == place).astype(np.float64)

    def goal(at: FloatArray) -> tuple[float, FloatArray]:
        return float(at[place]), slope

    return goal


def _share_of(region: LikelihoodRegion, own: BoolArray, whole: BoolArray) -> Goal:
    """A function that rises with the share: the odds, as asinh of what they are in units.

    Where the share is 1 at the optimum the odds have no slope there: then it is the odds of all
    others, which fall as the share rises.
    """
    others = whole & ~own
    rest_at_best = float(region.best[others].sum())
    above, below, sign = (own, others, 1) if rest_at_best > 0 else (others, own, -1)
    unit_ratio = float(region.units[above].sum()) / float(region.best[below].sum())

    def goal(at: FloatArray) -> tuple[float, FloatArray]:
        variances, slopes = region.variances(at), region.slopes(at)
        top = float(variances[above].sum())
        rest = max(float(variances[below].sum()), 1e-12)
        odds = top / rest / unit_ratio
        slope = np.where(above, slopes / rest, 0.0) - np.where(below, slopes * top / rest**2, 0.0)
        bent = sign * slope / unit_ratio / np.sqrt(1 + odds**2)
        return sign * float(np.arcsinh(odds)), np.asarray(bent, dtype=np.float64)

    return goal
