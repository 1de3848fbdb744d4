"""Two cohorts compared: on the essays that both judged, and on the same cells of their designs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.comparison_units import COMBO, MIN_CLUSTERS
from daydream.results.statistics.essay_scores import EssayScores, essay_scores
from daydream.results.statistics.ratings import (
    DRAFT,
    ESSAY,
    EVALUATOR,
    ORIGIN,
    TEMPLATE,
    FloatArray,
    Scales,
    evaluations,
)
from daydream.results.statistics.score_scale import ScoreScale, score_scales

SAME_ESSAYS, SAME_CELLS, UNPAIRED = "the same essays", "the same cells", "unpaired"
_ALIKE = 1e-9


class CohortDifference(NamedTuple):
    """The second cohort less the first under one evaluation template (``all``: the composite).

    ``on`` says what was compared: the essays that both have; otherwise essays that only one has,
    paired by what the cells of both designs share (``paired_by``), or not paired. Means,
    ``difference`` and its interval (NaN: none, ``note`` says why) are in points of ``scale``.
    ``n_pairs`` counts pairs of essays or cells, 0 where nothing is paired; ``n_clusters`` the
    independent drafts, combinations or cells behind the interval. ``n_same`` of the ``n_scores``
    of the second cohort are evaluations that the first has, too.
    """

    template: str
    n_templates: int
    on: str
    paired_by: tuple[str, ...]
    judges: tuple[str, ...]
    n_essays: tuple[int, int]
    n_pairs: int
    n_clusters: int
    mean: tuple[float, float]
    difference: float
    low: float
    high: float
    scale: ScoreScale
    n_same: int
    n_scores: int
    note: str


_Frames = tuple[pd.DataFrame, pd.DataFrame]


class _Paired(NamedTuple):
    """Clusters' values in points, of pairs (P,) or of each cohort for itself."""

    on: str
    paired_by: tuple[str, ...]
    values: tuple[FloatArray, FloatArray]
    n_pairs: int
    note: str


def compare_cohorts(
    first: pd.DataFrame, second: pd.DataFrame, scales: Scales, confidence: float = 0.95
) -> list[CohortDifference]:
    """Compare the ``parsed_scores`` of two cohorts under the evaluation templates of both.

    An essay's value is what it would have from all judges of its cohort alike (see
    ``essay_scores``). Essays that both have are compared by themselves, with drafts as clusters:
    what differs there are the judges. Of the essays that only one cohort has, each cell (the
    levels that both designs have of combination, templates and model; an axis without a common
    level is what differs) is averaged and paired, with combinations as clusters; judges are those
    of both, where there are some. Without a common combination, the combinations of each cohort
    are clusters and nothing is paired (Welch's test); an essay from elsewhere is a cluster by
    itself. Intervals are Student's t over the means of
    clusters; fewer than five give none.
    """
    scores_a, scores_b = evaluations(first, scales), evaluations(second, scales)
    shared = set(_scored(scores_a)[TEMPLATE]) & set(_scored(scores_b)[TEMPLATE])
    scores_a, scores_b = (frame[frame[TEMPLATE].isin(shared)] for frame in (scores_a, scores_b))
    if not shared:
        return []
    essays = set(_scored(scores_a)[ESSAY]) & set(_scored(scores_b)[ESSAY])
    both = scores_a[scores_a[ESSAY].isin(essays)], scores_b[scores_b[ESSAY].isin(essays)]
    alone = _with_common_judges(
        *(frame[~frame[ESSAY].isin(essays)] for frame in (scores_a, scores_b))
    )
    return [
        *_differences(both, _on_essays, confidence),
        *_differences(alone, _on_cells, confidence),
    ]


def _scored(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["score"].notna()]


def _with_common_judges(one: pd.DataFrame, other: pd.DataFrame) -> _Frames:
    judges = set(_scored(one)[EVALUATOR]) & set(_scored(other)[EVALUATOR])
    if not judges:
        return one, other
    return one[one[EVALUATOR].isin(judges)], other[other[EVALUATOR].isin(judges)]


def _differences(
    frames: _Frames, paired: Callable[[EssayScores, EssayScores], _Paired], confidence: float
) -> Iterator[CohortDifference]:
    """Under each evaluation template that both frames have scores of, and their composite."""
    one, other = map(_scored, frames)
    templates = set(one[TEMPLATE]) & set(other[TEMPLATE])
    if not templates:
        return
    one, other = one[one[TEMPLATE].isin(templates)], other[other[TEMPLATE].isin(templates)]
    points = score_scales(other)
    judges = {str(name) for name in (*one[EVALUATOR], *other[EVALUATOR])}
    for part, counterpart in zip(essay_scores(one), essay_scores(other), strict=True):
        pair = paired(part, counterpart)
        scale = points[part.template]
        low, high, reason = _interval(pair, confidence)
        within = [
            frame if part.n_templates > 1 else frame[frame[TEMPLATE] == part.template]
            for frame in (one, other)
        ]
        values = pair.values
        difference = float(values[1].mean() - values[0].mean())
        yield CohortDifference(
            template=part.template,
            n_templates=part.n_templates,
            on=pair.on,
            paired_by=pair.paired_by,
            judges=tuple(sorted(judges)),
            n_essays=(len(part.table), len(counterpart.table)),
            n_pairs=pair.n_pairs,
            n_clusters=min(map(len, values)) if pair.on == UNPAIRED else len(values[0]),
            mean=(scale.points(float(values[0].mean())), scale.points(float(values[1].mean()))),
            difference=difference * scale.width,
            low=low * scale.width,
            high=high * scale.width,
            scale=scale,
            n_same=len(set(within[0]["gen_id"]) & set(within[1]["gen_id"])),
            n_scores=len(within[1]),
            note="; ".join(filter(None, (pair.note, reason))),
        )


def _on_essays(one: EssayScores, other: EssayScores) -> _Paired:
    merged = one.table.merge(other.table[[ESSAY, "value"]], on=ESSAY, suffixes=("_a", "_b"))
    return _Paired(SAME_ESSAYS, (), _clustered(merged, [DRAFT]), len(merged), "")


def _on_cells(one: EssayScores, other: EssayScores) -> _Paired:
    # A blank level, as essays from elsewhere have some, is none that two cohorts share.
    common = {name: {*one.table[name]} & {*other.table[name]} - {""} for name in ORIGIN}
    key = [name for name in ORIGIN if common[name]]
    unpaired = _Paired(UNPAIRED, (), (_by_combo(one), _by_combo(other)), 0, _OTHER_COMBOS)
    if not common[COMBO]:
        return unpaired
    cells = [_cells(part.table, key) for part in (one, other)]
    merged = cells[0].merge(cells[1], on=key, suffixes=("_a", "_b"))
    if merged.empty:
        return unpaired
    clusters, note = [COMBO], ""
    if merged[COMBO].nunique() < MIN_CLUSTERS <= len(merged):
        clusters = key
        note = f"holds for these {merged[COMBO].nunique()} combinations"
    values = _clustered(merged, clusters)
    return _Paired(SAME_CELLS, tuple(key), values, len(merged), note)


_OTHER_COMBOS = "other combinations: what differs may be these"


def _by_combo(scored: EssayScores) -> FloatArray:
    """The mean of each combination; an essay from elsewhere has none and stands for itself."""
    table = scored.table
    units = table[COMBO].where(table[COMBO] != "", table[ESSAY])
    return table["value"].groupby(units.to_numpy(), sort=True).mean().to_numpy(float)


def _cells(table: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    return table.groupby([*key], sort=True)["value"].mean().reset_index()


def _clustered(pairs: pd.DataFrame, clusters: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    means = pairs.groupby([*clusters], sort=True)[["value_a", "value_b"]].mean()
    return means["value_a"].to_numpy(float), means["value_b"].to_numpy(float)


def _interval(pair: _Paired, confidence: float) -> tuple[float, float, str]:
    """Ends of the interval of the difference, normalised, or why there is none."""
    one, other = pair.values
    n = min(len(one), len(other))
    if n < MIN_CLUSTERS:
        return np.nan, np.nan, f"no interval: {n} of the {MIN_CLUSTERS} clusters that it needs"
    if pair.on != UNPAIRED and np.ptp(other - one) < _ALIKE:
        return np.nan, np.nan, "no interval: the difference is the same in every cluster"
    if pair.on == UNPAIRED:
        ends = stats.ttest_ind(other, one, equal_var=False).confidence_interval(confidence)
    else:
        ends = stats.ttest_rel(other, one).confidence_interval(confidence)
    return float(ends.low), float(ends.high), ""
