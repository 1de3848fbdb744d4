"""What a design study plans for, and the variances of each target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from daydream.results.statistics.essay_scores import EssayScores, essay_scores
from daydream.results.statistics.level_variances import NOT_APART, Behind, level_variances
from daydream.results.statistics.ratings import DRAFT, ESSAY, ratings
from daydream.results.statistics.sensitivity import AXES

ESSAY_TARGET = "one_essay"
LEVEL_COMBO = "level_x_combo"
PANELS = "judges and essays fall into parts that share nothing: nothing can be said"
_ENDS = ("variance", "low", "high")
Parts = Mapping[str, float]


class Target(NamedTuple):
    """An axis, or one essay; variances in squared points: estimates, low ends, high ends.

    ``parts`` is empty where nothing can be said, and ``note`` says why. ``shares_drafts``: the
    levels have essays of the same drafts, whose own variance is no part of a difference.
    """

    name: str
    parts: tuple[Parts, ...]
    shares_drafts: bool
    note: str

    @property
    def level_x_combo(self) -> dict[str, float]:
        """What a combination gives to one level: the columns of the table."""
        names = (LEVEL_COMBO, f"{LEVEL_COMBO}_low", f"{LEVEL_COMBO}_high")
        return {
            n: part.get(LEVEL_COMBO, np.nan) for n, part in zip(names, self.parts, strict=False)
        }


def design_targets(frame: pd.DataFrame, components: pd.DataFrame, span: float) -> list[Target]:
    """Every axis with two levels, and one essay. ``span`` is the width of the scale in points.

    ``frame`` is what ``evaluations`` returns, ``components`` what ``variance_components`` does.
    The variances of level x combination and of drafts (of essays, where levels share drafts) come
    from the mean squares of ``contrasts``, as the components have no level x combination; those
    of essays, judges and replicates are the components.
    """
    by_end = tuple(_variances(components, column) for column in _ENDS)
    scored, rated = essay_scores(frame)[-1], ratings(frame)
    replicates = float(1 / (1 / rated["n"]).mean())
    axes = [axis for axis in AXES if scored.table[axis].nunique() > 1]
    targets = [_of_axis(scored, axis, by_end, span, replicates) for axis in axes]
    return [*targets, Target(ESSAY_TARGET, by_end, False, "")]


def of_one_essay(parts: Parts, judges: float, templates: int, replicates: float) -> float:
    """Variance of the mean that judges give an essay, for which their severity is no part."""
    per_rating = parts["residual"] / templates + parts["replicate"] / (templates * replicates)
    return (parts["judge_x_essay"] + per_rating) / judges


def _of_axis(
    scored: EssayScores, axis: str, by_end: tuple[Parts, ...], span: float, replicates: float
) -> Target:
    found = level_variances(scored, axis)
    note = PANELS if scored.panels > 1 else found.note
    if note:
        return Target(axis, (), found.behind.shares_drafts, note)
    templates = scored.n_templates
    ends = zip(by_end, found.level_x_combo, found.unit, strict=True)
    parts = tuple(
        {
            **_own(components, found.behind, unit * span**2, templates, replicates),
            LEVEL_COMBO: combo * span**2,
        }
        for components, combo, unit in ends
    )
    is_known = np.isfinite(found.level_x_combo.value)
    return Target(axis, parts, found.behind.shares_drafts, "" if is_known else NOT_APART)


def _own(
    parts: Parts, behind: Behind, unit: float, templates: int, replicates: float
) -> dict[str, float]:
    """Components with the level's own: of a unit's variance what essays and judges do not explain.

    Where levels share drafts, units are essays and the rest is an essay's own.
    """
    judged = of_one_essay(parts, behind.judges, templates, replicates)
    if behind.shares_drafts:
        return {**parts, DRAFT: 0.0, ESSAY: max(0.0, unit * behind.essays - judged)}
    rest = unit * behind.drafts - (parts[ESSAY] + judged) / behind.essays
    return {**parts, DRAFT: max(0.0, rest)}


def _variances(table: pd.DataFrame, column: str) -> Parts:
    """0 for what has no variance; infinity for one of which no upper end is known."""
    numbers = table.set_index("component").astype({"variance": float, column: float})
    found = numbers[column]
    if column == "high":
        found = found.mask(found.isna() & (numbers["variance"] > 0), np.inf)
    return {str(name): float(value) for name, value in found.fillna(0.0).items()}
