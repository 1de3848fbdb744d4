"""Agreement per essay: how far its scores are apart, between evaluators and within each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from daydream.results.statistics.ratings import (
    COMMON,
    ESSAY,
    EVALUATOR,
    ORIGIN,
    TEMPLATE,
    FloatArray,
    Scales,
    comparable,
    counts,
    evaluations,
    ratings,
)

_STATISTICS = (
    "mean",
    "std_dev",
    "min",
    "max",
    "median",
    "range",
    "coefficient_of_variation",
    "relative_range",
    "relative_std_dev",
    "scale_low",
    "scale_high",
    "range_of_ten",
)
_COUNTS = ("n_ratings", "n_evaluators", "n_templates")
_LIMITS = (1.0, 2.0, 3.0)
_AGREEMENT = ("high_agreement", "moderate_agreement", "low_agreement", "poor_agreement")
_STABILITY = ("high_stability", "moderate_stability", "low_stability", "unstable")
# Differences of decimals such as 0.3 - 0.2 must not fall on the wrong side of a limit.
_ROUNDING = 9


def evaluator_agreement(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """One row per essay and evaluation template that two or more evaluator models scored.

    A rating is what one model gave the essay, its replicates averaged first: replicates are never
    raters. Ratings under different templates answer different questions and are not compared.
    The statistics are over those ratings, ``std_dev`` with n - 1, in the units of the template's
    scale (``scale_low``, ``scale_high``). ``coefficient_of_variation`` and ``relative_std_dev``
    are both std_dev / mean, ``relative_range`` is range / mean; all are NaN for a mean of 0 or
    less.

    ``agreement_class`` compares ``range_of_ten``, the range in tenths of the scale, with the
    limits 1, 2 and 3. A range grows with the number of judges. ``pair_difference``, how far two
    of the judges are apart on average, does not, and is the range where there are two of them:
    ``pair_class`` compares it, in tenths of the scale too, with the same limits.
    ``chance_difference`` is what it would be if nobody had looked at the essays: the mean
    difference of two ratings by different judges of different essays under that template.
    """
    frame = evaluations(scores, scales)
    by = [ESSAY, TEMPLATE]
    table = _spread(frame, by).drop(columns="n_templates")
    table = table[table["n_evaluators"] >= 2]
    rated = ratings(frame)
    table = table.assign(agreement_class=_classes(table["range_of_ten"], _AGREEMENT))
    table = table.join(_pair_differences(rated), on=by)
    table = table.assign(
        pair_class=_classes(table["pair_difference"], _AGREEMENT),
        chance_difference=table[TEMPLATE].map(_chance_differences(rated)).astype(float),
    )
    counted = [name for name in _COUNTS if name != "n_templates"]
    last = ["agreement_class", "pair_difference", "chance_difference", "pair_class"]
    return _finish(table, frame, [*by, *ORIGIN, *counted, *_STATISTICS, *last], sort=by)


def _pair_differences(rated: pd.DataFrame) -> pd.Series[float]:
    """Mean absolute difference of two ratings of an essay under a template, in tenths."""
    groups = rated.groupby([ESSAY, TEMPLATE], sort=True)["unit"]
    found = groups.agg(lambda units: _apart(units.to_numpy(dtype=np.float64)))
    size = groups.size()
    pairs = (size * (size - 1) / 2).where(size >= 2)
    return (found / pairs * COMMON.high).round(_ROUNDING).rename("pair_difference")


def _chance_differences(rated: pd.DataFrame) -> dict[str, float]:
    """By template: the same of different judges and different essays; NaN without such pairs."""
    found = {}
    for name, part in rated.groupby(TEMPLATE, sort=True):
        total, pairs = _apart(part["unit"].to_numpy(dtype=np.float64)), _pairs(len(part))
        for shared in (ESSAY, EVALUATOR):
            for _, alike in part.groupby(shared, sort=False)["unit"]:
                total -= _apart(alike.to_numpy(dtype=np.float64))
                pairs -= _pairs(len(alike))
        found[str(name)] = total / pairs * COMMON.high if pairs > 0 else float("nan")
    return found


def _apart(values: FloatArray) -> float:
    """The sum of absolute differences of all pairs of values."""
    n = len(values)
    return float(np.sort(values) @ (2 * np.arange(n) - n + 1))


def _pairs(n: int) -> float:
    return n * (n - 1) / 2


def comprehensive_variance(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Rows of three kinds (``analysis_type``) for every essay that has them.

    ``overall_variance``: over all ratings of the essay. ``template_variance``: one evaluator
    model across evaluation templates. ``model_variance``: one evaluation template across
    evaluator models. Ratings and statistics are those of ``evaluator_agreement``, in points of
    0 to 10 where templates of different scales come together; a row needs two ratings.
    ``evaluation_template`` and ``evaluation_llm_model`` are ``""`` where the row is about
    several. ``stability_class`` uses the limits of the agreement classes.
    """
    frame = evaluations(scores, scales)
    kinds = {
        "overall_variance": [ESSAY],
        "template_variance": [ESSAY, EVALUATOR],
        "model_variance": [ESSAY, TEMPLATE],
    }
    tables = [_spread(frame, by).assign(analysis_type=kind) for kind, by in kinds.items()]
    table = pd.concat([part[part["n_ratings"] >= 2] for part in tables], ignore_index=True)
    table = table.assign(stability_class=_classes(table["range_of_ten"], _STABILITY))
    for column in (TEMPLATE, EVALUATOR):
        table[column] = table[column].where(table[column].notna(), "")
    keys = ["analysis_type", ESSAY, TEMPLATE, EVALUATOR]
    columns = [*keys, *ORIGIN, *_COUNTS, *_STATISTICS, "stability_class"]
    return _finish(table, frame, columns, sort=[])


def _spread(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    rated = comparable(ratings(frame), by)
    table = rated.groupby(by, sort=True).agg(
        n_ratings=("value", "size"),
        n_evaluators=(EVALUATOR, "nunique"),
        n_templates=(TEMPLATE, "nunique"),
        mean=("value", "mean"),
        std_dev=("value", "std"),
        min=("value", "min"),
        max=("value", "max"),
        median=("value", "median"),
        scale_low=("scale_low", "first"),
        scale_high=("scale_high", "first"),
    )
    return _relative(table.join(counts(frame, by))).reset_index()


def _relative(table: pd.DataFrame) -> pd.DataFrame:
    spread = (table["max"] - table["min"]).round(_ROUNDING)
    width = table["scale_high"] - table["scale_low"]
    mean = table["mean"].where(table["mean"] > 0)
    return table.assign(
        range=spread,
        coefficient_of_variation=table["std_dev"] / mean,
        relative_range=spread / mean,
        relative_std_dev=table["std_dev"] / mean,
        range_of_ten=(spread / width * COMMON.high).round(_ROUNDING),
    )


def _classes(spread: pd.Series[float], names: tuple[str, ...]) -> pd.Series[str]:
    places = np.searchsorted(_LIMITS, spread.to_numpy(dtype=float), side="left")
    return pd.Series(np.asarray(names, dtype=object)[places], index=spread.index, dtype=object)


def _finish(
    table: pd.DataFrame, frame: pd.DataFrame, columns: list[str], sort: list[str]
) -> pd.DataFrame:
    origin = frame.drop_duplicates(ESSAY).set_index(ESSAY)[list(ORIGIN)]
    table = table.join(origin, on=ESSAY)
    table = table.sort_values(sort) if sort else table
    return table.reindex(columns=[*columns, "n_expected", "n_valid"]).reset_index(drop=True)
