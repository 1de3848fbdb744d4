"""Whether longer essays score higher, and how the writers compare at a common length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.bootstrap import MIN_CLUSTERS, codes_of
from daydream.results.statistics.cluster_robust import slope_error
from daydream.results.statistics.essay_scores import essay_scores
from daydream.results.statistics.ratings import (
    DRAFT,
    ESSAY,
    EVALUATOR,
    GENERATOR,
    TEMPLATE,
    WORDS,
    Scales,
    evaluations,
)

_COLUMNS = [
    *("analysis_type", EVALUATOR, TEMPLATE, GENERATOR, "slope_share", "low_share", "high_share"),
    *("se_share", "df", "p", "mean_share", "share_at_common_length", "words", "common_words"),
    *("n_essays", "n_drafts"),
    *("note", "n_expected", "n_valid"),
]


class _Slope(NamedTuple):
    slope_share: float
    low_share: float
    high_share: float
    se_share: float
    df: float
    p: float


def length_effect(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Rows of two kinds (``analysis_type``), by judge and template and over all of them (blank).

    ``slope``: the change of the normalised score per doubling of the essay's words, between
    essays of the same generation model; standard errors clustered by draft, no interval with fewer
    than five drafts (see ``slope_error``).
    An essay's score is adjusted for judges and templates that gave it none (``essay_scores``).
    ``mean``: a generation model's mean score, and what it would be at ``common_words``, the
    geometric mean over all essays, if that slope held; ``words`` is its own. A slope is no
    cause: long essays may be better. Essays without a word count are left out.
    """
    frame = evaluations(scores, scales)
    words = pd.to_numeric(frame[WORDS], errors="coerce").astype(float)
    frame = frame.assign(**{WORDS: words})
    rows = [row for keys, part in _scopes(frame) for row in _rows(keys, part)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _scopes(frame: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    yield {EVALUATOR: "", TEMPLATE: ""}, frame
    known = frame[frame[EVALUATOR] != ""]  # blank: the row over all
    for (judge, template), part in known.groupby([EVALUATOR, TEMPLATE], sort=True):
        yield {EVALUATOR: str(judge), TEMPLATE: str(template)}, part


def _rows(keys: dict[str, str], part: pd.DataFrame) -> Iterator[dict[str, object]]:
    counted = part[part[WORDS] > 0]
    scored = essay_scores(counted)
    if not scored:
        return
    essays = scored[-1].table
    words = counted.drop_duplicates(ESSAY).set_index(ESSAY)[WORDS]
    essays = essays.assign(log=np.log2(essays[ESSAY].map(words)))
    slope, note = _slope(essays, scored[-1].step / 2)
    if scored[-1].panels > 1:
        slope, note = _Slope(*[np.nan] * 6), "judges and essays fall into parts that share nothing"
    common = float(essays["log"].mean())
    yield {"analysis_type": "slope", **keys, GENERATOR: "", **slope._asdict(), **_about(essays)} | {
        **{"common_words": 2**common, "note": note, "n_expected": len(part)},
        "n_valid": int(part["score"].count()),
    }
    for model, own in essays.groupby(GENERATOR, sort=True):
        requested = part[part[GENERATOR] == model]
        moved = slope.slope_share * (float(own["log"].mean()) - common)
        yield {"analysis_type": "mean", **keys, GENERATOR: model, **_about(own)} | {
            "share_at_common_length": float(own["value"].mean()) - moved,
            **{"common_words": 2**common, "note": note, "n_expected": len(requested)},
            "n_valid": int(requested["score"].count()),
        }


def _about(essays: pd.DataFrame) -> dict[str, object]:
    return {
        "mean_share": float(essays["value"].mean()),
        "words": float(2 ** essays["log"].mean()),
        "n_essays": len(essays),
        "n_drafts": essays[DRAFT].nunique(),
    }


def _slope(essays: pd.DataFrame, min_spread: float) -> tuple[_Slope, str]:
    by = essays.groupby(GENERATOR)
    x = (essays["log"] - by["log"].transform("mean")).to_numpy(dtype=float)
    y = (essays["value"] - by["value"].transform("mean")).to_numpy(dtype=float)
    spread = float((x**2).sum())
    if spread < 1e-9:
        return _Slope(*[np.nan] * 6), "the essays of each model are all of one length"
    slope = float((x * y).sum()) / spread
    drafts, n_drafts = codes_of(essays[DRAFT].to_numpy(dtype=str))
    if n_drafts < MIN_CLUSTERS:
        return _Slope(slope, *[np.nan] * 5), f"fewer than {MIN_CLUSTERS} drafts: no interval"
    models, _ = codes_of(essays[GENERATOR].to_numpy(dtype=str))
    se, df = slope_error(x, y - slope * x, models, drafts)
    se = max(se, min_spread / np.sqrt(float(essays["n_scores"].mean()) * spread))
    margin = se * float(stats.t.isf(0.025, df))
    p = float(2 * stats.t.sf(abs(slope) / se, df))
    return _Slope(slope, slope - margin, slope + margin, se, df, p), ""
