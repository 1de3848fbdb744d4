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
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from daydream.results.statistics.alike_nodes import AtVariance, Summary, summary_of, totals
from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.ratings import FloatArray, IntArray

RESIDUAL = "residual"
_TINY = 1e-10


@dataclass(frozen=True)
class MixedModel:
    """A design whose likelihood can be evaluated for any variances.

    Columns are the crossed levels' indicators, the fixed columns and the values, scaled: ``gram``
    has their products over the ``count`` observations, ``summary`` their sums by node of the
    innermost nested level, with levels of which many nodes are alike summed up. ``groups`` add
    up the rows of each level that is left by its nodes; ``parents[l]`` gives for every node of
    nested level l its node one level further out. Variances are ordered: nested (innermost
    first), crossed, residual; they are in units of the squared ``scale``.
    """

    count: int
    gram: FloatArray
    summary: Summary
    groups: tuple[sparse.csr_array, ...]
    parents: tuple[IntArray, ...]
    crossed: tuple[int, ...]
    n_fixed: int
    names: tuple[str, ...]
    scale: float

    @property
    def nested(self) -> int:
        """Nested levels."""
        return len(self.names) - 1 - len(self.crossed)

    @property
    def cost(self) -> int:
        """Multiplications of one evaluation, about."""
        nodes = sum(group.shape[0] for group in self.groups) if self.nested else 0
        products = sum(len(kinds.kind) for kinds in self.summary.kinds)
        return len(self.gram) ** 2 * (nodes + products + len(self.gram))

    def deviance(self, variances: FloatArray, *, reml: bool) -> tuple[float, FloatArray]:
        """-2 log likelihood and its gradient; variances in units of the scaled values."""
        residual = max(float(variances[-1]), _TINY)
        gram, total = self.gram / residual, self.count * np.log(residual)
        path, weights = np.array([1 / residual]), self.summary.sizes / residual
        alike: list[AtVariance] = []
        for kinds, variance in zip(self.summary.kinds, variances, strict=False):
            shrink = 1 / (1 + variance * weights)
            total += float(-kinds.nodes @ np.log(shrink))
            factors = variance * kinds.factors(path, shrink)
            gram = gram - np.tensordot(factors, kinds.products, 1)
            alike.append(AtVariance(path, weights, shrink))
            path = path[kinds.inner] * shrink[kinds.through]
            weights = np.asarray(kinds.counts @ (shrink * weights), dtype=np.float64)
        own: list[_Own] = []
        sums = self.groups[0] @ (path[self.summary.rows.path][:, None] * self.summary.rows.sums)
        for level in range(len(alike), self.nested):
            variance = float(variances[level])
            shrink = 1 / (1 + variance * weights)
            total += float(-np.log(shrink).sum())
            gram = gram - sums.T @ ((variance * shrink)[:, None] * sums)
            own.append(_Own(sums, weights, shrink))
            if level + 1 < self.nested:
                sums = self.groups[len(own)] @ (shrink[:, None] * sums)
                weights = totals(self.parents[level], shrink * weights)
        value, slope, crossed = self._dense(variances[self.nested : -1], gram, reml)
        gradient = np.zeros(len(variances))
        gradient[self.nested : -1] = crossed
        # By 1 / residual, which is a factor of all that the observations bring.
        inverse = self._back(variances, slope, alike, own, gradient)
        inverse += float((slope * self.gram).sum())
        gradient[-1] = self.count / residual - inverse / residual**2
        return total + value, gradient

    def _back(
        self,
        variances: FloatArray,
        slope: FloatArray,
        alike: list[AtVariance],
        own: list[_Own],
        gradient: FloatArray,
    ) -> float:
        """Fill in the gradient of the nested levels; return that of the paths' first factor."""
        by_sums, by_weights = np.zeros((0, 0)), np.zeros(0)
        for level in range(self.nested - 1, len(alike) - 1, -1):
            sums, weights, shrink = own[level - len(alike)]
            variance = float(variances[level])
            part = sums @ slope
            quadratic = np.einsum("ij,ij->i", part, sums)
            if level + 1 < self.nested:
                outer = self.parents[level]
                back, back_weight = by_sums[outer], by_weights[outer]
                by_shrink = np.einsum("ij,ij->i", back, sums) + weights * back_weight
            else:
                back, back_weight, by_shrink = (
                    np.zeros_like(like) for like in (sums, weights, weights)
                )
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
        rows = self.summary.rows
        by_path = np.zeros(int(rows.path.max(initial=0)) + 1)
        if own:
            each = np.einsum("ij,ij->i", by_sums[rows.node], rows.sums)
            by_path = totals(rows.path, each)
        elif alike:
            by_weights = np.zeros(self.summary.kinds[-1].counts.shape[0])
        for level in range(len(alike) - 1, -1, -1):
            kinds, at = self.summary.kinds[level], alike[level]
            found = kinds.slopes(at, float(variances[level]), slope, by_path, by_weights)
            gradient[level], by_path, by_weights = found
        return float(by_path.sum() + by_weights @ self.summary.sizes)

    def _dense(
        self, variances: FloatArray, gram: FloatArray, reml: bool
    ) -> tuple[float, FloatArray, FloatArray]:
        """The part of crossed and fixed effects: value, its slope by ``gram``, by variances."""
        sd = np.sqrt(np.repeat(variances, self.crossed)) if self.crossed else np.zeros(0)
        q, p = len(sd), self.n_fixed
        root = np.append(sd, np.ones(p))
        sides, right = root[:, None] * gram[:-1, :-1], root * gram[:-1, -1]
        system = sides * root
        system[np.arange(q), np.arange(q)] += 1
        inverse, value = _inverted(system)
        solution = inverse @ right
        if not reml:
            inverse = np.zeros_like(system)
            inverse[:q, :q], value = _inverted(system[:q, :q])
        value += float(gram[-1, -1] - right @ solution)
        by_system = inverse + np.outer(solution, solution)
        slope = np.zeros_like(gram)
        slope[:-1, :-1] = root[:, None] * by_system * root
        slope[-1, -1] = 1
        slope[:-1, -1] = slope[-1, :-1] = -root * solution
        # By the standard deviations first: both sides of a row and column have it as a factor.
        by_root = 2 * ((by_system * (gram[:-1, :-1] * root)).sum(axis=1) - solution * gram[:-1, -1])
        own = by_root[:q] / np.maximum(2 * sd, _TINY)
        zero = np.flatnonzero(sd == 0)
        if len(zero):  # there the slope by the variance is another one than by its root
            left = gram[zero, -1] - solution @ sides[:, zero]
            explained = np.einsum("ij,ij->j", sides[:, zero], inverse @ sides[:, zero])
            own[zero] = gram[zero, zero] - explained - left**2
        ends = np.cumsum([0, *self.crossed])
        parts = [float(own[a:b].sum()) for a, b in pairwise(ends)]
        return value, slope, np.array(parts)


class _Own(NamedTuple):
    """A level by nodes, at certain variances."""

    sums: FloatArray
    weights: FloatArray
    shrink: FloatArray


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
    parents = _parents(codes)
    sums = _groups(codes[0]) @ table if codes else table[:0]
    sizes = np.bincount(codes[0]).astype(float) if codes else np.zeros(0)
    summary = summary_of(sums, sizes, parents)
    left = parents[len(summary.kinds) :]
    return MixedModel(
        count=len(values),
        gram=table.T @ table,
        summary=summary,
        groups=(_groups(summary.rows.node), *(_groups(indicator) for indicator in left)),
        parents=parents,
        crossed=tuple(indicator.shape[1] for indicator in indicators),
        n_fixed=constant.shape[1],
        names=(*(name for name, _ in nested), *(name for name, _ in crossed), RESIDUAL),
        scale=scale,
    )


def _groups(codes: IntArray) -> sparse.csr_array:
    """A matrix that adds up rows with the same code."""
    size = len(codes)
    return sparse.csr_array(
        (np.ones(size), (codes, np.arange(size))), shape=(int(codes.max(initial=-1)) + 1, size)
    )


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


def _inverted(matrix: FloatArray) -> tuple[FloatArray, float]:
    """The inverse of a positive definite matrix, and the logarithm of its determinant."""
    if not len(matrix):
        return matrix, 0.0
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:  # fixed columns that depend on each other
        determinant = float(np.linalg.slogdet(matrix)[1])
        return np.asarray(np.linalg.pinv(matrix, hermitian=True), dtype=np.float64), determinant
    inverse, _ = lapack.dpotri(root, lower=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    return np.asarray(inverse, dtype=np.float64), 2 * float(np.log(np.diag(root)).sum())
