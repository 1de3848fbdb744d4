"""The information matrix of many items with few comparisons each: solved, and its variances."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack
from scipy.sparse.linalg import LinearOperator, cg

from daydream.results.statistics.ratings import FloatArray, IntArray

_CLOSE = 1e-11


class Information(NamedTuple):
    """The symmetric, positive definite matrix [[items, border], [border', corner]].

    ``items`` (k x k) is a sparse array with the diagonal in ``diagonal`` (k,), ``border`` (k,).
    """

    items: sparse.csr_array
    diagonal: FloatArray
    border: FloatArray
    corner: float

    def times(self, vector: FloatArray) -> FloatArray:
        """Multiply by ``vector`` (k + 1,)."""
        inner, last = vector[:-1], float(vector[-1])
        upper = np.asarray(self.items @ inner, dtype=float) + self.border * last
        return np.append(upper, self.border @ inner + self.corner * last)

    def solve(self, right: FloatArray) -> FloatArray:
        """Find x of ``times(x) = right`` (k + 1,) by conjugate gradients, scaled by the diagonal.

        Each step costs the number of comparisons. The steps needed grow with the square root of
        the condition number, which a prior bounds whatever the comparisons.
        """
        size = len(right)
        scale = 1 / np.append(self.diagonal, self.corner)
        found, _ = cg(
            LinearOperator((size, size), matvec=self.times, dtype=np.float64),
            right,
            rtol=_CLOSE,
            maxiter=1000 + 10 * size,
            M=sparse.diags_array(scale),
        )
        return np.asarray(found, dtype=np.float64)

    def dense(self) -> FloatArray:
        """Return the whole matrix, (k + 1) x (k + 1)."""
        upper = np.column_stack([self.items.toarray(), self.border])
        return np.vstack([upper, np.append(self.border, self.corner)])

    def variances(self) -> FloatArray:
        """Return the first k entries of the inverse's diagonal.

        The inverse of ``items`` is corrected for the border, u u' / u_last with u the last column
        of the whole inverse.
        """
        last = self.solve(np.append(np.zeros(len(self.border)), 1.0))
        found: FloatArray = last[:-1] ** 2 / last[-1]
        return found + _inverse_diagonal(self.items, self.diagonal)


def laplacian(pairs: IntArray, weights: FloatArray, ridge: float, k: int) -> Information:
    """Sum of weight (e_i - e_j)(e_i - e_j)' over ``pairs`` (n x 2), and ``ridge`` on the diagonal.

    Border and corner are empty.
    """
    first, second = pairs.T
    ends = np.bincount(pairs.ravel(), np.repeat(weights, 2), k)
    diagonal = np.asarray(ends + ridge, dtype=np.float64)
    own = np.arange(k)
    rows, columns = np.concatenate([first, second, own]), np.concatenate([second, first, own])
    entries = np.concatenate([-weights, -weights, diagonal])
    items = sparse.coo_array((entries, (rows, columns)), shape=(k, k)).tocsr()
    return Information(items, diagonal, np.zeros(k), 1.0)


def _inverse_diagonal(matrix: sparse.csr_array, diagonal: FloatArray) -> FloatArray:
    """Eliminate items that are not connected with each other; the rest is a dense matrix.

    A third to a half of the items of a few rings can go that way, and with them most of a cost
    that is cubic. With S = L L' for the rest, the variances are sums of squares of inv(L).
    """
    free = _apart(matrix)
    apart, rest = np.flatnonzero(free), np.flatnonzero(~free)
    pivot, below = diagonal[apart], matrix[rest]
    edges = sparse.csr_array(below[:, apart])
    scaled = sparse.csr_array(edges @ sparse.diags_array(1 / pivot))
    left = np.asfortranarray((below[:, rest] - scaled @ edges.T).toarray())
    factor, _ = lapack.dpotrf(left, lower=1, clean=1, overwrite_a=1)
    inverse, _ = lapack.dtrtri(factor, lower=1, overwrite_c=1)
    found = np.empty(len(diagonal))
    found[rest] = np.einsum("ij,ij->j", inverse, inverse)
    carried = np.asarray(scaled.T @ inverse.T, dtype=float)
    found[apart] = 1 / pivot + np.einsum("ij,ij->i", carried, carried)
    return found


def _apart(matrix: sparse.csr_array) -> NDArray[np.bool_]:
    """Choose items without a comparison among them, those with few comparisons first."""
    start, neighbours = matrix.indptr, matrix.indices
    taken, barred = np.zeros((2, matrix.shape[0]), dtype=np.bool_)
    for item in np.argsort(np.diff(start), kind="stable"):
        if not barred[item]:
            barred[neighbours[start[item] : start[item + 1]]] = True
            taken[item] = True
    return taken
