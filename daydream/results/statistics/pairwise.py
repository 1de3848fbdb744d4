"""Strengths of items from pairs that were judged in both orders.

``outcomes`` has a row per judgement: ``item_a``, ``item_b``, ``first`` (``a`` or ``b``: which was
shown first) and ``winner`` (``a``, ``b``, ``tie``; anything else is a judgement that was lost).
A column ``judge`` is optional. ``unit_a`` and ``unit_b``, optional too, say which unit stood for
an item, as an essay stands for its model.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.bradley_terry import fit_davidson
from daydream.results.statistics.clustered_errors import dyadic_variance, repeat_factor
from daydream.results.statistics.strength_ranks import circular_triads, strength_ranks

DECIDED = ("a", "b")
_POINTS = {"a": 1.0, "tie": 0.5, "b": 0.0}
_STRENGTHS = [
    "item",
    "strength",
    "low",
    "high",
    "rank",
    "rank_low",
    "rank_high",
    "n_tied",
    "at_bound",
    "circular_triads",
    "triads",
    "wins",
    "losses",
    "ties",
    "n_expected",
    "n_valid",
]
_COUNTS = ("rank_low", "rank_high", "n_tied", "circular_triads", "triads")
_UNITS = ["unit_a", "unit_b"]
PAIR = ["judge", "item_a", "item_b", *_UNITS]  # what two orders have in common
_COMPARISONS = ["item_a", "item_b", "winner", "n_expected", "n_valid"]


def comparisons(outcomes: pd.DataFrame) -> pd.DataFrame:
    """One row per comparison: the two orders of a pair put together.

    ``item_a`` sorts before ``item_b``. The first judgement of a pair in one order goes with the
    first in the other, the second with the second, and so on, judge by judge. ``winner`` is
    ``a`` or ``b`` if both orders say so, ``tie`` if they differ or say tie, and ``""`` if an
    order is missing or lost: one order alone cannot be told from position bias. ``n_expected``
    is the judgements of the row, ``n_valid`` those with a winner or a tie.
    """
    return _compared(outcomes)[_COMPARISONS]


def _compared(outcomes: pd.DataFrame) -> pd.DataFrame:
    """What ``comparisons`` returns, with the units that met."""
    frame = oriented(outcomes)
    if frame.empty:
        return pd.DataFrame(columns=[*_COMPARISONS, *_UNITS])
    frame["turn"] = frame.groupby([*PAIR, "first"]).cumcount()
    table = frame.groupby([*PAIR, "turn"], sort=True).agg(
        orders=("first", "nunique"),
        verdicts=("winner", "nunique"),
        verdict=("winner", "first"),
        n_expected=("winner", "size"),
        n_valid=("valid", "sum"),
    )
    whole = (table["orders"] == 2) & (table["n_valid"] == 2)
    verdict = table["verdict"].where(table["verdicts"] == 1, "tie")
    return table.assign(winner=verdict.where(whole, "")).reset_index()


def bradley_terry(outcomes: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Strengths of the items, best first, with intervals.

    The model is Bradley and Terry's with Davidson's ties, see ``fit_davidson``. ``strength`` is
    on the log scale and sums to 0: a difference of 1.1 is odds of 3 to 1 among decided
    comparisons. Intervals are for an item against the average item. ``wins``, ``losses`` and
    ``ties`` are comparisons (both orders, see ``comparisons``); ``n_expected`` and ``n_valid``
    are judgements. Items without a comparison that counts have strength NaN and no rank.

    ``rank_low`` to ``rank_high`` are the ranks that are possible, for all items at once, and
    ``n_tied`` the items that this one is not told apart from (see ``strength_ranks``; missing
    for more than 3,000 items). ``at_bound`` marks items that won all of their comparisons, or
    lost all: how far they are from the others is the prior's word. ``circular_triads`` of its
    ``triads`` go round, A over B over C over A: many of them, and there is no one order.

    Without units, the interval is of the strength that these judges would give an item if all
    these items met each other: what is peculiar to a pair is noise, which its judges share.
    Variances are those of the information matrix, times ``repeat_factor``. In simulations (40
    items, 2 or 4 rings, 1 to 3 judges who differ in taste) 94 to 97% of 95% intervals covered it,
    also when all judges gave the same verdicts; without the factor 68 to 97% did.

    With units, the interval is of the strength that these judges would give an item if it had
    any number of units like those seen. Errors are clustered by unit (``dyadic_variance``), with
    quantiles of Student's t, the item's units less one degrees of freedom; no interval for an
    item with one unit. Simulated were 4 items with a standard deviation of 1, and as much between
    the units of an item; 2 judges; 400 trials. Of 95% intervals covered, in percent:

    ================ === === === ==== ===
    units of an item   4   8  12 4-12  40
    ================ === === === ==== ===
    2 rings           99  96  96   97  95
    4 rings           99  95  95   96   -
    2, independent    83  82  82   83  81
    4, independent    73  73  71   72   -
    ================ === === === ==== ===

    So intervals are too wide with 4 units, and far too wide with 2. With spreads of 0.2, 1 and
    1.8 within three items it was 97%, with 12 items of 4 to 6 units 98%. Resampling units, with
    products of their counts as weights, covers too (95% with 8), in intervals 1.6 times as wide:
    few resamples of a few rings connect the items well. With units of several essays that are
    alike (3 a draft, sharing 64% of the variance), clusters of essays covered 86 to 88%,
    clusters of drafts 95 to 97%.
    """
    table = _compared(outcomes)
    if table.empty:
        return pd.DataFrame(columns=_STRENGTHS)
    tally = _tally(table)
    counted = table[table["winner"] != ""]
    if len(counted):
        tally = tally.join(_fitted(counted, "unit_a" in outcomes.columns, confidence))
    return _ranked(tally)


def _fitted(counted: pd.DataFrame, clustered: bool, confidence: float) -> pd.DataFrame:
    """``strength``, ``low`` and ``high`` by item."""
    names = counted[["item_a", "item_b"]].to_numpy(dtype=str)
    pairs = codes_of(names)[0].reshape(-1, 2)
    points = np.array([_POINTS[winner] for winner in counted["winner"]])
    fit = fit_davidson(pairs, points)
    if clustered:
        units = codes_of(counted[_UNITS].to_numpy(dtype=str))[0].reshape(-1, 2)
        variance, count = dyadic_variance(fit, pairs, points, units)
        df = np.maximum(count - 1, 1).astype(np.float64)
    else:
        variance = fit.error**2 * repeat_factor(fit, pairs, points)
        df = np.full(len(variance), np.inf)
    margin = stats.t.isf((1 - confidence) / 2, df) * np.sqrt(variance)
    around, triads = circular_triads(pairs, points, len(df))
    ranks = strength_ranks(fit.strength, variance, df, 1 - confidence)
    columns = {
        "strength": fit.strength,
        "low": fit.strength - margin,
        "high": fit.strength + margin,
        "circular_triads": around,
        "triads": triads,
        **({} if ranks is None else {"rank_low": ranks.low, "rank_high": ranks.high}),
        **({} if ranks is None else {"n_tied": ranks.n_tied}),
    }
    return pd.DataFrame(columns, index=np.unique(names))


def oriented(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Text columns, ``item_a`` before ``item_b``, ``valid``: has a verdict; rows in order."""
    names = ["judge", "item_a", "item_b", "first", "winner", *_UNITS]
    frame = outcomes.reindex(columns=names).astype(object)
    frame = frame.where(frame.notna(), "").astype(str).astype(object).reset_index(drop=True)
    frame = frame[(frame["item_a"] != frame["item_b"]) & frame["first"].isin(DECIDED)]
    swap = frame["item_a"] > frame["item_b"]
    turned = {"a": "b", "b": "a"}
    frame = frame.assign(
        item_a=frame["item_a"].where(~swap, frame["item_b"]),
        item_b=frame["item_b"].where(~swap, frame["item_a"]),
        unit_a=frame["unit_a"].where(~swap, frame["unit_b"]),
        unit_b=frame["unit_b"].where(~swap, frame["unit_a"]),
        first=frame["first"].where(~swap, frame["first"].replace(turned)),
        winner=frame["winner"].where(~swap, frame["winner"].replace(turned)),
    )
    return frame.assign(valid=frame["winner"].isin([*DECIDED, "tie"]))


def _tally(table: pd.DataFrame) -> pd.DataFrame:
    """Per item: wins, losses, ties, n_expected, n_valid."""
    sides = [
        table.assign(
            item=table[own],
            wins=table["winner"] == side,
            losses=table["winner"] == other,
            ties=table["winner"] == "tie",
        )
        for own, side, other in (("item_a", "a", "b"), ("item_b", "b", "a"))
    ]
    columns = ["wins", "losses", "ties", "n_expected", "n_valid"]
    return pd.concat(sides).groupby("item", sort=True)[columns].sum().astype(int)


def _ranked(tally: pd.DataFrame) -> pd.DataFrame:
    table = tally.reset_index().reindex(columns=_STRENGTHS)
    strength = table["strength"].astype(float)
    points = table["wins"] + table["ties"] / 2
    played = table["wins"] + table["losses"] + table["ties"]
    table["at_bound"] = (played > 0) & ((points == 0) | (points == played))
    for name in _COUNTS:
        table[name] = table[name].astype("Int64")
    table = table.assign(rank=strength.round(9).rank(method="min", ascending=False).astype("Int64"))
    return table.sort_values(["rank", "item"]).reset_index(drop=True)
