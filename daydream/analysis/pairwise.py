"""Strengths of items from pairs that were judged in both orders, and the position bias.

``outcomes`` has a row per judgement: ``item_a``, ``item_b``, ``first`` (``a`` or ``b``: which was
shown first) and ``winner`` (``a``, ``b``, ``tie``; anything else is a judgement that was lost).
A column ``judge`` is optional.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.analysis.davidson import fit_davidson
from daydream.analysis.resample import codes_of

_DECIDED = ("a", "b")
_POINTS = {"a": 1.0, "tie": 0.5, "b": 0.0}
_STRENGTHS = [
    "item",
    "strength",
    "low",
    "high",
    "rank",
    "wins",
    "losses",
    "ties",
    "n_expected",
    "n_valid",
]
_BIAS = ["judge", "first_share", "low", "high", "first_wins", "ties", "n_expected", "n_valid"]
_COMPARISONS = ["item_a", "item_b", "winner", "n_expected", "n_valid"]


def comparisons(outcomes: pd.DataFrame) -> pd.DataFrame:
    """One row per comparison: the two orders of a pair put together.

    ``item_a`` sorts before ``item_b``. The first judgement of a pair in one order goes with the
    first in the other, the second with the second, and so on, judge by judge. ``winner`` is
    ``a`` or ``b`` if both orders say so, ``tie`` if they differ or say tie, and ``""`` if an
    order is missing or lost: one order alone cannot be told from position bias. ``n_expected``
    is the judgements of the row, ``n_valid`` those with a winner or a tie.
    """
    frame = _oriented(outcomes)
    if frame.empty:
        return pd.DataFrame(columns=_COMPARISONS)
    pair = ["judge", "item_a", "item_b"]
    frame["turn"] = frame.groupby([*pair, "first"]).cumcount()
    table = frame.groupby([*pair, "turn"], sort=True).agg(
        orders=("first", "nunique"),
        verdicts=("winner", "nunique"),
        verdict=("winner", "first"),
        n_expected=("winner", "size"),
        n_valid=("valid", "sum"),
    )
    whole = (table["orders"] == 2) & (table["n_valid"] == 2)
    verdict = table["verdict"].where(table["verdicts"] == 1, "tie")
    return table.assign(winner=verdict.where(whole, "")).reset_index()[_COMPARISONS]


def bradley_terry(outcomes: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Strengths of the items, best first, with intervals from the information matrix.

    The model is Bradley and Terry's with Davidson's ties, see ``fit_davidson``. ``strength`` is
    on the log scale and sums to 0: a difference of 1.1 is odds of 3 to 1 among decided
    comparisons. Intervals are for an item against the average item. ``wins``, ``losses`` and
    ``ties`` are comparisons (both orders, see ``comparisons``); ``n_expected`` and ``n_valid``
    are judgements. Items without a comparison that counts have strength NaN and no rank.
    """
    table = comparisons(outcomes)
    if table.empty:
        return pd.DataFrame(columns=_STRENGTHS)
    tally = _tally(table)
    counted = table[table["winner"] != ""]
    items = pd.unique(counted[["item_a", "item_b"]].to_numpy(dtype=object).ravel())
    if len(items):
        codes = codes_of(counted[["item_a", "item_b"]].to_numpy(dtype=str))[0].reshape(-1, 2)
        points = [_POINTS[winner] for winner in counted["winner"]]
        fit = fit_davidson(codes, np.asarray(points))
        margin = stats.norm.isf((1 - confidence) / 2) * fit.error
        found = pd.DataFrame(
            {"strength": fit.strength, "low": fit.strength - margin, "high": fit.strength + margin},
            index=np.unique(items.astype(str)),
        )
        tally = tally.join(found)
    return _ranked(tally)


def position_bias(outcomes: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """How often the item shown first wins, with Wilson's interval, overall and per judge.

    ``first_share`` is of the judgements that are not ties; ``judge`` is ``""`` overall and there
    are rows per judge if there are two or more. When every pair is judged in both orders, 0.5
    is no bias. NaN without a decided judgement.
    """
    frame = _oriented(outcomes)
    if frame.empty:
        return pd.DataFrame(columns=_BIAS)
    judges = sorted(frame["judge"].unique())
    parts = [("", frame)]
    if len(judges) > 1:
        parts += [(judge, frame[frame["judge"] == judge]) for judge in judges]
    rows = [(judge, *_bias(part, confidence)) for judge, part in parts]
    return pd.DataFrame(rows, columns=_BIAS)


class _Bias(NamedTuple):
    first_share: float
    low: float
    high: float
    first_wins: int
    ties: int
    n_expected: int
    n_valid: int


def _bias(part: pd.DataFrame, confidence: float) -> _Bias:
    decided = part[part["winner"].isin(_DECIDED)]
    wins = int((decided["winner"] == decided["first"]).sum())
    ties, valid = int((part["winner"] == "tie").sum()), int(part["valid"].sum())
    if decided.empty:
        return _Bias(np.nan, np.nan, np.nan, 0, ties, len(part), valid)
    interval = stats.binomtest(wins, len(decided)).proportion_ci(confidence, method="wilson")
    share = wins / len(decided)
    low, high = float(interval.low), float(interval.high)
    return _Bias(share, low, high, wins, ties, len(part), valid)


def _oriented(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Text columns, ``item_a`` before ``item_b``, ``valid``: has a verdict; rows in order."""
    names = ["judge", "item_a", "item_b", "first", "winner"]
    frame = outcomes.reindex(columns=names).astype(object)
    frame = frame.where(frame.notna(), "").astype(str).astype(object).reset_index(drop=True)
    frame = frame[(frame["item_a"] != frame["item_b"]) & frame["first"].isin(_DECIDED)]
    swap = frame["item_a"] > frame["item_b"]
    turned = {"a": "b", "b": "a"}
    frame = frame.assign(
        item_a=frame["item_a"].where(~swap, frame["item_b"]),
        item_b=frame["item_b"].where(~swap, frame["item_a"]),
        first=frame["first"].where(~swap, frame["first"].replace(turned)),
        winner=frame["winner"].where(~swap, frame["winner"].replace(turned)),
    )
    return frame.assign(valid=frame["winner"].isin([*_DECIDED, "tie"]))


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
    table = table.assign(rank=strength.round(9).rank(method="min", ascending=False).astype("Int64"))
    return table.sort_values(["rank", "item"]).reset_index(drop=True)
