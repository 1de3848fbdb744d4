"""The Bradley-Terry model with ties, fitted by maximum likelihood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from daydream.results.statistics.fisher_information import Information, laplacian
from daydream.results.statistics.ratings import FloatArray, IntArray

# Log strengths of items that never lose are infinite without it; a standard deviation of 5 lets
# odds of 150 to 1 pass for ordinary and moves an estimate from ten comparisons by some percent.
PRIOR_SD = 5.0
_STEPS = 100
_CLOSE = 1e-9


class Davidson(NamedTuple):
    """Log strengths (sum 0) and their standard errors, by item; log of the tie parameter."""

    strength: FloatArray
    error: FloatArray
    tie: float


def fit_davidson(pairs: IntArray, points: FloatArray) -> Davidson:
    """Fit ``pairs`` (n x 2, items 0..k-1) with ``points`` of the first: 1 won, 0.5 tie, 0 lost.

    P(i wins) : P(tie) : P(j wins) = p_i : v sqrt(p_i p_j) : p_j, the extension of Bradley and
    Terry's model by R. R. Davidson (1970), "On extending the Bradley-Terry model to accommodate
    ties in paired comparison experiments", JASA 65, 317-328. In log p and log v the likelihood
    is concave, so that Newton's method finds the maximum, and the information comes with it;
    the alternative, the MM algorithm of D. R. Hunter (2004), "MM algorithms for generalized
    Bradley-Terry models", Annals of Statistics 32, 384-406, needs no matrix but gives no errors.

    A normal prior of standard deviation ``PRIOR_SD`` on log p and log v keeps everything finite,
    where the likelihood alone would not. An item that won all of its comparisons with average
    items is put 2.4 above them after one, 3.5 after 4, 4.1 after 8, with errors of 2.5, 2.2, 2.0.
    Without ties log v ends between -4 and -9. Groups of items that did not meet even indirectly
    get the same mean, whose error is the prior's over the root of the group's size: for large
    groups far too little, so that only comparisons within a group mean anything.

    Errors are from the information, as if comparisons were independent. The fit costs a little
    for each comparison, the errors the cube of half to three quarters of the items: 5,000 on 2
    rings with 3 judges take 5 seconds and 0.36 GB, on 4 rings 6 seconds and 0.43 GB.
    """
    k = int(pairs.max()) + 1
    beta = np.zeros(k + 1)
    value = _objective(beta, pairs, points)
    for _ in range(_STEPS):
        step = information(beta, pairs).solve(_gradient(beta, pairs, points))
        beta, value = _climb(beta, step, value, pairs, points)
        if np.abs(step).max() < _CLOSE:
            break
    # A comparison says nothing about the sum of all log strengths, so that the inverse has the
    # prior's variance along (1, ..., 1) exactly, and centring takes its share from each item.
    variance = information(beta, pairs).variances() - PRIOR_SD**2 / k
    error = np.sqrt(np.clip(variance, 0.0, None))
    return Davidson(beta[:k] - beta[:k].mean(), error, float(beta[k]))


def information(beta: FloatArray, pairs: IntArray) -> Information:
    """Negative Hessian of the log posterior at ``beta`` (k + 1,): log strengths, then log v.

    The log odds are linear in beta with the statistics s_i = points, s_j = 1 - points and
    t = tied, so that it is their covariance, and the prior's inverse variance on the diagonal.
    """
    k = len(beta) - 1
    win, tie, _ = chances(beta, pairs).T
    expected = win + tie / 2
    with_tie = tie / 2 - expected * tie
    border: FloatArray = np.bincount(pairs[:, 0], with_tie, k).astype(float)
    border -= np.bincount(pairs[:, 1], with_tie, k)
    ridge = 1 / PRIOR_SD**2
    items = laplacian(pairs, win + tie / 4 - expected**2, ridge, k)
    return items._replace(border=border, corner=ridge + float((tie * (1 - tie)).sum()))


def chances(beta: FloatArray, pairs: IntArray) -> FloatArray:
    """Probabilities (n x 3) that the first of each pair wins, of a tie, that the second wins."""
    first, second = beta[pairs[:, 0]], beta[pairs[:, 1]]
    logits = np.column_stack([first, beta[-1] + (first + second) / 2, second])
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: FloatArray = odds / odds.sum(axis=1, keepdims=True)
    return found


def _climb(
    beta: FloatArray, step: FloatArray, value: float, pairs: IntArray, points: FloatArray
) -> tuple[FloatArray, float]:
    """Take the longest of step, step / 2, ... that does not make the likelihood smaller."""
    for halving in range(30):
        trial = beta + step / 2**halving
        reached = _objective(trial, pairs, points)
        if reached >= value - 1e-12 * abs(value):
            return trial, reached
    return beta, value


def _objective(beta: FloatArray, pairs: IntArray, points: FloatArray) -> float:
    column = np.rint(2 - 2 * points).astype(int)
    seen = np.maximum(chances(beta, pairs)[np.arange(len(points)), column], 1e-300)
    return float(np.log(seen).sum() - (beta**2).sum() / (2 * PRIOR_SD**2))


def _gradient(beta: FloatArray, pairs: IntArray, points: FloatArray) -> FloatArray:
    """Observed less expected statistics, less the prior's pull to 0."""
    k = len(beta) - 1
    win, tie, _ = chances(beta, pairs).T
    over = points - win - tie / 2
    strengths = np.bincount(pairs[:, 0], over, k) - np.bincount(pairs[:, 1], over, k)
    found: FloatArray = np.append(strengths, ((points == 0.5) - tie).sum()) - beta / PRIOR_SD**2
    return found
