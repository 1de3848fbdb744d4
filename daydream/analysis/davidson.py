"""The Bradley-Terry model with ties, fitted by maximum likelihood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from daydream.analysis.scale import FloatArray, IntArray

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

    A normal prior of standard deviation ``PRIOR_SD`` on log p and log v keeps estimates finite
    for items that always win, for no ties, and for items that were never compared even
    indirectly; the latter then differ by no more than their wide intervals. Time is cubic in
    the number of items: seconds for a thousand.
    """
    k = int(pairs.max()) + 1
    beta = np.zeros(k + 1)
    value = _objective(beta, pairs, points)
    for _ in range(_STEPS):
        gradient, information = _derivatives(beta, pairs, points)
        step = np.asarray(np.linalg.solve(information, gradient), dtype=float)
        beta, value = _climb(beta, step, value, pairs, points)
        if np.abs(step).max() < _CLOSE:
            break
    _, information = _derivatives(beta, pairs, points)
    covariance = np.linalg.inv(information)[:k, :k]
    centre = np.eye(k) - 1 / k
    error = np.sqrt(np.clip(np.diag(centre @ covariance @ centre), 0.0, None))
    return Davidson(beta[:k] - beta[:k].mean(), error, float(beta[k]))


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


def _probabilities(beta: FloatArray, pairs: IntArray) -> FloatArray:
    """Columns: the first wins, tie, the second wins."""
    one, other = beta[pairs[:, 0]], beta[pairs[:, 1]]
    logits = np.column_stack([one, beta[-1] + (one + other) / 2, other])
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: FloatArray = odds / odds.sum(axis=1, keepdims=True)
    return chances


def _objective(beta: FloatArray, pairs: IntArray, points: FloatArray) -> float:
    chances = _probabilities(beta, pairs)
    column = np.rint(2 - 2 * points).astype(int)
    seen = np.maximum(chances[np.arange(len(points)), column], 1e-300)
    return float(np.log(seen).sum() - (beta**2).sum() / (2 * PRIOR_SD**2))


def _derivatives(
    beta: FloatArray, pairs: IntArray, points: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient and negative Hessian of the objective.

    The log odds are linear in beta with the statistics s_i = points, s_j = 1 - points and
    t = tied, so the gradient is observed less expected and the information their covariance.
    """
    k = len(beta) - 1
    win, tie, _ = _probabilities(beta, pairs).T
    expected = win + tie / 2
    first, second = pairs.T
    gradient = -beta / PRIOR_SD**2
    gradient[:k] += np.bincount(first, points - expected, k)
    gradient[:k] += np.bincount(second, expected - points, k)
    gradient[k] += float(((points == 0.5) - tie).sum())
    spread = win + tie / 4 - expected**2
    with_tie = tie / 2 - expected * tie
    information = np.eye(k + 1) / PRIOR_SD**2
    for row, column, sign in ((first, first, 1), (second, second, 1), (first, second, -1)):
        np.add.at(information, (row, column), sign * spread)
    np.add.at(information, (second, first), -spread)
    information[:k, k] = np.bincount(first, with_tie, k) - np.bincount(second, with_tie, k)
    information[k, :k] = information[:k, k]
    information[k, k] += float((tie * (1 - tie)).sum())
    return gradient, information
