"""The likelihood of variance components, with its gradient.

The model is a mean (or fixed columns), random effects that are nested in each other, and random
effects that cross them. Nested effects are eliminated one by one, from the innermost outwards, as
each adds a constant to a block of the covariance (Sherman and Morrison); what is left is a dense
system of the crossed levels. Cost: linear in observations, cubic in crossed levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.ratings import FloatArray, IntArray

RESIDUAL = "residual"
_TINY = 1e-10


@dataclass(frozen=True)
class MixedModel:
    """A design whose likelihood can be evaluated for any variances.

    Columns are the crossed levels' indicators, the fixed columns and the values, scaled: ``gram``
    has their products over the ``count`` observations, ``sums`` and ``sizes`` their sums and the
    observations by node of the innermost nested level. ``parents[l]`` gives for every node of
    nested level l its node one level further out. Variances are ordered: nested (innermost
    first), crossed, residual; they are in units of the squared ``scale``.
    """

    count: int
    gram: FloatArray
    sums: FloatArray
    sizes: FloatArray
    parents: tuple[IntArray, ...]
    nested: int
    crossed: tuple[int, ...]
    n_fixed: int
    names: tuple[str, ...]
    scale: float

    def deviance(self, variances: FloatArray, *, reml: bool) -> tuple[float, FloatArray]:
        """-2 log likelihood and its gradient; variances in units of the scaled values."""
        residual = max(float(variances[-1]), _TINY)
        gram, sums, weights = self.gram / residual, self.sums / residual, self.sizes / residual
        total = self.count * np.log(residual)
        steps = []
        for level in range(self.nested):
            variance = float(variances[level])
            shrink = 1 / (1 + variance * weights)
            total += float(-np.log(shrink).sum())
            gram = gram - sums.T @ ((variance * shrink)[:, None] * sums)
            steps.append((sums, weights, shrink))
            if level + 1 < self.nested:
                outer = self.parents[level]
                sums = _group(shrink[:, None] * sums, outer)
                weights = np.bincount(outer, shrink * weights).astype(np.float64)
        return self._finish(variances, gram, total, steps, residual, reml)

    def _finish(
        self,
        variances: FloatArray,
        gram: FloatArray,
        total: float,
        steps: list[tuple[FloatArray, FloatArray, FloatArray]],
        residual: float,
        reml: bool,
    ) -> tuple[float, FloatArray]:
        nested = self.nested
        value, slope, own = self._dense(variances[nested:-1], gram, reml)
        gradient = np.zeros(len(variances))
        gradient[nested:-1] = own
        by_sums, by_weights = np.zeros((0, 0)), np.zeros(0)
        for level in range(nested - 1, -1, -1):
            sums, weights, shrink = steps[level]
            variance = float(variances[level])
            part = sums @ slope
            quadratic = np.einsum("ij,ij->i", part, sums)
            if level + 1 < nested:
                outer = self.parents[level]
                back, back_weight = by_sums[outer], by_weights[outer]
                by_shrink = np.einsum("ij,ij->i", back, sums) + weights * back_weight
            else:
                zeros = np.zeros_like(weights)
                back, back_weight, by_shrink = np.zeros_like(sums), zeros, zeros
            square = shrink**2
            gradient[level] = float(
                (weights * shrink - square * quadratic - weights * square * by_shrink).sum()
            )
            by_weights = (
                variance * shrink
                + variance**2 * square * quadratic
                - variance * square * by_shrink
                + shrink * back_weight
            )
            by_sums = shrink[:, None] * back - 2 * (variance * shrink)[:, None] * part
        # By 1 / residual, which is a factor of all that the observations bring.
        inverse = float((slope * self.gram).sum())
        if nested:
            inverse += float((by_sums * self.sums).sum() + (by_weights * self.sizes).sum())
        gradient[-1] = self.count / residual - inverse / residual**2
        return total + value, gradient

    def _dense(
        self, variances: FloatArray, gram: FloatArray, reml: bool
    ) -> tuple[float, FloatArray, FloatArray]:
        """The part of crossed and fixed effects: value, its slope by ``gram``, by variances."""
        sd = np.sqrt(np.repeat(variances, self.crossed)) if self.crossed else np.zeros(0)
        q, p = len(sd), self.n_fixed
        root = np.append(sd, np.ones(p))
        system = root[:, None] * gram[:-1, :-1] * root
        system[np.arange(q), np.arange(q)] += 1
        inverse = np.linalg.pinv(system, hermitian=True)
        value = _logdet(system if reml else system[:q, :q])
        right = root * gram[:-1, -1]
        solution = inverse @ right
        value += float(gram[-1, -1] - right @ solution)
        if reml:
            by_system = inverse
        else:
            by_system = np.zeros_like(system)
            by_system[:q, :q] = np.linalg.inv(system[:q, :q])
        by_system = by_system + np.outer(solution, solution)
        slope = np.zeros_like(gram)
        slope[:-1, :-1] = root[:, None] * by_system * root
        slope[-1, -1] = 1
        slope[:-1, -1] = slope[-1, :-1] = -root * solution
        # By the standard deviations first: both sides of a row and column have it as a factor.
        by_root = 2 * ((by_system * (gram[:-1, :-1] * root)).sum(axis=1) - solution * gram[:-1, -1])
        own = np.where(sd > 0, by_root[:q] / np.maximum(2 * sd, _TINY), 0.0)
        ends = np.cumsum([0, *self.crossed])
        parts = [float(own[a:b].sum()) for a, b in pairwise(ends)]
        return value, slope, np.array(parts)


def mixed_model(
    values: FloatArray,
    nested: Sequence[tuple[str, object]],
    crossed: Sequence[tuple[str, object]],
    fixed: FloatArray | None = None,
) -> MixedModel:
    """Describe ``values`` (n,); ``nested`` goes from the innermost factor outwards.

    Labels are n long each; ``fixed`` (n x p) holds the fixed columns, a constant if left out.
    """
    scale = float(np.std(values)) or 1.0
    indicators = []
    for _, labels in crossed:
        places, levels = codes_of(labels)
        indicators.append(np.eye(levels)[places])
    constant = np.ones((len(values), 1)) if fixed is None else fixed
    centred = ((values - values.mean()) / scale)[:, None]
    table = np.hstack([*indicators, constant, centred])
    codes = [codes_of(labels)[0] for _, labels in nested]
    return MixedModel(
        count=len(values),
        gram=table.T @ table,
        sums=_group(table, codes[0]) if codes else table[:0],
        sizes=np.bincount(codes[0]).astype(float) if codes else np.zeros(0),
        parents=_parents(codes),
        nested=len(codes),
        crossed=tuple(one.shape[1] for one in indicators),
        n_fixed=constant.shape[1],
        names=(*(name for name, _ in nested), *(name for name, _ in crossed), RESIDUAL),
        scale=scale,
    )


def _group(rows: FloatArray, codes: IntArray) -> FloatArray:
    size = len(codes)
    places = sparse.csr_array((np.ones(size), (codes, np.arange(size))))
    return np.asarray(places @ rows, dtype=float)


def _parents(codes: list[IntArray]) -> tuple[IntArray, ...]:
    """For each nested level but the outermost, the parent of every node.

    Raises:
        ValueError: when a node has two parents.

    """
    parents = []
    for inner, outer in pairwise(codes):
        _, first = np.unique(inner, return_index=True)
        parent = outer[first]
        if (parent[inner] != outer).any():
            raise ValueError("the factors are not nested in each other")
        parents.append(parent)
    return tuple(parents)


def _logdet(matrix: FloatArray) -> float:
    return float(np.linalg.slogdet(matrix)[1]) if len(matrix) else 0.0
