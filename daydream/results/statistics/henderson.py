"""Variance components of crossed and nested random effects, by the method of moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.ratings import FloatArray, IntArray

RESIDUAL = "residual"
_SINGULAR = 1e-9


class Factor(NamedTuple):
    """A random effect: level number of every observation, observations per level."""

    name: str
    codes: IntArray
    sizes: FloatArray


class Components(NamedTuple):
    """Estimates by factor, ``residual`` last and unbounded below; why others have none."""

    variance: dict[str, float]
    levels: dict[str, int]
    dropped: dict[str, str]


def variance_of(values: FloatArray, labels: Mapping[str, object]) -> Components:
    """Components of ``values`` (n,) for the factors ``labels`` (name to n labels), and residual.

    Henderson's method I: the sums of squares of group totals are equated with their
    expectations, which for random effects are linear in the components, whatever the imbalance
    (S. R. Searle, G. Casella, C. E. McCulloch (1992), "Variance Components", section 5.3).
    It needs only counts per level and per pair of levels, so the cost is some sorts of n.

    Factors are taken in the given order; one with a single level, or that the design cannot tell
    from those before it and the residual, is dropped with the reason. Unbiased, so estimates can
    be negative. No observations: everything is empty.
    """
    factors: list[Factor] = []
    dropped: dict[str, str] = {}
    levels = {name: codes_of(values_of)[1] for name, values_of in labels.items()}
    for name, values_of in labels.items():
        factor = _factor(name, values_of)
        reason = _reason_against(factor, factors)
        if reason:
            dropped[name] = reason
        else:
            factors.append(factor)
    if len(values) < 2:
        return Components({}, levels, dropped)
    solution = np.linalg.solve(_expectations(factors, len(values)), _squares(values, factors))
    names = [*(factor.name for factor in factors), RESIDUAL]
    return Components(dict(zip(names, solution.tolist(), strict=True)), levels, dropped)


def _factor(name: str, labels: object) -> Factor:
    codes, n_levels = codes_of(labels)
    return Factor(name, codes, np.bincount(codes, minlength=n_levels).astype(float))


def _reason_against(factor: Factor, factors: list[Factor]) -> str:
    if len(factor.sizes) < 2:
        return "fewer than two levels"
    if len(factor.sizes) == len(factor.codes):
        return "one evaluation per level: part of the residual"
    for other in factors:
        if len(_pair_counts(factor, other)) == len(factor.sizes) == len(other.sizes):
            return f"same groups as {other.name}"
    matrix = _expectations([*factors, factor], len(factor.codes))
    scaled = matrix / np.linalg.norm(matrix, axis=0)
    if np.linalg.svd(scaled, compute_uv=False)[-1] < _SINGULAR:
        return "the design cannot tell it from the factors before it"
    return ""


def _squares(values: FloatArray, factors: list[Factor]) -> FloatArray:
    """Sum over levels of total squared over size, for each factor; of squares, for residual."""
    centred = values - values.mean()
    between = [
        float((np.bincount(factor.codes, centred, len(factor.sizes)) ** 2 / factor.sizes).sum())
        for factor in factors
    ]
    return np.array([*between, float((centred**2).sum())])


def _expectations(factors: list[Factor], n: int) -> FloatArray:
    """Coefficient of every component (columns) in the expectation of every sum (rows)."""
    size = len(factors) + 1
    matrix = np.full((size, size), float(n))
    for row, factor in enumerate(factors):
        for column, other in enumerate(factors):
            if row != column:
                matrix[row, column] = _shared(factor, other)
        matrix[row, -1] = len(factor.sizes)
    mean = [float((factor.sizes**2).sum()) / n for factor in factors]
    matrix -= np.array([*mean, 1.0])
    return matrix


def _shared(one: Factor, other: Factor) -> float:
    """Sum over levels of ``one`` of its squared counts per level of ``other``, over its size."""
    cells, counts = _cells(one, other)
    return float((counts**2 / one.sizes[cells // len(other.sizes)]).sum())


def _pair_counts(one: Factor, other: Factor) -> FloatArray:
    return _cells(one, other)[1]


def _cells(one: Factor, other: Factor) -> tuple[IntArray, FloatArray]:
    cells, counts = np.unique(one.codes * len(other.sizes) + other.codes, return_counts=True)
    return cells, counts.astype(float)
