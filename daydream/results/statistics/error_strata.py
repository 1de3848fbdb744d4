"""The variance that differences of levels are held against, and the test of an axis as a whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from daydream.results.statistics.blocks import BlockFit, fit_blocks
from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.comparison_units import MIN_CLUSTERS, MIN_DF, Compared, Units
from daydream.results.statistics.ratings import IntArray

_POOL_ABOVE = 0.1


class Stratum(NamedTuple):
    """Residual variance, its degrees of freedom and least value; what it is of, and a warning."""

    variance: float
    df: float
    floor: float
    note: str
    warning: str


class AxisTest(NamedTuple):
    """F test that all levels of an axis are equal; NaN where it cannot be made."""

    f: float
    df_levels: float
    df_residual: float
    p: float


def error_stratum(compared: Compared, step: float) -> Stratum:
    """Choose the residual variance of the units, or that of whole combinations.

    Blocks of one combination may share a liking for a level. Where the residuals of a combination
    and level hang together (F test, p under 0.1) their variance is used, on its own degrees of
    freedom; otherwise the two are pooled, as preliminary tests in the analysis of variance do:
    T. A. Bancroft (1964), "Analysis and inference for incompletely specified models involving
    the use of preliminary test(s) of significance", Biometrics 20, 427-442. It is never smaller
    than that of rounding: half a ``step`` of the judges' scale for a single score.
    """
    units, fit = compared.units, compared.fit
    if fit.df < 1:
        return Stratum(np.nan, 0.0, np.nan, "", "")
    floor = (step / 2) ** 2 / float(units.n_scores.mean())
    plain = Stratum(max(fit.squares / fit.df, floor), float(fit.df), floor, "", "")
    if not units.paired or _is_axis_of_combos(units):
        return plain
    n_combos = int(units.combo.max()) + 1
    of_combos, df_combos = combination_squares(units, fit)
    df_rest = fit.df - df_combos
    if df_combos < 1 or df_rest < 1:
        return plain
    rest = max(fit.squares - of_combos, 1e-300)
    p = float(stats.f.sf((of_combos / df_combos) / (rest / df_rest), df_combos, df_rest))
    if p >= _POOL_ABOVE:
        return plain
    if n_combos < MIN_CLUSTERS or df_combos < MIN_DF:
        return plain._replace(
            warning=f"differences vary with the combination (p = {p:.2g}), and {n_combos} "
            "combinations cannot say what others would give"
        )
    note = "; errors by combination"
    return Stratum(max(of_combos / df_combos, floor), df_combos, floor, note, "")


def combination_squares(units: Units, fit: BlockFit) -> tuple[float, int]:
    """Sum of squares of level x combination after levels and blocks; its degrees of freedom.

    Every block is of one combination. Where all have the same units of each level it is that of
    the residuals' totals; or else each combination is fitted by itself, and it is what that takes
    from the residual sum of squares.
    """
    n_levels = int(units.level.max()) + 1
    cell = units.combo * n_levels + units.level
    blocks = np.bincount(
        units.block * n_levels + units.level, minlength=(int(units.block.max()) + 1) * n_levels
    ).reshape(-1, n_levels)
    if bool((blocks == blocks[0]).all()) and blocks[0].all():
        return _squares_of(cell, fit.residual), int(units.combo.max()) * (n_levels - 1)
    order = np.argsort(units.combo, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(units.combo))[:-1])
    fits = [
        fit_blocks(units.value[at], codes_of(units.level[at])[0], codes_of(units.block[at])[0])
        for at in parts
    ]
    squares = fit.squares - sum(part.squares for part in fits)
    return max(squares, 0.0), fit.df - sum(part.df for part in fits)


def _is_axis_of_combos(units: Units) -> bool:
    return bool((units.combo == units.level).all())


def _squares_of(group: IntArray, residual: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    total = np.bincount(group, residual)
    return float((total**2 / np.bincount(group)).sum())


def axis_test(compared: Compared, stratum: Stratum) -> AxisTest:
    """Test all levels at once.

    The residual is that of a model in which the levels' effects may also depend on the blocks'
    templates and models (as in a split plot with interaction), where enough is left of it; with
    errors by combination it is theirs.
    """
    units, fit = compared.units, compared.fit
    n_levels = int(units.level.max()) + 1
    if n_levels < 2 or compared.refused:
        return AxisTest(np.nan, np.nan, np.nan, np.nan)
    variance, df = stratum.variance, stratum.df
    if not stratum.note and units.paired and units.moderator.max() > 0:
        crossed, _ = codes_of(units.moderator * n_levels + units.level)
        full = fit_blocks(units.value, crossed, units.block)
        if full.df >= MIN_DF and full.squares > 0:
            variance, df = full.squares / full.df, float(full.df)
    f = fit.explained / (n_levels - 1) / variance
    return AxisTest(f, n_levels - 1, df, float(stats.f.sf(f, n_levels - 1, df)))
