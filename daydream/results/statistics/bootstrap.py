"""Resampling of essays: the weights of a bootstrap, and intervals read from its draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import stats

from daydream.results.statistics.ratings import FloatArray, IntArray

MIN_CLUSTERS = 5  # with fewer, a resampled interval is far too narrow
_CHUNK_CELLS = 5_000_000


def weight_chunks(
    rng: np.random.Generator, n_units: int, n_boot: int, cells: int = 0
) -> Iterator[FloatArray]:
    """How often each of ``n_units`` is drawn, in chunks of shape (draws, n_units).

    ``n_boot`` draws in all, each of ``n_units`` with replacement. A chunk stays below some
    100 MB however many units there are, or ``cells`` that a draw is spread over.
    """
    step = max(1, _CHUNK_CELLS // max(1, n_units, cells))
    for start in range(0, n_boot, step):
        draws = min(step, n_boot - start)
        picked = rng.integers(n_units, size=(draws, n_units))
        picked += n_units * np.arange(draws)[:, None]
        flat = np.bincount(picked.ravel(), minlength=draws * n_units)
        yield flat.reshape(draws, n_units).astype(np.float64)


def resampled_sums(totals: FloatArray, n_boot: int, rng: np.random.Generator) -> FloatArray:
    """Sum over resampled units ``totals`` (units x columns): shape (n_boot, columns)."""
    if not len(totals):
        return np.zeros((n_boot, totals.shape[1]))
    chunks = weight_chunks(rng, len(totals), n_boot)
    return np.concatenate([weights @ totals for weights in chunks])


def bca_interval(
    value: float, draws: FloatArray, jackknife: FloatArray, confidence: float
) -> tuple[float, float]:
    """Bias-corrected and accelerated interval; NaN, NaN if there is no finite draw.

    ``draws`` are the bootstrap's values, ``jackknife`` the values without each unit in turn.
    Plain percentiles are right on average only for estimates without bias and skewness. Source:
    B. Efron (1987), "Better bootstrap confidence intervals", JASA 82, 171-185.
    """
    finite, left_out = draws[np.isfinite(draws)], jackknife[np.isfinite(jackknife)]
    if not (len(finite) and len(left_out) and np.isfinite(value)):
        return np.nan, np.nan
    below = (float((finite < value).sum()) + float((finite <= value).sum())) / (2 * len(finite))
    bias = stats.norm.ppf(np.clip(below, 0.5 / len(finite), 1 - 0.5 / len(finite)))
    gaps = left_out.mean() - left_out
    spread = float((gaps**2).sum())
    acceleration = float((gaps**3).sum()) / (6 * spread**1.5) if spread > 1e-24 else 0.0
    shifted = bias + stats.norm.ppf([(1 - confidence) / 2, (1 + confidence) / 2])
    places = stats.norm.cdf(bias + shifted / np.maximum(1 - acceleration * shifted, 1e-3))
    low, high = np.quantile(finite, places)
    return float(low), float(high)


def studentised_interval(
    value: float, error: float, draws: FloatArray, errors: FloatArray, confidence: float
) -> tuple[float, float]:
    """Bootstrap-t interval: quantiles of (draw - value) / its own error, in units of ``error``.

    ``draws`` and ``errors`` (n_boot,) are the estimates and standard errors of the resamples, all
    finite and the errors above 0. More exact than percentiles for few units, if the estimate is
    on a scale on which its error hardly depends on it. Source: P. Hall (1988), "Theoretical
    comparison of bootstrap confidence intervals", Annals of Statistics 16, 927-953.
    """
    tails = [(1 + confidence) / 2, (1 - confidence) / 2]
    high, low = np.quantile((draws - value) / errors, tails)
    return float(value - high * error), float(value - low * error)


def codes_of(labels: object) -> tuple[IntArray, int]:
    """Level numbers 0..k-1 of an array of labels, and k."""
    levels, codes = np.unique(np.asarray(labels), return_inverse=True)
    return codes.astype(np.int64).ravel(), len(levels)
