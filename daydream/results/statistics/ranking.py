"""Levels of an axis in order, with what can and cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from daydream.errors import ConfigError
from daydream.results.statistics.axis_comparison import AxisComparison, compare_axis
from daydream.results.statistics.comparison_units import AXES, MIN_CLUSTERS
from daydream.results.statistics.essay_scores import ALL, EssayScores, essay_scores
from daydream.results.statistics.letters import compact_letters
from daydream.results.statistics.level_counts import UNEVEN, LevelCounts, level_counts
from daydream.results.statistics.rank_sets import BoolArray, rank_sets
from daydream.results.statistics.ratings import TEMPLATE, Scales, evaluations
from daydream.results.statistics.score_scale import ScoreScale, score_scales

MAX_LETTERED = 100  # levels; a display of more letters is not read
_POINTS = ["mean", "adjusted_mean", "low", "high", "shrunken_mean", "bound_low", "bound_high"]
_SHARES = {
    "mean_share": "mean",
    "adjusted_share": "adjusted_mean",
    "low_share": "low",
    "high_share": "high",
}
RANKING_COLUMNS = [
    *("axis", "level", TEMPLATE, "n_templates", "rank", "rank_low", "rank_high"),
    *("tied", "n_tied", "tied_with", "letters", *_POINTS, *_SHARES, "scale_low", "scale_high"),
    *("df", "n_clusters", "n_drafts", "n_essays", "n_expected", "n_valid", "n_truncated"),
    "warning",
]
_Row = dict[str, Any]


def ranking(
    scores: pd.DataFrame,
    scales: Scales,
    *,
    axes: Sequence[str] = AXES,
    confidence: float = 0.95,
    named: int | None = None,
) -> pd.DataFrame:
    """A row for every level of every axis, best first, by evaluation template; the composite last.

    The composite (``evaluation_template`` is ``all``) weighs its ``n_templates`` templates alike;
    there is none with a single template. Means are in points of ``scale_low`` to ``scale_high``
    (0 to 10 where a composite is of different scales); ``*_share`` are the same from 0 to 1.

    ``mean`` is of the evaluations that have a score. ``adjusted_mean`` is what it would be if
    every judge had scored every essay and every level were in every block (see ``essay_scores``
    and ``compare_on``); differences in ``contrasts`` are of these. ``low`` and ``high`` are its
    interval, from the spread of clusters pooled over levels, on ``df`` degrees of freedom; fewer
    than five clusters give none. A cluster is what a level has of one combination; with fewer than
    five combinations it is a draft, and the interval holds for these combinations.
    ``shrunken_mean`` is moved to the mean of all levels as far as chance explains their spread,
    and orders the levels where one has a single essay. ``bound_low`` and ``bound_high`` are
    ``mean`` if all missing scores were the lowest, or the highest, of their scale.

    Two levels are tied when their contrast, corrected for all pairs, does not tell them apart.
    ``rank_low`` to ``rank_high`` are the ranks that are possible, with the same confidence for
    all levels at once; levels that share a letter are tied (no letters for more than 100
    levels). ``tied_with`` has the first ``named`` levels (None: all), separated by spaces. Levels
    without a score are last, without a rank; of more than 3,000 levels the others are left out.

    Raises:
        ConfigError: when an axis is not one of ``AXES``.

    """
    unknown = [axis for axis in axes if axis not in AXES]
    if unknown:
        raise ConfigError(f"cannot rank by {', '.join(unknown)}: choose of {', '.join(AXES)}")
    frame = evaluations(scores, scales)
    if frame.empty:
        return pd.DataFrame(columns=RANKING_COLUMNS)
    scored = {part.template: part for part in essay_scores(frame)}
    templates = [*sorted(frame[TEMPLATE].unique()), *([ALL] if ALL in scored else [])]
    points = score_scales(frame)
    rows = [
        {"axis": axis, TEMPLATE: template, **row}
        for axis in axes
        for template in templates
        for row in _ranked(
            scored.get(template), axis, level_counts(frame, axis, template), confidence, named
        )
    ]
    return _in_points(pd.DataFrame(rows), points)


def _ranked(
    scored: EssayScores | None,
    axis: str,
    counts: Mapping[str, LevelCounts],
    confidence: float,
    named: int | None,
) -> list[_Row]:
    """Rows of the levels with a score, best first, then of those without."""
    found = compare_axis(scored, axis, confidence) if scored else None
    rows = _compared_rows(found, counts, named) if found else []
    ranked = {row["level"] for row in rows}
    n_templates = scored.n_templates if scored else 1
    rest = [] if found and found.dropped else [name for name in counts if name not in ranked]
    unscored = [{"level": name, **_counted(counts[name]), "warning": "no score"} for name in rest]
    return [{"n_templates": n_templates, **row} for row in [*rows, *unscored]]


def _compared_rows(
    found: AxisComparison, counts: Mapping[str, LevelCounts], named: int | None
) -> list[_Row]:
    order, fit, means = found.order, found.compared.fit, found.means
    n = len(order)
    apart = found.pairs.apart(n)[np.ix_(order, order)]
    mean = fit.mean[order]
    sets = rank_sets(mean, apart)
    letters = compact_letters(apart) if n <= MAX_LETTERED else [""] * n
    ranks = _ranks(found)
    names = [found.levels[level] for level in order]
    rows = []
    for at, level in enumerate(order):
        rows.append(
            {
                "level": names[at],
                "rank": ranks[at],
                "rank_low": int(sets.low[at]),
                "rank_high": int(sets.high[at]),
                **_ties(apart, at, names, named),
                "letters": letters[at],
                "adjusted_mean": mean[at],
                "low": mean[at] - means.margin[level],
                "high": mean[at] + means.margin[level],
                "shrunken_mean": found.shrunken[level],
                "df": means.df[level],
                "n_clusters": int(means.n_clusters[level]),
                "n_drafts": int(found.n_drafts[level]),
                "n_essays": int(found.n_essays[level]),
                **_counted(counts[names[at]]),
                "warning": _warning(found, level, counts, names[at]),
            }
        )
    return rows


def _ranks(found: AxisComparison) -> list[int]:
    """Ranks from 1 in the order listed; levels with equal means share one."""
    mean, shrunken = found.compared.fit.mean.round(12), found.shrunken.round(12)
    ranks: list[int] = []
    for at, level in enumerate(found.order):
        before = found.order[at - 1]
        same = at > 0 and mean[level] == mean[before] and shrunken[level] == shrunken[before]
        ranks.append(ranks[-1] if same else at + 1)
    return ranks


def _ties(apart: BoolArray, at: int, names: list[str], named: int | None) -> _Row:
    tied = [int(other) for other in np.flatnonzero(~apart[at]) if other != at]
    first = [names[other] for other in tied[:named]]
    listed = " ".join([*first, *(["..."] if len(first) < len(tied) else [])])
    return {"tied": bool(tied), "n_tied": len(tied), "tied_with": listed}


def _counted(counts: LevelCounts) -> _Row:
    return counts._asdict()


def _warning(
    found: AxisComparison, level: int, counts: Mapping[str, LevelCounts], name: str
) -> str:
    parts = []
    n_clusters, n_combos = (int(n[level]) for n in (found.means.n_clusters, found.means.n_combos))
    if n_clusters < MIN_CLUSTERS:
        parts.append(f"no interval: {n_clusters} of the {MIN_CLUSTERS} clusters that it needs")
    elif 1 < n_combos < n_clusters and n_combos < MIN_CLUSTERS:
        parts.append(f"holds for these {n_combos} combinations")
    if found.n_essays[level] == 1:
        parts.append("one essay: a place among many is mostly luck, see shrunken_mean")
    if found.compared.refused and len(found.levels) > 1:
        parts.append(f"not compared: {found.compared.refused}")
    others = [level_counts.coverage for other, level_counts in counts.items() if other != name]
    own = counts[name].coverage
    if others and max(abs(own - min(others)), abs(own - max(others))) > UNEVEN:
        parts.append(
            f"coverage differs between levels: {own:.0%} of its scores are there, "
            f"{min(others):.0%} to {max(others):.0%} of the others'"
        )
    if found.scored.panels > 1:
        parts.append("judges and essays fall into parts that share nothing")
    return "; ".join(parts)


def _in_points(table: pd.DataFrame, scales: Mapping[str, ScoreScale]) -> pd.DataFrame:
    table = table.reindex(columns=RANKING_COLUMNS)
    low = table[TEMPLATE].map({name: scale.low for name, scale in scales.items()}).astype(float)
    width = table[TEMPLATE].map({name: scale.width for name, scale in scales.items()})
    for name, of in _SHARES.items():
        table[name] = table[of].astype(float)
    for name in _POINTS:
        table[name] = low + table[name].astype(float) * width.astype(float)
    table["scale_low"], table["scale_high"] = low, low + width.astype(float)
    for name in ("rank", "rank_low", "rank_high", "n_templates"):
        table[name] = table[name].astype("Int64")
    for name in ("n_tied", "n_clusters", "n_drafts", "n_essays"):
        table[name] = table[name].astype("Int64").fillna(0).astype(int)
    table["tied"] = table["tied"].astype("boolean").fillna(False).astype(bool)
    for name in ("tied_with", "letters", "warning"):
        table[name] = table[name].astype(object).where(table[name].notna(), "")
    return table
