"""Where the variance of scores comes from, and how many evaluations an essay needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.henderson import RESIDUAL, Components, variance_of
from daydream.results.statistics.ratings import (
    ESSAY,
    EVALUATOR,
    ORIGIN,
    TEMPLATE,
    FloatArray,
    Scales,
    comparable,
    evaluations,
)

RATING = "rating"
REPLICATE = "replicate"
_COMPONENTS = [
    "component",
    "levels",
    "variance",
    "estimate",
    "share",
    "truncated",
    "note",
    "scale_low",
    "scale_high",
    "n_expected",
    "n_valid",
]
_NEEDED = [
    "width",
    "confidence",
    "n_evaluators",
    "replicates",
    "evaluations",
    "reachable",
    "variance_between",
    "variance_within",
    "scale_low",
    "scale_high",
    "n_expected",
    "n_valid",
]


def variance_components(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Share of the score variance by source, all effects random and crossed or nested.

    Components: combo_id, draft_template, generation_template, generation_model,
    evaluation_llm_model, evaluation_template; ``parent_gen_id``, what an essay has of its own
    (essays of the same origin, and the interactions of their origins); ``residual``, what the
    combination of essay, evaluator and template has of its own; ``replicate``, what changes when
    one evaluation is asked again. Without replicates the last two cannot be told apart and both
    are in ``residual``.

    ``variance`` is in squared units of the scale named (0 to 10 if templates differ);
    ``estimate`` is what came out, ``truncated`` says that it was negative and counts as 0, and
    ``share`` is of the sum of the variances. A component that cannot be estimated has NaN and
    says why in ``note``. An effect with few levels is known badly whatever the number of scores:
    mind ``levels``. For the method see ``variance_of``.
    """
    frame = evaluations(scores, scales)
    valid = comparable(frame[frame["score"].notna()])
    if len(valid) < 2:
        return pd.DataFrame(columns=_COMPONENTS)
    names = [*ORIGIN, EVALUATOR, TEMPLATE, ESSAY]
    found = _components(valid, names)
    order = [*names, RESIDUAL, REPLICATE]
    table = pd.DataFrame({"component": order})
    table["levels"] = table["component"].map(found.levels).astype("Int64")
    table["estimate"] = table["component"].map(found.variance).astype(float)
    table["note"] = pd.Series([found.dropped.get(name, "") for name in order], dtype=object)
    table = _with_shares(table, valid["value"].to_numpy(dtype=float))
    return _described(table, valid, len(frame))[_COMPONENTS]


def evaluations_needed(
    scores: pd.DataFrame, scales: Scales, width: float, *, confidence: float = 0.95
) -> pd.DataFrame:
    """How many evaluations per essay give its mean an interval of ``width`` (in scale points).

    The mean of m evaluators with r replicates each has the variance B / m + W / (m r), where
    B (``variance_between``) is the variance between evaluators (model and template) on one
    essay, severity included, and W (``variance_within``) that between replicates. Its normal
    interval is 2 z sqrt(B / m + W / (m r)) wide, hence

        r = ceil(W / (m h - B)) with h = (width / (2 z))^2, if m h > B.

    Rows: m from 1 to the number of evaluators there are, and then the m at which one replicate
    is enough. Where more replicates never reach the width, ``reachable`` is False and the
    numbers are missing. Without replicates W cannot be told from B, and only the last row is
    given; with one evaluator B is unknown, and the one row says how often to ask *that* one.
    The variances are treated as known. Empty when no essay has two scores.
    """
    if not width > 0:
        raise ValueError(f"width is {width}, must be above 0")
    frame = evaluations(scores, scales)
    valid = comparable(frame[frame["score"].notna()])
    if len(valid) < 2:
        return pd.DataFrame(columns=_NEEDED)
    found = _components(valid, [ESSAY])
    if ESSAY not in found.variance:
        return pd.DataFrame(columns=_NEEDED)
    half = width / (2 * float(stats.norm.isf((1 - confidence) / 2)))
    panel = valid.drop_duplicates([TEMPLATE, EVALUATOR])
    rows = _plans(_within_essay(found, len(panel)), half**2, len(panel))
    table = pd.DataFrame(rows, columns=_Plan._fields).assign(width=width, confidence=confidence)
    for column in ("replicates", "evaluations"):
        table[column] = table[column].astype("Int64")
    return _described(table, valid, len(frame))[_NEEDED]


class _Within(NamedTuple):
    """Variance within an essay between evaluators and between replicates; NaN: unknown."""

    between: float
    within: float


class _Plan(NamedTuple):
    n_evaluators: int
    replicates: int | None
    evaluations: int | None
    reachable: bool
    variance_between: float
    variance_within: float


def _components(valid: pd.DataFrame, names: list[str]) -> Components:
    """Components with the rating (essay x evaluator x template) last, renamed for the reader."""
    labels: dict[str, object] = {name: valid[name].to_numpy(dtype=str) for name in names}
    labels[RATING] = valid.groupby([ESSAY, TEMPLATE, EVALUATOR]).ngroup().to_numpy()
    found = variance_of(valid["value"].to_numpy(dtype=float), labels)
    variance, dropped = dict(found.variance), dict(found.dropped)
    if RATING in variance:
        variance[REPLICATE], variance[RESIDUAL] = variance[RESIDUAL], variance.pop(RATING)
    else:
        dropped[REPLICATE] = _no_replicates(dropped.pop(RATING))
    return Components(variance, found.levels, dropped)


def _no_replicates(reason: str) -> str:
    if reason.startswith("same groups"):
        return "one evaluator per essay: the residual is between replicates"
    return "no replicates: part of the residual"


def _with_shares(table: pd.DataFrame, values: FloatArray) -> pd.DataFrame:
    dust = 1e-12 * float(np.mean(values**2))
    estimate = table["estimate"].mask(table["estimate"].abs() <= dust, 0.0)
    variance = estimate.clip(lower=0.0)
    total = float(variance.sum())
    share = variance / total if total > 0 else variance * np.nan
    return table.assign(estimate=estimate, variance=variance, truncated=estimate < 0, share=share)


def _described(table: pd.DataFrame, valid: pd.DataFrame, n_expected: int) -> pd.DataFrame:
    return table.assign(
        scale_low=float(valid["scale_low"].iloc[0]),
        scale_high=float(valid["scale_high"].iloc[0]),
        n_expected=n_expected,
        n_valid=len(valid),
    )


def _within_essay(found: Components, n_panel: int) -> _Within:
    residual = max(0.0, found.variance[RESIDUAL])
    if REPLICATE in found.variance:
        return _Within(residual, max(0.0, found.variance[REPLICATE]))
    return _Within(np.nan, residual) if n_panel == 1 else _Within(residual, np.nan)


def _plans(parts: _Within, target: float, n_panel: int) -> list[_Plan]:
    if np.isnan(parts.between):
        replicates = max(1, _ceil(parts.within / target))
        return [_Plan(1, replicates, replicates, True, *parts)]
    known_within = 0.0 if np.isnan(parts.within) else parts.within
    enough = max(1, _ceil((parts.between + known_within) / target))
    sizes = [] if np.isnan(parts.within) else list(range(1, n_panel + 1))
    plans = [_plan(size, parts, target) for size in sizes if size < enough]
    return [*plans, _Plan(enough, 1, enough, True, *parts)]


def _plan(size: int, parts: _Within, target: float) -> _Plan:
    room = size * target - parts.between
    if room <= 0:
        return _Plan(size, None, None, False, *parts)
    replicates = max(1, _ceil(parts.within / room))
    return _Plan(size, replicates, size * replicates, True, *parts)


def _ceil(number: float) -> int:
    # 3.0000000000000004 is three.
    return int(np.ceil(round(number, 9)))
