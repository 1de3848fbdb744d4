"""Rankings of any key, with what can and cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from daydream.errors import ConfigError
from daydream.results.statistics.bootstrap import codes_of, resampled_sums
from daydream.results.statistics.rank_ties import Spread, standing
from daydream.results.statistics.ratings import ESSAY, FloatArray, IntArray, Scales, evaluations

_MEANS = [
    "mean",
    "low",
    "high",
    "score_mean",
    "score_low",
    "score_high",
    "n_essays",
    "n_expected",
    "n_valid",
]
_RANKS = ["rank", "rank_low", "rank_high", "tied", "n_tied", "tied_with", "group"]


def ranking(
    scores: pd.DataFrame,
    scales: Scales,
    *,
    by: Sequence[str],
    n_boot: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
    named: int | None = None,
) -> pd.DataFrame:
    """Keys (the values of the columns ``by``) in order of their mean score, best first.

    ``mean`` is over evaluations with a score, normalised to 0-1; ``score_*`` are the same in
    points of the scale, NaN when templates with different scales are mixed. ``key`` joins the
    values of ``by`` with ``|``.

    Intervals come from a bootstrap that resamples essays with all their evaluations: within each
    key when every essay belongs to one key, else over all essays, so that keys which share
    essays are compared as pairs. The bootstrap gives standard errors and covariances; they are
    corrected for few essays (n / (n - 1), t quantiles, Welch's degrees of freedom for a
    difference), because percentiles of few resampled essays are too narrow. A key with one
    essay has no interval. Essays of one draft count as independent of each other: as far as they
    are alike, intervals are too narrow.

    Two keys are tied when the interval of their difference covers 0, or cannot be had.
    ``rank_low`` is 1 + the keys that are better for certain, ``rank_high`` the number of keys
    less those worse for certain; ``n_tied`` counts the keys tied with this one, ``tied_with`` lists
    the first ``named`` of them (None: all), separated by spaces. ``group`` letters
    run down the list: a new one starts at the first key that is not tied with the key that
    opened the group. Intervals are not corrected for the number of pairs. Keys without a score
    are last, without a rank. Raises ConfigError for an unknown column.
    """
    columns = list(by)
    frame = evaluations(scores, scales)
    unknown = [name for name in columns if name not in frame.columns]
    if unknown or not columns:
        raise ConfigError(
            f"cannot rank by {', '.join(unknown) or 'nothing'}: choose one or more of "
            f"{', '.join(frame.columns)}"
        )
    if frame.empty:
        return pd.DataFrame(columns=["key", *columns, *_MEANS, *_RANKS])
    table, code = _means(frame, columns)
    rank = table["mean"].notna().to_numpy()
    ranked, rest = table[rank], table[~rank]
    if len(ranked):
        spread = _bootstrap(frame, code, ranked, n_boot, np.random.default_rng(seed))
        ranked = _with_ranks(ranked, spread, confidence, named)
        table = pd.concat([ranked, rest.reindex(columns=ranked.columns)]) if len(rest) else ranked
    return _tidy(table, ["key", *columns, *_MEANS, *_RANKS])


def _means(frame: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, IntArray]:
    """Make the table of keys, best first, and for every evaluation its row there."""
    groups = frame.groupby(by, sort=True)
    table = groups.agg(
        mean=("unit", "mean"), n_expected=("score", "size"), n_valid=("score", "count")
    )
    valid = frame[frame["score"].notna()]
    table["n_essays"] = valid.groupby(by)[ESSAY].nunique().reindex(table.index).fillna(0)
    table["n_essays"] = table["n_essays"].astype(int)
    order = np.argsort(-table["mean"].to_numpy(dtype=float), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    table = table.iloc[order].reset_index()
    table.insert(0, "key", table[by].astype(str).agg("|".join, axis=1))
    return _in_points(table, valid), place[groups.ngroup().to_numpy()]


def _in_points(table: pd.DataFrame, valid: pd.DataFrame) -> pd.DataFrame:
    scale = valid[["low", "high"]].drop_duplicates()
    low, high = map(float, scale.iloc[0]) if len(scale) == 1 else (np.nan, np.nan)
    return table.assign(scale_low=low, scale_width=high - low)


def _bootstrap(
    frame: pd.DataFrame,
    code: IntArray,
    table: pd.DataFrame,
    n_boot: int,
    rng: np.random.Generator,
) -> Spread:
    has = frame["score"].notna().to_numpy()
    essay, n_essays = codes_of(frame.loc[has, ESSAY].to_numpy(dtype=str))
    n_keys = len(table)
    pairs, index = np.unique(essay * n_keys + code[has], return_inverse=True)
    cells = pairs.astype(np.int64)
    count = np.bincount(index).astype(float)
    key = cells % n_keys
    centre = table["mean"].to_numpy(dtype=np.float64)[key]
    unit = frame.loc[has, "unit"].to_numpy(dtype=np.float64)
    total = np.bincount(index, unit).astype(float) - count * centre
    essays = table["n_essays"].to_numpy(dtype=float)
    if len(cells) == n_essays:
        order = np.argsort(key, kind="stable")
        parts = np.split(np.column_stack([total, count])[order], np.cumsum(np.bincount(key))[:-1])
        variance = np.array([_ratio_variance(part, n_boot, rng) for part in parts])
        return Spread(variance, essays, None)
    covariance = _ratio_covariance(cells, total, count, (n_essays, n_keys), n_boot, rng)
    return Spread(np.diag(covariance), essays, covariance)


def _ratio_variance(sums: FloatArray, n_boot: int, rng: np.random.Generator) -> float:
    drawn = resampled_sums(sums, n_boot, rng)
    return float(np.var(drawn[:, 0] / drawn[:, 1], ddof=1))


def _ratio_covariance(
    cells: IntArray,
    total: FloatArray,
    count: FloatArray,
    shape: tuple[int, int],
    n_boot: int,
    rng: np.random.Generator,
) -> FloatArray:
    n_essays, n_keys = shape
    sums = np.zeros((n_essays, 2 * n_keys))
    sums[cells // n_keys, cells % n_keys] = total
    sums[cells // n_keys, n_keys + cells % n_keys] = count
    drawn = resampled_sums(sums, n_boot, rng)
    below = drawn[:, n_keys:]
    means = np.full(below.shape, np.nan)
    np.divide(drawn[:, :n_keys], below, out=means, where=below > 0)
    # Draws in which a key has no essay say nothing about it: covariances are over the others.
    covariance = pd.DataFrame(means).cov().fillna(0.0)
    return np.asarray(covariance, dtype=np.float64)


def _with_ranks(
    table: pd.DataFrame, spread: Spread, confidence: float, named: int | None
) -> pd.DataFrame:
    mean = table["mean"].to_numpy(dtype=float)
    found = standing(mean, spread, confidence, named)
    keys = table["key"].to_numpy(dtype=object)
    return _with_interval(table, spread, confidence).assign(
        rank=stats.rankdata(-mean.round(12), method="min").astype(int),
        rank_low=found.rank_low,
        rank_high=found.rank_high,
        tied=found.n_tied > 0,
        n_tied=found.n_tied,
        tied_with=[
            " ".join([*keys[some], *(["..."] if len(some) < count else [])])
            for some, count in zip(found.tied_with, found.n_tied, strict=True)
        ],
        group=found.group,
    )


def _with_interval(table: pd.DataFrame, spread: Spread, confidence: float) -> pd.DataFrame:
    few = np.maximum(spread.essays - 1, 1)
    error = np.sqrt(spread.variance * spread.essays / few)
    margin = stats.t.isf((1 - confidence) / 2, few) * error
    margin = np.where(spread.essays >= 2, margin, np.nan)
    return table.assign(low=table["mean"] - margin, high=table["mean"] + margin)


def _tidy(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    table = table.reindex(columns=[*columns, "scale_low", "scale_width"])
    for name in ("mean", "low", "high"):
        points = table["scale_low"] + table[name] * table["scale_width"]
        table[f"score_{name}"] = points
    for name in ("rank", "rank_low", "rank_high"):
        table[name] = table[name].astype("Int64")
    table["tied"] = table["tied"].astype("boolean").fillna(False).astype(bool)
    table["n_tied"] = table["n_tied"].astype("Int64").fillna(0).astype(int)
    for name in ("tied_with", "group"):
        table[name] = table[name].astype(object).where(table[name].notna(), "")
    return table[columns].reset_index(drop=True)
