"""Intraclass correlations from a mixed model: missing ratings, and essays that share drafts."""

from __future__ import annotations

import numpy as np

from daydream.results.statistics.icc import Icc
from daydream.results.statistics.likelihood_fit import (
    Interval,
    approximate_share,
    curvature,
)
from daydream.results.statistics.likelihood_optimum import best_variances
from daydream.results.statistics.likelihood_region import likelihood_region
from daydream.results.statistics.mixed_model import MixedModel, mixed_model
from daydream.results.statistics.profile_likelihood import may_be_zero, profile_share
from daydream.results.statistics.ratings import FloatArray, IntArray

_NOTHING = Interval(float("nan"), float("nan"))
_NO_VARIANCE = 1e-6  # of all variance: the search ends near 0, not at it
_ESSAY, _DRAFT, _RATER = "essay", "draft", "rater"
FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)")


def mixed_correlations(
    matrix: FloatArray, clusters: IntArray, *, with_intervals: bool = True
) -> list[Icc]:
    """The coefficients of ``intraclass_correlations``, with whatever ratings there are.

    ``matrix`` is units x raters, NaN where there is no rating; ``clusters`` (units,) says which
    units belong together (essays of one draft). Rating = cluster + unit + rater + rest, all
    random, by restricted maximum likelihood; the correlation is what clusters and units have of
    the variance (forms 2: raters' part included; 3: not; 1: of a model without raters). Without
    gaps and clusters that is the analysis of variance, except that nothing falls below 0.
    Intervals are from the curvature of the restricted likelihood on the scale of the logit (12
    drafts of 3 essays, 4 raters, a fifth missing: 94 to 98% of 200 held the truth), or, where the
    correlation may be 0, from its profile (96 to 97%, and a third shorter). Those of forms 1 and
    2 take the raters as a sample. ``k`` is the number of columns. Empty with fewer
    than two raters, or two units that two of them rated.

    Source: K. O. McGraw and S. P. Wong (1996), "Forming inferences about some intraclass
    correlation coefficients", Psychological Methods 1, 30-46, for the coefficients as ratios of
    variances.
    """
    unit, rater = np.nonzero(np.isfinite(matrix))
    pairable = np.isfinite(matrix).sum(axis=1) >= 2
    if min(matrix.shape) < 2 or pairable.sum() < 2:
        return []
    values = matrix[unit, rater]
    if float(np.var(values)) <= 1e-20 * float(np.mean(values**2)):
        ones = [Icc(form, np.nan, np.nan, np.nan) for form in FORMS]
    else:
        nested: list[tuple[str, object]] = [(_ESSAY, unit)]
        several = np.unique(clusters[unit])
        if 2 <= len(several) < len(np.unique(unit)):
            nested.append((_DRAFT, clusters[unit]))
        one_way = mixed_model(values, nested, [])
        two_way = mixed_model(values, nested, [(_RATER, rater)])
        ones = _ones(one_way, two_way, with_intervals)
    return [*ones, *(_stepped_up(single, matrix.shape[1]) for single in ones)]


def _ones(one_way: MixedModel, two_way: MixedModel, with_intervals: bool) -> list[Icc]:
    first = best_variances(one_way, reml=True)
    second = best_variances(two_way, reml=True)
    every = list(range(len(second)))
    without = [place for place in every if two_way.names[place] != _RATER]
    kinds = (
        (FORMS[0], one_way, first, list(range(len(first)))),
        (FORMS[1], two_way, second, every),
        (FORMS[2], two_way, second, without),
    )
    return [_one(*kind, with_intervals) for kind in kinds]


def _one(
    form: str, model: MixedModel, best: FloatArray, whole: list[int], with_interval: bool
) -> Icc:
    group = [place for place in whole if model.names[place] in (_ESSAY, _DRAFT)]
    whole_variance = float(best[whole].sum())
    if whole_variance <= _NO_VARIANCE * float(best.sum()):  # raters differ, and nothing else
        return Icc(form, np.nan, *_NOTHING)
    value = float(best[group].sum()) / whole_variance
    return Icc(form, value, *(_ends(model, best, group, whole) if with_interval else _NOTHING))


def _ends(model: MixedModel, best: FloatArray, group: list[int], whole: list[int]) -> Interval:
    region = likelihood_region(model, best, reml=True)
    if may_be_zero(region, group):
        return profile_share(region, group, whole)
    return approximate_share(curvature(model, best), group, whole)


def _stepped_up(single: Icc, k: int) -> Icc:
    """The reliability of the mean of k raters, by Spearman and Brown."""
    value, low, high = (k * rho / (1 + (k - 1) * rho) for rho in single[1:])
    return Icc(single.form.replace(",1)", ",k)"), value, low, high)
