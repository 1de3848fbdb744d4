"""Evaluations on a scale on which they can be compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from daydream.errors import CatalogError
from daydream.parsers.score import ScoreRange

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Scales = Mapping[str, ScoreRange]

ESSAY = "parent_gen_id"
DRAFT = "draft_gen_id"
GENERATOR = "generation_model"
TEMPLATE = "evaluation_template"
EVALUATOR = "evaluation_llm_model"
ORIGIN = ("combo_id", "draft_template", "generation_template", "generation_model")
COMMON = ScoreRange(0.0, 10.0)

FAMILIES = ("generation_provider", "evaluation_provider")
WORDS = "essay_words"
ERROR = ("error_stage", "error_kind")  # why there is no score: a stage, a class of errors
TRUNCATED = "TruncatedError"

_TEXT = ("gen_id", ESSAY, DRAFT, "cohort_id", *ORIGIN, TEMPLATE, EVALUATOR, *FAMILIES, *ERROR)
_COLUMNS = (*_TEXT, "replicate", "score", WORDS)


def evaluations(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """One row per evaluation, with its scale (``low``, ``high``) and score in 0-1 (``unit``).

    An evaluation that several cohorts share counts once. Missing ids become ``""``, so that
    grouping never loses a row; a score that is not a finite number becomes NaN, and so does the
    score of an unknown essay. An essay from elsewhere has no draft and no combination, and is as
    independent of the others as a draft is: it stands for its own. Columns that ``scores`` lacks
    are made empty. What this function returned is returned as it is, so that many analyses of one
    table prepare it once. Raises CatalogError for a scale whose ends do not rise.
    """
    if tuple(scores.columns) == (*_COLUMNS, "low", "high", "unit"):
        return scores
    frame = scores.reindex(columns=list(_COLUMNS)).copy()
    for column in _TEXT:
        text = frame[column].astype(object)
        frame[column] = text.where(text.notna(), "").astype(str).astype(object)
    is_elsewhere = (frame[DRAFT] == "") & (frame["combo_id"] == "")
    frame[DRAFT] = frame[DRAFT].where(~is_elsewhere, frame[ESSAY])
    frame["score"] = pd.to_numeric(frame["score"], errors="coerce").astype(float)
    frame["score"] = frame["score"].where(np.isfinite(frame["score"]) & (frame[ESSAY] != ""))
    again = frame["gen_id"].duplicated() & (frame["gen_id"] != "")
    return _with_scale(frame[~again].reset_index(drop=True), scales)


def ratings(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per essay, template and evaluator that gave a score: its replicates averaged.

    ``frame`` is what ``evaluations`` returns. Columns: the three keys, ``score``, ``unit``,
    ``low``, ``high`` and ``n`` (replicates with a score).
    """
    keys = [ESSAY, TEMPLATE, EVALUATOR]
    valid = frame[frame["score"].notna()]
    table = valid.groupby(keys, sort=True).agg(
        score=("score", "mean"),
        unit=("unit", "mean"),
        low=("low", "first"),
        high=("high", "first"),
        n=("score", "size"),
    )
    # Means that are equal, such as of 5 and 5.5 and of 4 and 6.5, must be ties to ranks.
    return table.round({"score": 12, "unit": 12}).reset_index()


def comparable(frame: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """``frame`` with ``value``, and with ``scale_low`` and ``scale_high``, the scale it is on.

    ``value`` is the score as it is where all rows (all rows of a group, with ``by``) have one
    scale, and otherwise the score put on 0 to 10.
    """
    ends = frame[["low", "high"]]
    if by is None:
        mixed = pd.Series(len(ends.drop_duplicates()) > 1, index=frame.index, dtype=bool)
    else:
        groups = frame.groupby(by)[["low", "high"]]
        mixed = (groups.transform("min") != groups.transform("max")).any(axis=1)
    return frame.assign(
        value=frame["score"].where(~mixed, frame["unit"] * COMMON.high),
        scale_low=frame["low"].where(~mixed, COMMON.low),
        scale_high=frame["high"].where(~mixed, COMMON.high),
    )


def counts(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """``n_expected`` and ``n_valid`` evaluations for every group, indexed by ``by``."""
    return frame.groupby(by, sort=True).agg(
        n_expected=("score", "size"), n_valid=("score", "count")
    )


def _with_scale(frame: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    for name in frame[TEMPLATE].unique():
        low, high = scales.get(name, ScoreRange())
        if not low < high:
            raise CatalogError(
                f"evaluation template {name!r}: its scale runs from {low:g} to {high:g}; "
                "make score_max larger than score_min in 1_raw/evaluation_templates.csv"
            )
    return on_scale(frame, scales)


def on_scale(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Add the ends of each score's scale (``low``, ``high``) and its place on it, 0-1 (``unit``).

    A template without a scale of its own has the default one.
    """
    used = {name: scales.get(name, ScoreRange()) for name in scores[TEMPLATE].unique()}
    low = scores[TEMPLATE].map({name: scale.low for name, scale in used.items()}).astype(float)
    high = scores[TEMPLATE].map({name: scale.high for name, scale in used.items()}).astype(float)
    return scores.assign(low=low, high=high, unit=(scores["score"] - low) / (high - low))
