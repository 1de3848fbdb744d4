"""The six intraclass correlations of Shrout and Fleiss (1979)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from daydream.results.statistics.ratings import FloatArray


class Icc(NamedTuple):
    """One coefficient with its interval; ``form`` is written as in the paper."""

    form: str
    value: float
    low: float
    high: float


class _Squares(NamedTuple):
    """Mean squares of a two-way table: units, within units, raters, residual; n x k."""

    between: float
    within: float
    raters: float
    error: float
    n: int
    k: int


def intraclass_correlations(matrix: FloatArray, *, confidence: float = 0.95) -> list[Icc]:
    """ICC(1,1), (2,1), (3,1), (1,k), (2,k), (3,k) of ``matrix`` (units x raters), with F intervals.

    1: each unit has other raters; 2: the raters are a sample; 3: they are all there are, so that
    severity does not count. ``k``: reliability of the mean of the k raters. Only units that
    every rater rated are used; with fewer than two such units or raters the list is empty.
    Source: P. E. Shrout and J. L. Fleiss (1979), "Intraclass correlations: uses in assessing
    rater reliability", Psychological Bulletin 86, 420-428. A value is NaN when there is no
    variance at all, an interval also when raters differ by constants only.
    """
    complete = matrix[np.isfinite(matrix).all(axis=1)]
    if min(complete.shape) < 2:
        return []
    squares = _mean_squares(complete)
    tail = (1 - confidence) / 2
    ones = [_one(squares, tail), _two(squares, tail), _three(squares, tail)]
    return [*ones, *(_stepped_up(single, squares) for single in ones)]


def _mean_squares(table: FloatArray) -> _Squares:
    n, k = table.shape
    centred = table - table.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    left = centred - rows[:, None] - columns[None, :]
    noise = 1e-20 * float((table**2).sum())
    between, raters = k * float((rows**2).sum()), n * float((columns**2).sum())
    error = float((left**2).sum())
    # Rounding leaves dust where a sum of squares is 0, and a ratio of dust is not a result.
    between, raters, error = (
        0.0 if square <= noise else square for square in (between, raters, error)
    )
    return _Squares(
        between=between / (n - 1),
        within=(raters + error) / (n * (k - 1)),
        raters=raters / (k - 1),
        error=error / ((n - 1) * (k - 1)),
        n=n,
        k=k,
    )


def _one(squares: _Squares, tail: float) -> Icc:
    n, k = squares.n, squares.k
    upper = stats.f.isf(tail, n - 1, n * (k - 1))
    lower = stats.f.isf(tail, n * (k - 1), n - 1)
    value, low, high = (
        _ratio(between - squares.within, between + (k - 1) * squares.within)
        for between in (squares.between, squares.between / upper, squares.between * lower)
    )
    return Icc("ICC(1,1)", value, low, high)


def _two(squares: _Squares, tail: float) -> Icc:
    between, raters, error, n, k = (
        squares.between,
        squares.raters,
        squares.error,
        squares.n,
        squares.k,
    )
    value = _ratio(between - error, between + (k - 1) * error + k * (raters - error) / n)
    if not np.isfinite(value) or error == 0:
        return Icc("ICC(2,1)", value, np.nan, np.nan)
    freedom = _satterthwaite(value, raters / error, n, k)
    upper, lower = stats.f.isf(tail, n - 1, freedom), stats.f.isf(tail, freedom, n - 1)
    rest = k * raters + (k * n - k - n) * error
    low = n * (between - upper * error) / (upper * rest + n * between)
    high = n * (lower * between - error) / (rest + n * lower * between)
    return Icc("ICC(2,1)", value, float(low), float(high))


def _satterthwaite(value: float, ratio: float, n: int, k: int) -> float:
    """Degrees of freedom of the denominator for the interval of ICC(2,1)."""
    first = k * value * ratio
    second = n * (1 + (k - 1) * value) - k * value
    below = (n - 1) * first**2 + second**2
    return max(1e-6, (k - 1) * (n - 1) * (first + second) ** 2 / below)


def _three(squares: _Squares, tail: float) -> Icc:
    n, k = squares.n, squares.k
    freedom = (n - 1) * (k - 1)
    upper, lower = stats.f.isf(tail, n - 1, freedom), stats.f.isf(tail, freedom, n - 1)
    value, low, high = (
        _ratio(between - squares.error, between + (k - 1) * squares.error)
        for between in (squares.between, squares.between / upper, squares.between * lower)
    )
    return Icc("ICC(3,1)", value, low, high)


def _stepped_up(single: Icc, squares: _Squares) -> Icc:
    """Step up to the reliability of the mean of k raters, by Spearman and Brown."""
    k = squares.k
    value, low, high = (
        _ratio(k * rho, 1 + (k - 1) * rho) for rho in (single.value, single.low, single.high)
    )
    return Icc(single.form.replace(",1)", ",k)"), value, low, high)


def _ratio(above: float, below: float) -> float:
    return float(above / below) if np.isfinite(below) and below > 0 else float("nan")
