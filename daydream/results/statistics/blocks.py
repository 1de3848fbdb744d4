"""Levels compared within blocks: least squares with a fixed effect for every block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from daydream.results.statistics.ratings import FloatArray, IntArray

_SINGULAR = 1e-9


class BlockFit(NamedTuple):
    """Effects of K levels, and what the variance of their differences is made of.

    ``mean`` (K,) are the levels' means adjusted for blocks (every block with the same weight).
    The variance of ``mean[i] - mean[j]`` is the residual variance times
    ``own[i] + own[j] + |shared[i] - shared[j]|**2``; ``own`` is (K,), ``shared`` is (K, m).
    ``explained`` is the sum of squares of the levels within blocks, ``residual`` (n,) what the
    fit leaves, on ``df`` degrees of freedom. ``components`` counts the groups of levels that no
    block connects: with more than one, differences between groups mean nothing.
    """

    mean: FloatArray
    own: FloatArray
    shared: FloatArray
    explained: float
    residual: FloatArray
    df: int
    components: int

    @property
    def squares(self) -> float:
        """The residual sum of squares."""
        return float(self.residual @ self.residual)

    def unit_variance(self) -> FloatArray:
        """Variance of the difference of every two levels, in residual variances: (K, K)."""
        length = np.einsum("ij,ij->i", self.shared, self.shared)
        apart = length[:, None] + length[None, :] - 2 * self.shared @ self.shared.T
        own = self.own[:, None] + self.own[None, :]
        return np.asarray(own + np.maximum(apart, 0.0), dtype=np.float64)


class Crossing(NamedTuple):
    """How many units each block has of each level: (B, K), and the margins (B,) and (K,)."""

    cells: FloatArray
    block: FloatArray
    level: FloatArray


def fit_blocks(value: FloatArray, level: IntArray, block: IntArray) -> BlockFit:
    """Fit value = block + level by least squares (the intra-block analysis).

    ``level`` and ``block`` (n,) are numbers from 0, all of them used. With every level in every
    block this is the analysis of variance of randomised blocks, and for two levels the paired t
    test; with one block it is the one-way analysis of variance. Incomplete blocks are allowed.
    Source: J. A. John and E. R. Williams (1995), "Cyclic and Computer Generated Designs",
    chapter 1.

    Either the levels or the blocks are eliminated, whichever are more, so that the time is cubic
    in the smaller number only.
    """
    n_levels, n_blocks = int(level.max()) + 1, int(block.max()) + 1
    crossed = _crossing(level, block, n_levels, n_blocks)
    total_level = _sums(level, value, n_levels)
    total_block = _sums(block, value, n_blocks)
    within = total_level - crossed.cells.T @ (total_block / crossed.block)
    solve = _by_levels if n_levels <= n_blocks else _by_blocks
    effect, own, shared, components = solve(crossed, within, total_level, total_block)
    rest = np.bincount(block, value - effect[level], n_blocks) / crossed.block
    return BlockFit(
        mean=effect + rest.mean(),
        own=own,
        shared=shared,
        explained=float(effect @ within),
        residual=value - effect[level] - rest[block],
        df=len(value) - n_levels - n_blocks + components,
        components=components,
    )


def adjusted_rows(value: FloatArray, row: IntArray, column: IntArray) -> tuple[FloatArray, int]:
    """Row means as if every row had all columns, and the number of unconnected parts.

    Fits value = row + column. An essay that the lenient judge did not score is so compared with
    one that every judge did. In a complete table these are the plain means of the rows.
    """
    fit = fit_blocks(value, column, row)
    count = np.bincount(row)
    return np.bincount(row, value - fit.mean[column]) / count + fit.mean.mean(), fit.components


def _crossing(level: IntArray, block: IntArray, n_levels: int, n_blocks: int) -> Crossing:
    cells = _sums(block * n_levels + level, np.ones(len(level)), n_blocks * n_levels)
    cells = cells.reshape(n_blocks, n_levels)
    return Crossing(cells, cells.sum(axis=1), cells.sum(axis=0))


def _sums(group: IntArray, value: FloatArray, n: int) -> FloatArray:
    return np.asarray(np.bincount(group, value, n), dtype=np.float64)


_Solved = tuple[FloatArray, FloatArray, FloatArray, int]


def _by_levels(
    crossed: Crossing, within: FloatArray, total_level: FloatArray, total_block: FloatArray
) -> _Solved:
    scaled = crossed.cells / np.sqrt(crossed.block)[:, None]
    root, components = _inverse_root(np.diag(crossed.level) - scaled.T @ scaled)
    return root @ (root.T @ within), np.zeros(len(within)), root, components


def _by_blocks(
    crossed: Crossing, within: FloatArray, total_level: FloatArray, total_block: FloatArray
) -> _Solved:
    shares = crossed.cells / crossed.level
    root, components = _inverse_root(np.diag(crossed.block) - shares @ crossed.cells.T)
    effect = root @ (root.T @ (total_block - shares @ total_level))
    return (
        (total_level - crossed.cells.T @ effect) / crossed.level,
        1 / crossed.level,
        shares.T @ root,
        components,
    )


def _inverse_root(matrix: FloatArray) -> tuple[FloatArray, int]:
    """R with R R' the pseudo-inverse of a symmetric matrix, and the dimensions it leaves out."""
    values, vectors = np.linalg.eigh(matrix)
    regular = values > _SINGULAR * max(float(values[-1]), 1.0)
    return vectors[:, regular] / np.sqrt(values[regular]), int((~regular).sum())
