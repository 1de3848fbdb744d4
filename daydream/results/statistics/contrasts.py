"""Differences of every two levels of an axis, by evaluation template, with errors and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.axis_comparison import AxisComparison, compare_axis
from daydream.results.statistics.comparison_units import AXES
from daydream.results.statistics.essay_scores import essay_scores
from daydream.results.statistics.level_counts import UNEVEN, LevelCounts, level_counts
from daydream.results.statistics.pair_tests import cell_means, superiority
from daydream.results.statistics.ratings import TEMPLATE, FloatArray, IntArray, Scales, evaluations
from daydream.results.statistics.score_scale import ScoreScale, score_scales

MAX_LISTED = 100
CONTRAST_COLUMNS = [
    *("axis", TEMPLATE, "n_templates", "level_a", "level_b", "n_blocks", "n_drafts"),
    *("difference", "se", "df", "low", "high", "t", "p", "p_holm", "difference_share"),
    *("effect_size", "superiority", "axis_f", "axis_df", "axis_df_residual", "axis_p"),
    *("scale_low", "scale_high", "n_expected", "n_valid", "method", "warning"),
]


def contrasts(
    scores: pd.DataFrame,
    scales: Scales,
    *,
    axes: Sequence[str] = AXES,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """A row for every two levels of every axis, under each evaluation template and their composite.

    The composite (``evaluation_template`` is ``all``, ``n_templates`` how many it is of) weighs
    all templates alike; there is none with a single template. ``difference`` is the mean of
    ``level_a`` less that of ``level_b``, adjusted for judges and blocks, in points of the scale
    ``scale_low`` to ``scale_high`` (0 to 10 where a composite is of different scales);
    ``difference_share`` is its share of the scale. ``se`` has ``df`` degrees of freedom,
    ``low`` and ``high`` are the interval of this pair alone, ``p`` is two-sided, and ``p_holm``
    holds for all pairs of the axis and template together. ``effect_size`` is Hedges' g: the
    difference in standard deviations of single clusters of one level. ``superiority`` is the
    share of the shared blocks in which ``level_a`` is above, ties as halves. ``axis_f`` tests all
    levels of the axis at once. ``n_blocks`` counts the blocks that both levels have, ``n_drafts``
    the drafts behind the two, ``n_expected`` and ``n_valid`` their evaluations.

    ``method`` says what was compared on what (see ``compare_on``), ``warning`` why there is no
    interval, or what to distrust. Of more than 100 levels the pairs of the first 100 are listed;
    ``p_holm`` counts all.
    """
    frame = evaluations(scores, scales)
    points = score_scales(frame)
    parts = []
    for scored in essay_scores(frame):
        for axis in axes:
            counts = level_counts(frame, axis, scored.template)
            found = compare_axis(scored, axis, confidence)
            parts.append(_rows(found, axis, counts, points[scored.template], confidence))
    if not parts:
        return pd.DataFrame(columns=CONTRAST_COLUMNS)
    table = pd.concat(parts, ignore_index=True)
    order = {axis: number for number, axis in enumerate(axes)}
    table = table.sort_values("axis", key=lambda names: names.map(order), kind="stable")
    return table[CONTRAST_COLUMNS].reset_index(drop=True)


def _rows(
    found: AxisComparison,
    axis: str,
    counts: Mapping[str, LevelCounts],
    scale: ScoreScale,
    confidence: float,
) -> pd.DataFrame:
    pairs, units = found.pairs, found.compared.units
    listed = np.isin(pairs.first, found.order[:MAX_LISTED]) & np.isin(
        pairs.second, found.order[:MAX_LISTED]
    )
    first, second = pairs.first[listed], pairs.second[listed]
    difference, error, df = pairs.difference[listed], pairs.error[listed], pairs.df[listed]
    margin = stats.t.isf((1 - confidence) / 2, df) * error
    names = [(found.levels[i], found.levels[j]) for i, j in zip(first, second, strict=True)]
    test = found.test
    return pd.DataFrame(
        {
            "axis": axis,
            TEMPLATE: found.scored.template,
            "n_templates": found.scored.n_templates,
            "level_a": [level for level, _ in names],
            "level_b": [other for _, other in names],
            "n_blocks": _shared_blocks(found, first, second),
            "n_drafts": found.n_drafts[first] + found.n_drafts[second]
            if not found.within_drafts
            else _shared_blocks(found, first, second),
            "difference": difference * scale.width,
            "se": error * scale.width,
            "df": df,
            "low": (difference - margin) * scale.width,
            "high": (difference + margin) * scale.width,
            "t": pairs.t[listed],
            "p": pairs.p[listed],
            "p_holm": pairs.p_holm[listed],
            "difference_share": difference,
            "effect_size": _hedges_g(difference, found),
            "superiority": superiority(units, first, second),
            "axis_f": test.f,
            "axis_df": test.df_levels,
            "axis_df_residual": test.df_residual,
            "axis_p": test.p,
            "scale_low": scale.low,
            "scale_high": scale.high,
            "n_expected": [counts[a].n_expected + counts[b].n_expected for a, b in names],
            "n_valid": [counts[a].n_valid + counts[b].n_valid for a, b in names],
            "method": _methods(found, pairs.own[listed]),
            "warning": [_warning(found, counts[a], counts[b], a, b) for a, b in names],
        }
    )


def _shared_blocks(found: AxisComparison, first: IntArray, second: IntArray) -> IntArray:
    units = found.compared.units
    if not units.paired:
        return np.zeros(len(first), dtype=np.int64)
    _, known = cell_means(units, units.value)
    return np.asarray((known.T @ known)[first, second], dtype=np.int64)


def _hedges_g(difference: FloatArray, found: AxisComparison) -> FloatArray:
    """Cohen's d with the correction for few: L. V. Hedges (1981), J. Educ. Stat. 6, 107-128."""
    spread, df = found.means.spread, found.means.spread_df
    if not spread > 0 or df < 2:
        return np.full(len(difference), np.nan)
    return np.asarray(difference / spread * (1 - 3 / (4 * df - 1)), dtype=np.float64)


def _methods(found: AxisComparison, own: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[str]:
    if found.compared.refused:
        return [""] * len(own)
    method = found.compared.units.method + found.stratum.note
    return [f"{method}; variance of this pair" if is_own else method for is_own in own]


def _warning(
    found: AxisComparison, one: LevelCounts, other: LevelCounts, name_a: str, name_b: str
) -> str:
    parts = []
    if found.compared.refused:
        parts.append(f"no interval: {found.compared.refused}")
    if found.stratum.warning:
        parts.append(found.stratum.warning)
    if abs(one.coverage - other.coverage) > UNEVEN:
        parts.append(
            f"coverage differs: {name_a} has {one.coverage:.0%} of its scores, "
            f"{name_b} {other.coverage:.0%}"
        )
    return "; ".join(parts)
