"""Which means can be told apart, and the ranks, ties and groups that follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from daydream.results.statistics.ratings import FloatArray, IntArray

BoolArray = NDArray[np.bool_]
_BLOCK_CELLS = 500_000


class Spread(NamedTuple):
    """How uncertain K means are: variances (K,), essays behind each (K,), covariances (K x K).

    The covariances are None when no two keys share an essay: then they are 0.
    """

    variance: FloatArray
    essays: FloatArray
    covariance: FloatArray | None


class Standing(NamedTuple):
    """For each of K means in descending order: places that are possible, ties, group letters."""

    rank_low: IntArray
    rank_high: IntArray
    n_tied: IntArray
    tied_with: list[IntArray]
    group: list[str]


def standing(
    mean: FloatArray, spread: Spread, confidence: float, named: int | None = None
) -> Standing:
    """Compare every pair of ``mean`` (K,); ``tied_with`` has the first ``named`` ties of each.

    The time is quadratic in K, the memory is not: pairs are compared in blocks of rows.
    """
    ties: list[IntArray] = []
    columns: tuple[list[IntArray], ...] = ([], [], [])
    for first, sure in _blocks(mean, spread, confidence):
        rows = np.arange(first, first + len(sure))
        better = (sure & (mean[None, :] > mean[rows, None])).sum(axis=1)
        tied = ~sure
        tied[np.arange(len(rows)), rows] = False
        columns[0].append(1 + better)
        columns[1].append(len(mean) - sure.sum(axis=1) + better)
        columns[2].append(tied.sum(axis=1))
        ties += [np.flatnonzero(row)[:named] for row in tied]
    low, high, n_tied = (np.concatenate(one).astype(np.int64) for one in columns)
    return Standing(low, high, n_tied, ties, _groups(mean, spread, confidence))


def _blocks(mean: FloatArray, spread: Spread, confidence: float) -> Iterator[tuple[int, BoolArray]]:
    quantile = _quantiles(spread.essays, confidence)
    step = max(1, _BLOCK_CELLS // len(mean))
    for first in range(0, len(mean), step):
        rows = np.arange(first, min(first + step, len(mean)))
        yield first, _resolved(mean, spread, rows, quantile, confidence)


def _quantiles(essays: FloatArray, confidence: float) -> FloatArray:
    """Quantiles of t for 0, 1, 2, ... degrees of freedom, as many as a pair of keys can have."""
    most = int(2 * essays.max()) + 2
    return np.asarray(stats.t.isf((1 - confidence) / 2, np.maximum(np.arange(most), 0.5)))


def _resolved(
    mean: FloatArray, spread: Spread, rows: IntArray, quantile: FloatArray, confidence: float
) -> BoolArray:
    """Rows x K booleans: whether the interval of the difference of two keys leaves out 0."""
    variance, freedom = _difference(spread, rows)
    error = np.sqrt(variance)
    enough = (spread.essays[rows, None] >= 2) & (spread.essays[None, :] >= 2)
    gap = np.abs(mean[rows, None] - mean[None, :]) - 1e-12
    # Quantiles fall with the degrees of freedom: those of the whole numbers around them decide
    # nearly all pairs, and looking up is faster than computing.
    whole = freedom.astype(np.int64)
    sure: BoolArray = enough & (gap > quantile[whole] * error)
    maybe = enough & ~sure & (gap > quantile[whole + 1] * error)
    exact = stats.t.isf((1 - confidence) / 2, freedom[maybe])
    sure[maybe] = gap[maybe] > exact * error[maybe]
    return sure


def _difference(spread: Spread, rows: IntArray) -> tuple[FloatArray, FloatArray]:
    """Variance of the difference of two keys and its degrees of freedom, rows x K each."""
    few = np.maximum(spread.essays - 1, 1)
    inflate = spread.essays / few
    own = spread.variance * inflate
    both = own[rows, None] + own[None, :]
    freedom = np.minimum(few[rows, None], few[None, :])
    if spread.covariance is not None:
        shared = spread.covariance[rows] * np.sqrt(inflate[rows, None] * inflate[None, :])
        return np.maximum(both - 2 * shared, 0.0), freedom
    part = own**2 / few
    below = part[rows, None] + part[None, :]
    np.divide(both**2, below, out=freedom, where=below > 0)
    return both, freedom


def _groups(mean: FloatArray, spread: Spread, confidence: float) -> list[str]:
    letters: list[str] = []
    number = 0
    quantile = _quantiles(spread.essays, confidence)
    while len(letters) < len(mean):
        opened = len(letters)
        row = _resolved(mean, spread, np.array([opened]), quantile, confidence)[0, opened + 1 :]
        size = 1 + (int(row.argmax()) if row.any() else len(row))
        letters += [_letters(number)] * size
        number += 1
    return letters


def _letters(number: int) -> str:
    """0 is a, 25 is z, 26 is aa."""
    tail = chr(ord("a") + number % 26)
    return tail if number < 26 else _letters(number // 26 - 1) + tail
