"""The variances of greatest likelihood."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from daydream.results.statistics.mixed_model import MixedModel
from daydream.results.statistics.newton import newton
from daydream.results.statistics.rank_sets import BoolArray
from daydream.results.statistics.ratings import FloatArray, IntArray

_UNIT = 0.05  # of the variance of the values
LEAST_RESIDUAL = 1e-6  # of it, and in effect 0: it divides, and much less has no digits left
_LARGEST = 1e4


def lowest(count: int) -> FloatArray:
    """The least that so many variances, the residual last, may be."""
    return np.append(np.zeros(count - 1), LEAST_RESIDUAL)


def above_zero(variances: FloatArray) -> BoolArray:
    """Which variances, the residual last, are above the least that they may be."""
    return np.asarray(variances > (1 + 1e-9) * lowest(len(variances)), dtype=np.bool_)


def best_variances(
    model: MixedModel,
    *,
    reml: bool,
    start: FloatArray | None = None,
    zero: IntArray | None = None,
) -> FloatArray:
    """The variances of greatest (restricted) likelihood, in units of ``model.scale`` squared.

    Those at the places ``zero`` (not the residual's) are held at 0. A variance whose likelihood
    falls from 0 on is exactly 0; the others are right to some nine digits, wherever the search
    begins and in whatever order sums are taken.

    The search is a quasi-Newton method with bounds (L-BFGS-B) until the likelihood hardly rises,
    then Newton's. Coordinates are asinh(variance / 0.05), which reach 0 with a slope and follow
    the logarithm of what is large, and the residual's logarithm.
    """
    count = len(model.names)
    places = np.setdiff1d(np.arange(count), np.zeros(0, int) if zero is None else zero)

    def variances(at: FloatArray) -> FloatArray:
        found = np.zeros(count)
        found[places] = np.append(_UNIT * np.sinh(at[:-1]), np.exp(at[-1]))
        return found

    def target(at: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = model.deviance(variances(at), reml=reml)
        by_coordinate = np.append(_UNIT * np.cosh(at[:-1]), np.exp(at[-1]))
        return value, gradient[places] * by_coordinate

    bottom = np.append(np.zeros(len(places) - 1), np.log(LEAST_RESIDUAL))
    top = np.arcsinh(_LARGEST / _UNIT)
    first = np.full(count, 1 / count) if start is None else np.maximum(start, 1e-3)
    rough = optimize.minimize(
        target,
        np.append(np.arcsinh(first[places][:-1] / _UNIT), np.log(first[-1])),
        jac=True,
        method="L-BFGS-B",
        bounds=[*((low, top) for low in bottom[:-1]), (bottom[-1], np.log(_LARGEST))],
    )
    fine = newton(lambda at: target(at)[1], rough.x, bottom, is_minimum=True)
    return variances(fine.at if target(fine.at)[0] <= rough.fun + 1e-9 * model.count else rough.x)
