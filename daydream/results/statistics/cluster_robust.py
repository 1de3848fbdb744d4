"""The error of a slope whose observations come in clusters, right for few of them too."""

from __future__ import annotations

import numpy as np

from daydream.results.statistics.ratings import FloatArray, IntArray

_SINGULAR = 1e-9


def slope_error(
    x: FloatArray, residual: FloatArray, group: IntArray, cluster: IntArray
) -> tuple[float, float]:
    """Standard error and degrees of freedom of the slope in value = group + slope * x.

    ``x`` (n,) is centred within groups, ``residual`` what the fit leaves. The bias-reduced
    sandwich CR2 with Satterthwaite's degrees of freedom, as R's clubSandwich has them; the usual
    one (CR1) is too small where some clusters weigh much. Source: R. M. Bell and
    D. F. McCaffrey (2002), "Bias reduction in standard errors for linear regression with
    multi-stage samples", Survey Methodology 28, 169-181. statsmodels has no CR2.
    """
    spread, n_group = float(x @ x), np.bincount(group)
    n_clusters, size = int(cluster.max()) + 1, np.bincount(cluster)
    order = np.argsort(cluster, kind="stable")
    starts = np.cumsum(size) - size
    adjusted = np.zeros(len(x))
    for n in np.unique(size):
        rows = order[starts[size == n][:, None] + np.arange(n)]
        same = group[rows][:, :, None] == group[rows][:, None, :]
        hat = same / n_group[group[rows]][:, :, None]
        hat = hat + x[rows][:, :, None] * x[rows][:, None, :] / spread
        values, vectors = np.linalg.eigh(np.eye(n) - hat)
        root = np.where(values > _SINGULAR, 1 / np.sqrt(np.maximum(values, _SINGULAR)), 0.0)
        along = np.einsum("gij,gi->gj", vectors, x[rows])
        adjusted[rows] = np.einsum("gij,gj->gi", vectors, root * along)
    sums = np.bincount(cluster, adjusted * residual, n_clusters)
    # The variance is a quadratic form of the residuals; its matrix is diagonal less low rank.
    length = np.bincount(cluster, adjusted**2, n_clusters)
    cells = np.bincount(cluster * len(n_group) + group, adjusted, n_clusters * len(n_group))
    by_group = cells.reshape(n_clusters, -1) / np.sqrt(n_group)
    by_slope = np.bincount(cluster, adjusted * x, n_clusters)[:, None] / np.sqrt(spread)
    shared = np.hstack([by_group, by_slope])
    lost = np.einsum("ij,ij->i", shared, shared)
    trace = float((length - lost).sum())
    squares = float(length @ (length - 2 * lost)) + float(((shared.T @ shared) ** 2).sum())
    df = trace**2 / squares if squares > 0 else 1.0
    return float(np.sqrt(sums @ sums)) / spread, max(df, 1.0)
