"""Where the controls of a cohort stand among its essays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.comparison_units import MIN_CLUSTERS, MODEL
from daydream.results.statistics.ratings import (
    ESSAY,
    EVALUATOR,
    TEMPLATE,
    FloatArray,
    Scales,
    evaluations,
    ratings,
)

CONTROL_COLUMNS = [
    *("control", TEMPLATE, EVALUATOR, "n_essays", "mean", "low", "high", "essays_mean"),
    *("difference", "share_below", "scale_low", "scale_high", "n_expected", "n_valid", "warning"),
]


def controls(essays: pd.DataFrame, planted: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """A row for each kind of control, under each evaluation template: by all judges, and by each.

    ``essays`` and ``planted`` are the ``parsed_scores`` of the essays and of the controls, whose
    ``generation_model`` is the kind. A text's score is the mean over its judges, each the mean of
    its replicates. ``mean`` of the controls has Student's interval over texts, from five on;
    ``difference`` is ``mean`` less the mean of the essays, in points; ``share_below`` is the share
    of the essays that score below the mean of the controls, ties as halves.
    """
    every, given = evaluations(essays, scales), evaluations(planted, scales)
    rows = [
        row
        for (kind, template), part in given.groupby([MODEL, TEMPLATE], sort=True)
        for judge in ["", *sorted({*part[EVALUATOR]} - {""})]
        for row in _row(str(kind), str(template), judge, part, every)
    ]
    return pd.DataFrame(rows, columns=CONTROL_COLUMNS)


def _row(
    kind: str, template: str, judge: str, part: pd.DataFrame, every: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    beside = every[every[TEMPLATE] == template]
    if judge:
        part, beside = part[part[EVALUATOR] == judge], beside[beside[EVALUATOR] == judge]
    control, essay = _texts(part), _texts(beside)
    low, high, warning = _interval(control)
    mean, essays_mean = (float(v.mean()) if len(v) else np.nan for v in (control, essay))
    below = (essay < mean - 1e-9).mean() + (abs(essay - mean) <= 1e-9).mean() / 2
    yield {
        "control": kind,
        TEMPLATE: template,
        EVALUATOR: judge,
        "n_essays": len(control),
        "mean": mean,
        "low": low,
        "high": high,
        "essays_mean": essays_mean,
        "difference": mean - essays_mean,
        "share_below": float(below) if len(control) and len(essay) else np.nan,
        "scale_low": float(part["low"].iloc[0]),
        "scale_high": float(part["high"].iloc[0]),
        "n_expected": len(part),
        "n_valid": int(part["score"].notna().sum()),
        "warning": warning,
    }


def _texts(part: pd.DataFrame) -> FloatArray:
    """The mean score of each text, over its judges."""
    means = ratings(part).groupby(ESSAY)["score"].mean()
    return means.to_numpy(dtype=np.float64)


def _interval(values: FloatArray) -> tuple[float, float, str]:
    if len(values) < MIN_CLUSTERS:
        counted = f"{len(values)} of the {MIN_CLUSTERS} texts that it needs"
        return np.nan, np.nan, f"no interval: {counted}"
    if np.ptp(values) < 1e-9:
        return np.nan, np.nan, "no interval: every text has the same score"
    margin = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - margin), float(values.mean() + margin), ""
