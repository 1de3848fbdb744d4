"""Where the variance of scores comes from, with intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from daydream.results.statistics.henderson import RESIDUAL, Components, variance_of
from daydream.results.statistics.likelihood_fit import (
    approximate,
    approximate_share,
    curvature,
)
from daydream.results.statistics.likelihood_optimum import above_zero, best_variances
from daydream.results.statistics.likelihood_region import likelihood_region
from daydream.results.statistics.mixed_model import MixedModel, mixed_model
from daydream.results.statistics.profile_likelihood import may_be_zero, profile, profiles
from daydream.results.statistics.ratings import (
    DRAFT,
    ESSAY,
    EVALUATOR,
    ORIGIN,
    TEMPLATE,
    FloatArray,
    Scales,
    comparable,
    evaluations,
)

RATING, REPLICATE = "rating", "replicate"
SAME = "replicates never differ: no interval"
JUDGE_GENERATOR, JUDGE_ESSAY = "judge_x_generator", "judge_x_essay"
FACTORS = (*ORIGIN, DRAFT, EVALUATOR, TEMPLATE, ESSAY, JUDGE_GENERATOR, JUDGE_ESSAY)
# Innermost first; each lies within the next.
NESTED = (RATING, JUDGE_ESSAY, ESSAY, DRAFT, "combo_id")
MOST_CROSSED = 600  # levels of crossed factors up to which the likelihood is used
MOST_COST = 50_000_000  # multiplications of a likelihood up to which there are profiles
PROFILE, CURVATURE, MOMENTS = "REML, profile", "REML, curvature", "moments"
_RATING_KEYS = ["combo_id", DRAFT, ESSAY, EVALUATOR, TEMPLATE]
_ENDS = ["low", "high", "share_low", "share_high"]
_COLUMNS = [
    *("component", "levels", "variance", "low", "high", "estimate", "share", "share_low"),
    *("share_high", "truncated", "method", "note", "scale_low", "scale_high"),
    *("n_expected", "n_valid"),
]


class _Ends(NamedTuple):
    """Of the interval of a variance, and of its share."""

    low: float
    high: float
    share_low: float
    share_high: float
    method: str


class Fit(NamedTuple):
    """Variances by component, 0 or above; what was dropped and why; the model, None by moments.

    ``best`` are the variances of greatest restricted likelihood, in the model's order and unit.
    """

    variance: dict[str, float]
    moments: Components
    model: MixedModel | None
    best: FloatArray


def variance_components(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Share of the score variance by source, all effects random and crossed or nested.

    Components: combo_id, draft_template, generation_template, generation_model;
    ``draft_gen_id``, what a draft has of its own; evaluation_llm_model, evaluation_template;
    ``parent_gen_id``, what an essay has of its own; ``judge_x_generator``, what a judge gives the
    essays of one model beyond all that; ``judge_x_essay``, what it gives one essay under every
    template; ``residual``, what the combination of essay, judge and template has of its own;
    ``replicate``, what changes when one evaluation is asked again. Without replicates the last
    two cannot be told apart and both are in ``residual``.

    ``variance`` is by restricted maximum likelihood, in squared units of the scale named (0 to 10
    if templates differ). ``low`` and ``high`` are its 95% interval, ``share`` is of the sum of
    the variances, with its own. ``method`` says what was used: "REML, profile" has intervals from
    the profile of the likelihood (as lme4 gives them: not of the restricted one). "REML,
    curvature", where all profiles would take long (hundreds of crossed levels), has them from the
    curvature of the restricted likelihood, on the scales of logarithm and logit; of variances
    that may be 0, from its profile. An upper end that no number holds is NaN. "moments" is
    Henderson's method, without interval, with more than 600 crossed levels, or where nothing is
    left to chance. Estimates and ends are right to all printed digits, so that neither the order
    of the rows nor the processor decides one; a few ends of small cohorts are to three or four.

    ``estimate`` is always Henderson's, unbiased and negative at times; ``truncated`` says that it
    was. A component that cannot be estimated has NaN and says why in ``note``. An effect with few
    levels is known badly whatever the number of scores: mind ``levels`` and the interval.
    """
    # In one order, so that the search for the greatest likelihood goes one way.
    frame = evaluations(scores, scales).sort_values("gen_id", kind="stable", ignore_index=True)
    valid = comparable(frame[frame["score"].notna()])
    if len(valid) < 2:
        return pd.DataFrame(columns=_COLUMNS)
    fitted = fit_components(valid)
    order = [*FACTORS, RESIDUAL, REPLICATE]
    table = pd.DataFrame({"component": order})
    table["levels"] = table["component"].map(fitted.moments.levels).astype("Int64")
    table["estimate"] = table["component"].map(fitted.moments.variance).astype(float)
    table["estimate"] = table["estimate"].mask(table["estimate"].abs() < _dust(valid), 0.0)
    table["truncated"] = table["estimate"] < 0
    table["variance"] = table["component"].map(fitted.variance).astype(float)
    total = table["variance"].sum()
    table["share"] = table["variance"] / total if total > _dust(valid) else np.nan
    table["note"] = [fitted.moments.dropped.get(name, "") for name in order]
    return table.join(_intervals(fitted, order)).assign(
        scale_low=float(valid["scale_low"].iloc[0]),
        scale_high=float(valid["scale_high"].iloc[0]),
        n_expected=len(frame),
        n_valid=len(valid),
    )[_COLUMNS]


def fit_components(valid: pd.DataFrame) -> Fit:
    """Fit the components of scored evaluations (what ``comparable`` returns).

    Replicates that never differ (as at temperature 0) are taken once, and their variance is 0: a
    likelihood has no greatest value where nothing is left to chance.
    """
    ratings = valid.groupby(_RATING_KEYS, sort=False)["value"]
    once = ~valid.duplicated(_RATING_KEYS)
    if not once.all() and bool((ratings.transform("max") == ratings.transform("min")).all()):
        fit = fit_components(valid[once])
        fit.variance[REPLICATE] = fit.moments.variance[REPLICATE] = 0.0
        fit.moments.dropped[REPLICATE] = SAME
        return fit
    labels = _labels(valid)
    values = valid["value"].to_numpy(dtype=float)
    moments = variance_of(values, labels)
    estimated = [name for name in moments.variance if name != RESIDUAL]
    crossed = [name for name in estimated if name not in NESTED]
    levels = sum(moments.levels[name] for name in crossed)
    positive = {name: max(0.0, value) for name, value in moments.variance.items()}
    by_moments = Fit(positive, moments, None, np.zeros(0))
    if levels > MOST_CROSSED or float(np.var(values)) <= _dust(valid):
        return _renamed(by_moments)
    nested = [(name, labels[name]) for name in NESTED if name in estimated]
    model = mixed_model(values, nested, [(name, labels[name]) for name in crossed])
    start = np.array([moments.variance[name] for name in model.names]) / model.scale**2
    best = best_variances(model, reml=True, start=start)
    if not above_zero(best)[-1]:  # nothing is left to chance: no likelihood is the greatest
        return _renamed(by_moments)
    variance = dict(zip(model.names, (best * model.scale**2).tolist(), strict=True))
    return _renamed(Fit(variance, moments, model, best))


def _labels(valid: pd.DataFrame) -> dict[str, object]:
    names = (*ORIGIN, DRAFT, EVALUATOR, TEMPLATE, ESSAY)
    labels: dict[str, object] = {name: valid[name].to_numpy(dtype=str) for name in names}
    # A draft belongs to one combination, whatever its name.
    labels[DRAFT] = valid.groupby(["combo_id", DRAFT]).ngroup().to_numpy()
    labels[ESSAY] = valid.groupby(["combo_id", DRAFT, ESSAY]).ngroup().to_numpy()
    crossings = {
        JUDGE_GENERATOR: [EVALUATOR, "generation_model"],
        JUDGE_ESSAY: ["combo_id", DRAFT, ESSAY, EVALUATOR],
        RATING: _RATING_KEYS,
    }
    codes = {name: valid.groupby(keys).ngroup().to_numpy() for name, keys in crossings.items()}
    return labels | codes


def _renamed(fit: Fit) -> Fit:
    """With replicates the innermost variance is theirs, and the rating's is the residual."""
    moments, variance = dict(fit.moments.variance), dict(fit.variance)
    dropped = dict(fit.moments.dropped)
    if RATING in moments:
        for values in (moments, variance):
            values[REPLICATE], values[RESIDUAL] = values[RESIDUAL], values.pop(RATING)
    else:
        dropped[REPLICATE] = _no_replicates(dropped.pop(RATING))
    return fit._replace(variance=variance, moments=Components(moments, fit.moments.levels, dropped))


def _no_replicates(reason: str) -> str:
    if reason.startswith("same groups"):
        return "one evaluator per essay: the residual is between replicates"
    return "no replicates: part of the residual"


def _dust(valid: pd.DataFrame) -> float:
    return 1e-12 * float(np.mean(valid["value"].to_numpy(dtype=float) ** 2)) + 1e-300


def _intervals(fit: Fit, order: list[str]) -> pd.DataFrame:
    """The ends of the variances and of the shares, and how they were found."""
    if fit.model is None:
        ends = pd.DataFrame(np.nan, index=range(len(order)), columns=_ENDS)
        return ends.assign(method=MOMENTS)
    is_cheap = fit.model.cost <= MOST_COST
    found = _profiled(fit.model, fit.best) if is_cheap else _curved(fit.model, fit.best)
    method = PROFILE if is_cheap else CURVATURE
    inner = {RESIDUAL: RATING, REPLICATE: RESIDUAL} if RATING in fit.model.names else {}
    nothing = _Ends(np.nan, np.nan, np.nan, np.nan, method)
    rows = [found.get(inner.get(name, name), nothing) for name in order]
    return pd.DataFrame(rows, columns=[*_ENDS, "method"])


def _profiled(model: MixedModel, best: FloatArray) -> dict[str, _Ends]:
    """By name, from the profile of the likelihood."""
    greatest = best_variances(model, reml=False, start=best)
    found = profiles(model, greatest, reml=False)
    return {
        name: _Ends(profile.deviation.low**2, profile.deviation.high**2, *profile.share, PROFILE)
        for name, profile in zip(model.names, found, strict=True)
    }


def _curved(model: MixedModel, best: FloatArray) -> dict[str, _Ends]:
    """By name; a variance that may be 0 has the ends of its profile: curvature knows no 0."""
    sharpness, region = curvature(model, best), likelihood_region(model, best, reml=True)
    every, found = range(len(best)), {}
    for place, name in enumerate(model.names):
        if may_be_zero(region, [place]):
            deviation, share = profile(region, place)
        else:
            deviation = approximate(sharpness, place, model.scale)
            share = approximate_share(sharpness, [place], every)
        found[name] = _Ends(deviation.low**2, deviation.high**2, *share, CURVATURE)
    return found
