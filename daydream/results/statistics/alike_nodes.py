"""Nodes of a nested design that are alike are summed up once, not for every likelihood.

Two essays with as many judges, each of whom answered as often, have the same factor in the
likelihood whatever the variances are: what counts of them is the sum of their cross products. In a
cohort where every essay has the same panel, and a few scores are missing, thousands of essays
are of some ten kinds. A sum over a node's children is taken by their kinds, its paths: the factors
of a path are known once the variances are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from daydream.results.statistics.ratings import FloatArray, IntArray

_MOST_VALUES = 4_000_000  # of the cross products of a level
_MOST_KINDS = 64
_WORTH = 4  # nodes for each cross product


@dataclass(frozen=True)
class Kinds:
    """A nested level by kinds of nodes.

    ``nodes`` are how many there are of each kind; ``products[i]`` is the sum over the nodes of
    kind ``kind[i]`` of the cross products of what came by the paths ``left[i]`` and ``right[i]``.
    The next level's path j came by path ``inner[j]`` to a node of kind ``through[j]``; ``counts``
    has the nodes of each kind (columns) in its nodes, or in its kinds where it has some.
    """

    nodes: FloatArray
    kind: IntArray
    left: IntArray
    right: IntArray
    products: FloatArray
    inner: IntArray
    through: IntArray
    counts: FloatArray | sparse.csr_array

    def factors(self, path: FloatArray, shrink: FloatArray) -> FloatArray:
        """What each cross product is multiplied with, but for the variance."""
        return np.asarray(shrink[self.kind] * path[self.left] * path[self.right], dtype=float)

    def slopes(
        self,
        at: AtVariance,
        variance: float,
        by_gram: FloatArray,
        by_path: FloatArray,
        by_weights: FloatArray,
    ) -> tuple[float, FloatArray, FloatArray]:
        """The slopes by the variance of this level, by its paths and by its weights.

        ``by_gram`` is the slope by what is left of the cross products, ``by_path`` and
        ``by_weights`` are those of the next level.
        """
        path, weights, shrink = at
        product = np.tensordot(self.products, by_gram, 2)
        scaled = shrink[self.kind] * product
        explained = totals(self.kind, product * path[self.left] * path[self.right])
        outside = np.asarray(self.counts.T @ by_weights, dtype=np.float64)
        by_shrink = weights * outside - variance * explained
        by_shrink += totals(self.through, by_path * path[self.inner], len(shrink))
        within = totals(self.inner, by_path * shrink[self.through], len(path))
        for side, other in ((self.left, self.right), (self.right, self.left)):
            within -= variance * totals(side, scaled * path[other], len(path))
        by_variance = self.nodes * weights * shrink - shrink * explained
        by_variance -= by_shrink * weights * shrink**2
        by_own_weights = shrink * outside + self.nodes * variance * shrink
        by_own_weights -= by_shrink * variance * shrink**2
        return float(by_variance.sum()), within, by_own_weights


class AtVariance(NamedTuple):
    """A level at certain variances: factors by path; weight and shrinkage by kind."""

    path: FloatArray
    weights: FloatArray
    shrink: FloatArray


class Rows(NamedTuple):
    """Sums (rows) by node of a level and by path."""

    sums: FloatArray
    node: IntArray
    path: IntArray


class Summary(NamedTuple):
    """The inner levels by kinds, as far as that is worth it, and the rows of the next level.

    ``sizes`` are observations of the kinds of the innermost level, or of its nodes.
    """

    kinds: tuple[Kinds, ...]
    rows: Rows
    sizes: FloatArray


def summary_of(sums: FloatArray, sizes: FloatArray, parents: Sequence[IntArray]) -> Summary:
    """Sum up the nodes of the innermost level (``sums``, ``sizes``) and of those around it.

    ``parents[l]`` has for every node of level l its node one level further out; the nodes of the
    outermost level have none.
    """
    rows = Rows(sums, np.arange(len(sums)), np.zeros(len(sums), dtype=np.int64))
    values, example, kinds = np.unique(sizes, return_index=True, return_inverse=True)
    levels: list[Kinds] = []
    of_kinds = np.zeros((0, 0))
    for level in range(len(parents) + 1):
        pairs = _pairs(rows, kinds)
        if not _worth_it(len(pairs[0]), kinds, sums.shape[1]):
            break
        if levels:
            levels[-1] = replace(levels[-1], counts=of_kinds[example])
        outer = parents[level] if level < len(parents) else np.zeros(len(kinds), dtype=np.int64)
        found, rows = _level(rows, kinds, outer, pairs)
        levels.append(found)
        of_kinds = sparse.csr_array(found.counts).toarray().astype(np.float64)
        _, example, kinds = np.unique(of_kinds, axis=0, return_index=True, return_inverse=True)
    return Summary(tuple(levels), rows, values if levels else sizes)


def _worth_it(pairs: int, kinds: IntArray, columns: int) -> bool:
    few = kinds.max(initial=0) < _MOST_KINDS and pairs * columns**2 <= _MOST_VALUES
    return few and 0 < pairs * _WORTH <= len(kinds)


def _pairs(rows: Rows, kinds: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Every kind with every two of its paths: kind, path, and the same or a later path."""
    paths = int(rows.path.max(initial=0)) + 1
    occurring = np.unique(kinds[rows.node] * paths + rows.path)
    kind, path = occurring // paths, occurring % paths
    after = np.searchsorted(kind, kind, side="right") - np.arange(len(kind))
    left = np.repeat(np.arange(len(kind)), after)
    right = left + np.arange(len(left)) - np.repeat(np.cumsum(after) - after, after)
    return kind[left], path[left], path[right]


def _level(
    rows: Rows, kinds: IntArray, outer: IntArray, pairs: tuple[IntArray, IntArray, IntArray]
) -> tuple[Kinds, Rows]:
    """A level by its kinds, with counts for the nodes around it, and the rows of these."""
    count, of_kind = int(kinds.max()) + 1, kinds[rows.node]
    paths, path = np.unique(rows.path * count + of_kind, return_inverse=True)
    cells, cell = np.unique(outer[rows.node] * len(paths) + path, return_inverse=True)
    picks = sparse.csr_array((np.ones(len(cell)), (cell, np.arange(len(cell)))))
    after = Rows(np.asarray(picks @ rows.sums), cells // len(paths), cells % len(paths))
    level = Kinds(
        nodes=np.bincount(kinds).astype(float),
        kind=pairs[0],
        left=pairs[1],
        right=pairs[2],
        products=_products(rows, of_kind, pairs),
        inner=paths // count,
        through=paths % count,
        counts=sparse.csr_array((np.ones(len(kinds)), (outer, kinds))),
    )
    return level, after


def _products(
    rows: Rows, of_kind: IntArray, pairs: tuple[IntArray, IntArray, IntArray]
) -> FloatArray:
    # The rows of a kind and path, by node: all nodes of a kind have the same paths.
    order = np.lexsort((rows.node, rows.path, of_kind))
    kind, path = of_kind[order], rows.path[order]
    borders = np.flatnonzero((np.diff(kind) != 0) | (np.diff(path) != 0)) + 1
    parts = {
        (int(kind[p[0]]), int(path[p[0]])): rows.sums[order[p]]
        for p in np.split(np.arange(len(order)), borders)
    }
    found = []
    for kind_index, left, right in zip(*(part.tolist() for part in pairs), strict=True):
        product = parts[kind_index, left].T @ parts[kind_index, right]
        found.append(product if left == right else product + product.T)
    return np.array(found)


def totals(codes: IntArray, values: FloatArray, size: int = 0) -> FloatArray:
    """The sum of the values of each code."""
    return np.bincount(codes, values, size).astype(np.float64)
