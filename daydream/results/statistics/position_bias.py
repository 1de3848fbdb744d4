"""Whether the place in which an essay is shown decides: position bias of judgements of pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.pairwise import DECIDED, PAIR, oriented
from daydream.results.statistics.ratings import FloatArray, IntArray


class PositionBias(NamedTuple):
    """How often what is shown first wins, of judgements and of pairs judged in both orders.

    ``first_share`` is of the judgements that are not ties. ``both_first`` and ``both_second`` are
    the pairs whose two orders disagree, in favour of the first place or of the second. ``p`` is
    two-sided; NaN when no two orders disagree.
    """

    first_share: float
    low: float
    high: float
    first_wins: int
    ties: int
    both_first: int
    both_second: int
    p: float
    n_expected: int
    n_valid: int


def position_bias(outcomes: pd.DataFrame, *, confidence: float = 0.95) -> PositionBias:
    """Measure it over ``outcomes`` (see ``pairwise``); ``judge`` tells which two orders are a pair.

    Two orders that agree say nothing of the place; of two that disagree (a win and a tie count as
    that), each way is as likely when the place has no effect: an exact test (Q. McNemar 1947,
    "Note on the sampling error of the difference between correlated proportions", Psychometrika
    12, 153-157). Judgements of the same two essays may err alike, so that the signs of all of
    them are turned together; with one judgement of each pair this is the binomial test. The
    interval of ``first_share`` is Wilson's, with as many judgements as the spread between pairs
    of essays says that they are worth, at most as many as there are.
    """
    frame = oriented(outcomes)
    decided = frame[frame["winner"].isin(DECIDED)]
    wins = np.asarray(decided["winner"] == decided["first"], dtype=np.float64)
    net, cluster = _disagreements(frame)
    low, high = _interval(decided, wins, confidence)
    return PositionBias(
        first_share=float(wins.mean()) if len(wins) else float("nan"),
        low=low,
        high=high,
        first_wins=int(wins.sum()),
        ties=int((frame["winner"] == "tie").sum()),
        both_first=int((net > 0).sum()),
        both_second=int((net < 0).sum()),
        p=sign_flip_test(np.bincount(cluster, np.sign(net)).astype(np.float64)),
        n_expected=len(frame),
        n_valid=int(frame["valid"].sum()),
    )


def sign_flip_test(sums: FloatArray) -> float:
    """Two-sided p value of the total of whole numbers whose signs are equally likely.

    Exact: the share of all ways to choose the signs that give a total as far from 0.
    """
    sizes, counts = np.unique(np.abs(sums[sums != 0]).astype(int), return_counts=True)
    if not len(sizes):
        return float("nan")
    chance = np.ones(1)  # of totals, in steps of 1 from the lowest
    for size, count in zip(sizes, counts, strict=True):
        spaced = np.zeros(2 * size * count + 1)
        spaced[:: 2 * size] = stats.binom.pmf(np.arange(count + 1), count, 0.5)
        chance = np.convolve(chance, spaced)
    totals = np.arange(len(chance)) - (len(chance) - 1) // 2
    return min(1.0, float(chance[np.abs(totals) >= abs(sums.sum())].sum()))


def _disagreements(frame: pd.DataFrame) -> tuple[FloatArray, IntArray]:
    """Of pairs judged in both orders that disagree: for which place, and the essays' number."""
    first = (frame["winner"] == frame["first"]).astype(int)
    tied = frame["winner"] == "tie"
    marked = frame.assign(place=(2 * first - 1).where(~tied, 0))
    marked["turn"] = marked.groupby([*PAIR, "first"]).cumcount()
    pairs = marked.groupby([*PAIR, "turn"], sort=True).agg(
        orders=("first", "nunique"), n_valid=("valid", "sum"), net=("place", "sum")
    )
    whole = pairs[(pairs["orders"] == 2) & (pairs["n_valid"] == 2) & (pairs["net"] != 0)]
    cluster = whole.groupby(["item_a", "item_b"]).ngroup()
    return np.asarray(whole["net"], dtype=np.float64), np.asarray(cluster, dtype=np.int64)


def _interval(decided: pd.DataFrame, wins: FloatArray, confidence: float) -> tuple[float, float]:
    n = len(wins)
    if not n:
        return float("nan"), float("nan")
    share = float(wins.mean())
    cluster = decided.groupby(["item_a", "item_b"]).ngroup().to_numpy()
    sums = np.bincount(cluster, wins - share)
    k = len(sums)
    simple = share * (1 - share) * n
    spread = float(sums @ sums) * k / (k - 1) if k > 1 else 0.0
    worth = n * min(1.0, simple / spread) if spread > 0 and k > 1 else float(k)
    z = float(stats.norm.isf((1 - confidence) / 2))
    centre = (share + z**2 / (2 * worth)) / (1 + z**2 / worth)
    margin = z * np.sqrt(share * (1 - share) / worth + z**2 / (4 * worth**2)) / (1 + z**2 / worth)
    return max(0.0, float(centre - margin)), min(1.0, float(centre + margin))
