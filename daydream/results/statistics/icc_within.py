"""Reliability among the essays of one origin: one model and one combination of concepts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.icc import Icc
from daydream.results.statistics.ratings import FloatArray, IntArray

MIN_ORIGINS = 5  # with fewer, the spread between them says too little for an interval


class Within(NamedTuple):
    """The coefficients, and the essays and origins behind them."""

    coefficients: list[Icc]
    n_units: int
    n_origins: int


class _Squares(NamedTuple):
    """Sums of squares of one origin: units after raters, and what is left, with degrees of freedom.

    ``weight`` is by how much the first grows with the variance of units.
    """

    units: float
    rest: float
    units_df: float
    rest_df: float
    weight: float


def within_origins(matrix: FloatArray, origins: IntArray, *, confidence: float = 0.95) -> Within:
    """ICC(3,1) and (3,k) of ``matrix`` (units x raters, NaN for none) within ``origins`` (units,).

    How far raters put the units of one origin into the same order: what origins differ in, and
    what a rater gives all units of an origin, has no part. An origin's sum of squares of units
    after raters, and what is left, are summed over origins and set equal to their expectations
    (Henderson's method III; S. R. Searle, G. Casella and C. E. McCulloch 1992, "Variance
    Components", section 5.5), so that gaps are no loss. The value can be negative. The interval
    is of the logarithm of the F ratio, its error from the spread between origins (linearised)
    and Student's t; with fewer than 5 origins there is none. Empty when no origin has two units
    with two raters in common.
    """
    code, _ = codes_of(origins)
    borders = np.cumsum(np.bincount(code))[:-1]
    parts = np.split(matrix[np.argsort(code, kind="stable")], borders)
    found = [_squares(part) for part in parts]
    table = np.array(
        [squares for squares in found if squares is not None and squares.units_df > 0], dtype=float
    )
    if not len(table) or table[:, 3].sum() <= 0:
        return Within([], 0, 0)
    n_units = int(
        sum(_n_units(part) for part, squares in zip(parts, found, strict=True) if squares)
    )
    units, rest, units_df, rest_df, weight = table.sum(axis=0)
    noise = 1e-20 * float(np.nansum(matrix**2))
    mean_raters = weight / units_df
    if rest <= noise:
        value = 1.0 if units > noise else float("nan")
        ones = [Icc("ICC(3,1)", value, np.nan, np.nan)]
    else:
        log_f = np.log(max(units, noise) / units_df) - np.log(rest / rest_df)
        margin = _margin(table, confidence)
        ends = (_from_f(at, mean_raters) for at in (log_f, log_f - margin, log_f + margin))
        ones = [Icc("ICC(3,1)", *ends)]
    k = matrix.shape[1]
    stepped = (k * rho / max(1 + (k - 1) * rho, 1e-9) for rho in ones[0][1:])
    return Within([*ones, Icc("ICC(3,k)", *stepped)], n_units, len(table))


def _margin(table: FloatArray, confidence: float) -> float:
    """Half the width of the interval of log F; NaN with too few origins."""
    n = len(table)
    if n < MIN_ORIGINS:
        return float("nan")
    units, rest, units_df, rest_df, _ = table.T
    parts = units / units.sum() - units_df / units_df.sum()
    parts = parts - rest / rest.sum() + rest_df / rest_df.sum()
    error = np.sqrt((parts**2).sum() * n / (n - 1))
    return float(stats.t.isf((1 - confidence) / 2, n - 1) * error)


def _from_f(log_f: float, raters: float) -> float:
    f = float(np.exp(log_f))
    return (f - 1) / (f - 1 + raters)


def _n_units(part: FloatArray) -> int:
    return int((np.isfinite(part).sum(axis=1) >= 2).sum())


def _squares(part: FloatArray) -> _Squares | None:
    """Of the units of one origin; None when fewer than two have two raters."""
    is_rated = np.isfinite(part)
    part, is_rated = part[is_rated.sum(axis=1) >= 2], is_rated[is_rated.sum(axis=1) >= 2]
    used = is_rated.any(axis=0)
    part, is_rated = part[:, used], is_rated[:, used]
    if len(part) < 2:
        return None
    centred = part - np.nanmean(part, axis=0)
    about_raters = float(np.nansum(centred**2))
    n, k = part.shape
    if is_rated.all():
        rank, rest = n + k - 1, float(((centred - centred.mean(axis=1)[:, None]) ** 2).sum())
    else:
        row, column = np.nonzero(is_rated)
        design = np.hstack([np.eye(n)[row], np.eye(k)[column]])
        fitted, _, rank, _ = np.linalg.lstsq(design, centred[is_rated], rcond=None)
        rest = float(((centred[is_rated] - design @ fitted) ** 2).sum())
    total = float(is_rated.sum())
    return _Squares(about_raters - rest, rest, rank - k, total - rank, total - k)
