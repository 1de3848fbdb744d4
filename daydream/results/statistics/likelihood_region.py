"""The likelihood region: all variances that the data do not contradict, and its extremes.

The 95% profile interval of a quantity goes from its least to its greatest value in the region
where the deviance is at most 3.84 above the least one. So each end is one optimum under one
constraint, which sequential quadratic programming finds in some ten evaluations of the likelihood,
in coordinates in which the region is nearly a ball; a profile of many points takes hundreds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from daydream.results.statistics.likelihood_optimum import above_zero, best_variances, lowest
from daydream.results.statistics.mixed_model import MixedModel
from daydream.results.statistics.newton import newton
from daydream.results.statistics.ratings import FloatArray, IntArray

CUT = float(stats.chi2.isf(0.05, 1))
_SMALL = 0.05  # of all variance: from here on coordinates are logarithmic
_FLAT = 0.1  # curvature below which a direction counts as no flatter
_STEP = 1e-4
_RISE = 2.0
# Straight to the border; if that leads astray, by borders of smaller regions.
_CUTS = ((CUT,), (CUT / 9, CUT * 4 / 9, CUT))
_ROUNDS = 4
_AT_BORDER = 1e-2  # of deviances: there a search ended at the border, and not on its way
_AT_BOTTOM = 1e-7  # a coordinate that the search left there
Goal = Callable[[FloatArray], tuple[float, FloatArray]]


class Point(NamedTuple):
    """Variances, and how far their deviance lies above the least one."""

    variances: FloatArray
    above: float


@dataclass(frozen=True)
class LikelihoodRegion:
    """The region around the variances of greatest likelihood, and coordinates for it.

    ``best`` are these variances, in units of the model's squared ``scale``; ``min_deviance`` is
    their deviance. Coordinates are asinh(variance / units), so that they can reach 0 and follow the
    logarithm of what is large. ``axes`` are directions from ``origin`` in which the deviance
    rises like the square of the length.
    """

    model: MixedModel
    reml: bool
    best: FloatArray
    min_deviance: float
    units: FloatArray
    origin: FloatArray
    axes: FloatArray

    @property
    def bottom(self) -> FloatArray:
        """0 for all but the residual, which divides."""
        return np.arcsinh(lowest(len(self.best)) / self.units)

    def variances(self, at: FloatArray) -> FloatArray:
        """The variances at these coordinates."""
        return np.asarray(self.units * np.sinh(self._held(at)), dtype=np.float64)

    def slopes(self, at: FloatArray) -> FloatArray:
        """The derivatives of the variances by the coordinates."""
        return np.asarray(self.units * np.cosh(self._held(at)), dtype=np.float64)

    def above(self, at: FloatArray) -> tuple[float, FloatArray]:
        """How far the deviance lies above the least one, and its slope by the coordinates."""
        value, gradient = self.model.deviance(self.variances(at), reml=self.reml)
        return value - self.min_deviance, gradient * self.slopes(at)

    def _held(self, at: FloatArray) -> FloatArray:
        top = np.arcsinh(1e6 * self.best.sum() / self.units)
        return np.clip(at, self.bottom, top)

    def extreme(self, goal: Goal, sign: int, start: Point | None = None) -> FloatArray | None:
        """The variances of the region where ``goal`` is greatest (sign 1) or least (-1).

        ``goal`` gives a value and its slope by the coordinates. The search begins at the optimum
        or at ``start``. None when there is no such place at the border of the region.
        """
        slope = self.axes.T @ goal(self.origin)[1]
        factor = sign * np.sqrt(CUT) / max(float(np.linalg.norm(slope)), 1e-9)
        first = self.origin if start is None else np.arcsinh(start.variances / self.units)
        reached = []
        for cuts in _CUTS:
            at = first
            for cut in cuts:
                at = self._near_border(goal, factor, cut, at)
            end = self._on_border(goal, factor, at)
            if end is not None:
                return end
            if abs(self.above(at)[0] - CUT) < _AT_BORDER:
                reached.append(at)
        # Where Newton's method does not settle, the search has some four digits.
        best = max(reached, key=lambda at: factor * goal(at)[0], default=None)
        return None if best is None else self.variances(best)

    def _near_border(self, goal: Goal, factor: float, cut: float, start: FloatArray) -> FloatArray:
        """Where ``factor`` times the goal is about greatest with a deviance of ``cut`` at most."""
        last: dict[bytes, tuple[float, FloatArray]] = {}

        def place(z: FloatArray) -> FloatArray:
            return np.asarray(self.origin + self.axes @ z, dtype=np.float64)

        def above(z: FloatArray) -> tuple[float, FloatArray]:
            if z.tobytes() not in last:
                last.clear()
                last[z.tobytes()] = self.above(place(z))
            return last[z.tobytes()]

        def target(z: FloatArray) -> tuple[float, FloatArray]:
            value, gradient = goal(place(z))
            return -factor * value, -factor * (self.axes.T @ gradient)

        def height(z: FloatArray) -> FloatArray:
            return np.array([above(z)[0]])

        def jacobian(z: FloatArray) -> FloatArray:
            return np.asarray(self.axes.T @ above(z)[1], dtype=np.float64)

        inside = optimize.NonlinearConstraint(height, -np.inf, cut, jac=jacobian)
        positive = optimize.LinearConstraint(self.axes, self.bottom - self.origin)
        z = np.asarray(np.linalg.solve(self.axes, start - self.origin), dtype=np.float64)
        reached = np.inf
        for _ in range(_ROUNDS):  # each forgets what the last one learned of the curvature
            found = optimize.minimize(
                target,
                z,
                jac=True,
                method="SLSQP",
                constraints=[inside, positive],
                options={"ftol": 1e-4, "maxiter": 60},
            )
            z, before, reached = found.x, reached, float(found.fun)
            if before - reached < 1e-2:
                break
        return place(z)

    def _on_border(self, goal: Goal, factor: float, near: FloatArray) -> FloatArray | None:
        """The variances on the border where ``factor`` times the goal is greatest, all digits.

        There the goal falls as the deviance rises, but for variances at 0. ``near`` is where a
        search ended. None where there is no such place.
        """
        known: dict[bytes, tuple[float, FloatArray]] = {}

        def above(at: FloatArray) -> tuple[float, FloatArray]:
            if at.tobytes() not in known:
                known[at.tobytes()] = self.above(at)
            return known[at.tobytes()]

        def slopes(at: FloatArray) -> FloatArray:
            (height, rise), gain = above(at[:-1]), factor * goal(at[:-1])[1]
            return np.append(at[-1] * rise - gain, height - CUT)

        near = np.where(near > self.bottom + _AT_BOTTOM, near, self.bottom)
        rise, gain = above(near)[1], factor * goal(near)[1]
        inner = near > self.bottom
        multiplier = float(rise[inner] @ gain[inner]) / max(float(rise[inner] @ rise[inner]), 1e-12)
        bottom = np.append(self.bottom, -np.inf)
        end = newton(slopes, np.append(near, multiplier), bottom, is_minimum=False)
        is_extreme = end.is_found and end.at[-1] > 0
        return self.variances(end.at[:-1]) if is_extreme else None

    def without(self, places: IntArray) -> Point:
        """The variances with those at these places 0; if need be, the best of these.

        The others are as they are where that is within the region. The residual cannot be 0.
        """
        held = self.best.copy()
        held[places] = 0.0
        point = Point(held, self.model.deviance(held, reml=self.reml)[0] - self.min_deviance)
        if point.above <= CUT:
            return point
        found = best_variances(self.model, reml=self.reml, start=self.best, zero=places)
        return Point(found, self.model.deviance(found, reml=self.reml)[0] - self.min_deviance)


def likelihood_region(model: MixedModel, best: FloatArray, *, reml: bool) -> LikelihoodRegion:
    """The region around ``best``, what ``best_variances`` gives for the same ``reml``."""
    total = float(best.sum())
    min_deviance = model.deviance(best, reml=reml)[0]
    units = np.minimum(best / 3, _SMALL * total)
    for place in np.flatnonzero(~above_zero(best)):
        units[place] = _step_from_zero(model, best, int(place), min_deviance, reml)
    origin, count = np.arcsinh(best / units), len(best)
    flat = LikelihoodRegion(model, reml, best, min_deviance, units, origin, np.eye(count))
    return replace(flat, axes=_axes(flat))


def _step_from_zero(
    model: MixedModel, best: FloatArray, place: int, min_deviance: float, reml: bool
) -> float:
    """A variance that raises the deviance by 1 or 2, where the best one is 0."""
    step = _SMALL * float(best.sum())
    for _ in range(20):
        variances = best.copy()
        variances[place] += step
        if model.deviance(variances, reml=reml)[0] - min_deviance < _RISE:
            break
        step /= 4
    return step


def _axes(region: LikelihoodRegion) -> FloatArray:
    """From the curvature; a variance of 0 is an axis of its own, as it has none there."""
    free = np.flatnonzero(above_zero(region.best))
    rows = []
    for place in free:
        step = np.zeros(len(region.best))
        step[place] = _STEP
        sides = [region.above(region.origin + sign * step)[1][free] for sign in (1, -1)]
        rows.append((sides[0] - sides[1]) / (2 * _STEP))
    matrix = np.array(rows)
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    axes = np.eye(len(region.best))
    axes[np.ix_(free, free)] = vectors * np.sqrt(2 / np.maximum(values, _FLAT))
    return axes
