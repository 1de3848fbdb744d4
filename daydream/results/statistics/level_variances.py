"""What a difference of two levels varies by: combinations, and drafts or essays of their own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from daydream.results.statistics.blocks import BlockFit
from daydream.results.statistics.comparison_units import SAME_DRAFT, Units, compare_on
from daydream.results.statistics.error_strata import combination_squares
from daydream.results.statistics.essay_scores import EssayScores
from daydream.results.statistics.ratings import DRAFT

ONE_COMBO = "one combination: nothing can be said about what others would give"
UNPAIRED = "levels share too few combinations: nothing can be said about differences on the same"
TOO_FEW = "as many effects as scores: nothing can be said"
NOT_APART = "one draft of each level a combination: level x combination is in the drafts' variance"


class Estimate(NamedTuple):
    """A variance, 0 or above, and its 95% interval; shares of the scale, squared."""

    value: float
    low: float
    high: float


_UNKNOWN = Estimate(np.nan, np.nan, np.nan)


class Behind(NamedTuple):
    """What a unit is the mean of: drafts, essays of each, judges of each under each template.

    Where levels share drafts (``shares_drafts``) a unit is an essay.
    """

    shares_drafts: bool
    drafts: float
    essays: float
    judges: float


class LevelVariances(NamedTuple):
    """Variances of an axis' levels beyond their mean and that of the combination.

    ``level_x_combo`` is what a combination gives to one level, whatever its drafts; NaN where it
    cannot be told from ``unit``, which then includes it. ``unit`` is the variance of one unit of a
    level and combination. ``note`` says why nothing is known: then the numbers are NaN.
    """

    level_x_combo: Estimate
    unit: Estimate
    behind: Behind
    note: str = ""


def level_variances(scored: EssayScores, axis: str) -> LevelVariances:
    """Estimate them from the mean squares on which ``contrasts`` rests (see ``compare_on``).

    With r units of each level and combination, the mean square of level x combination has the
    expectation unit + r x level_x_combo, and what is left has unit. Intervals: that of unit by
    chi-square; that of level_x_combo by R. K. Burdick and F. A. Graybill (1992), "Confidence
    Intervals on Variance Components", section 3.3 (modified large sample).
    """
    units, fit, _ = compare_on(scored.table, axis)
    behind = _behind(scored, units, axis)
    n_combos = int(units.combo.max()) + 1
    reason = ONE_COMBO if n_combos < 2 else UNPAIRED if not units.paired else ""
    if not reason and fit.df < 1:
        reason = TOO_FEW
    if reason:
        return LevelVariances(_UNKNOWN, _UNKNOWN, behind, reason)
    return LevelVariances(*_estimates(units, fit), behind)


def _estimates(units: Units, fit: BlockFit) -> tuple[Estimate, Estimate]:
    of_combos, df_combos = combination_squares(units, fit)
    df_rest = fit.df - df_combos
    if df_combos < 1 or df_rest < 1:
        return _UNKNOWN, _unit(fit.squares, fit.df)
    rest = max(fit.squares - of_combos, 0.0)
    cells = units.combo * (int(units.level.max()) + 1) + units.level
    each = float(1 / (1 / np.unique(cells, return_counts=True)[1]).mean())
    between = _between(of_combos / df_combos, rest / df_rest, df_combos, df_rest)
    return Estimate(*(part / each for part in between)), _unit(rest, df_rest)


def _unit(squares: float, df: float) -> Estimate:
    low, high = (squares / float(stats.chi2.isf(tail, df)) for tail in (0.025, 0.975))
    return Estimate(squares / df, low, high)


def _between(above: float, rest: float, n: float, m: float) -> Estimate:
    """``above`` less ``rest`` (mean squares on n and m degrees of freedom), 0 or more, its ends."""
    upper, lower = (float(stats.f.isf(tail, n, m)) for tail in (0.025, 0.975))
    g1, h1 = 1 - n / float(stats.chi2.isf(0.025, n)), n / float(stats.chi2.isf(0.975, n)) - 1
    g2, h2 = 1 - m / float(stats.chi2.isf(0.025, m)), m / float(stats.chi2.isf(0.975, m)) - 1
    g12 = ((upper - 1) ** 2 - (g1 * upper) ** 2 - h2**2) / upper
    h12 = ((1 - lower) ** 2 - (h1 * lower) ** 2 - g2**2) / lower
    under = (g1 * above) ** 2 + (h2 * rest) ** 2 + g12 * above * rest
    over = (h1 * above) ** 2 + (g2 * rest) ** 2 + h12 * above * rest
    gap = above - rest
    low, high = gap - np.sqrt(max(under, 0.0)), gap + np.sqrt(max(over, 0.0))
    return Estimate(max(gap, 0.0), max(float(low), 0.0), max(float(high), 0.0))


def _behind(scored: EssayScores, units: Units, axis: str) -> Behind:
    table = scored.table
    judges = float(1 / (scored.n_templates / table["n_scores"]).mean())
    if units.method == SAME_DRAFT:
        return Behind(True, 1.0, len(table) / len(units.value), judges)
    n_drafts = len(table[[DRAFT, axis]].drop_duplicates())
    return Behind(False, n_drafts / len(units.value), len(table) / n_drafts, judges)
