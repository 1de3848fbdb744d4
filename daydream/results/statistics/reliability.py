"""How reliable the scores are, overall and for every evaluation template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from daydream.results.statistics.icc import intraclass_correlations
from daydream.results.statistics.krippendorff import interval_alpha
from daydream.results.statistics.ratings import (
    ESSAY,
    EVALUATOR,
    TEMPLATE,
    FloatArray,
    Scales,
    evaluations,
    ratings,
)

OVERALL = "overall"
_COLUMNS = [
    "measure",
    "scope",
    "value",
    "low",
    "high",
    "n_units",
    "n_raters",
    "n_expected",
    "n_valid",
]


class _Panel(NamedTuple):
    """The ratings of one scope: essays x raters, NaN where there is none."""

    scope: str
    matrix: FloatArray
    n_expected: int
    n_valid: int


def reliability(
    scores: pd.DataFrame,
    scales: Scales,
    *,
    n_boot: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Give the rows of ``krippendorff_alpha``, then those of ``intraclass``."""
    alphas = krippendorff_alpha(scores, scales, n_boot=n_boot, seed=seed, confidence=confidence)
    correlations = intraclass(scores, scales, confidence=confidence)
    parts = [part for part in (alphas, correlations) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else alphas


def krippendorff_alpha(
    scores: pd.DataFrame,
    scales: Scales,
    *,
    n_boot: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Interval alpha overall and per template: measure, scope, value, low, high, counts.

    Units are essays; replicates are averaged first. In a template's scope a rater is an
    evaluator model. In the scope ``overall`` a rater is a model with a template and scores are
    normalised, so that it answers "would any other score of this essay have come out the same?"
    and counts differences between templates as disagreement. The interval resamples essays.
    A scope with one evaluator model, or with fewer than two essays that two raters rated, has
    no row.
    """
    rows = []
    for panel in _panels(scores, scales):
        alpha = interval_alpha(panel.matrix, n_boot=n_boot, seed=seed, confidence=confidence)
        if alpha.n_units >= 2:
            rows.append(
                ("krippendorff_alpha", panel.scope, *alpha, panel.n_expected, panel.n_valid)
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


def intraclass(scores: pd.DataFrame, scales: Scales, *, confidence: float = 0.95) -> pd.DataFrame:
    """Compute the six ICCs of Shrout and Fleiss (1979) in the scopes of ``krippendorff_alpha``.

    Only essays that every rater of the scope rated are used (``n_units``); a scope with fewer
    than two of them has no rows. ``k`` in ``ICC(2,k)`` is ``n_raters``.
    """
    rows = []
    for panel in _panels(scores, scales):
        n_units = int((~pd.isna(panel.matrix)).all(axis=1).sum())
        n_raters = panel.matrix.shape[1]
        rows += [
            (*one[:1], panel.scope, *one[1:], n_units, n_raters, panel.n_expected, panel.n_valid)
            for one in intraclass_correlations(panel.matrix, confidence=confidence)
        ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _panels(scores: pd.DataFrame, scales: Scales) -> Iterator[_Panel]:
    frame = evaluations(scores, scales)
    parts = [(OVERALL, frame, [TEMPLATE, EVALUATOR])]
    parts += [(str(name), part, [EVALUATOR]) for name, part in frame.groupby(TEMPLATE, sort=True)]
    for scope, part, raters in parts:
        # One model under two templates is no second opinion.
        if part.loc[part["score"].notna(), EVALUATOR].nunique() >= 2:
            yield _panel(scope, part, raters)


def _panel(scope: str, frame: pd.DataFrame, raters: list[str]) -> _Panel:
    table = ratings(frame).pivot(index=ESSAY, columns=raters, values="unit")
    return _Panel(scope, table.to_numpy(dtype=float), len(frame), int(frame["score"].notna().sum()))
