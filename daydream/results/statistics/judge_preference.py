"""Whether a judge gives more to its own texts, or to its own family's, than other judges do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.multiplicity import holm
from daydream.results.statistics.ratings import (
    DRAFT,
    ESSAY,
    EVALUATOR,
    GENERATOR,
    TEMPLATE,
    Scales,
    evaluations,
    ratings,
)

FAMILY, WRITER_FAMILY = "evaluation_provider", "generation_provider"
FEWEST = 2  # drafts on either side, for an interval
_COLUMNS = [
    *("kind", EVALUATOR, "own", "difference_share", "low_share", "high_share", "se_share", "df"),
    *("p", "p_holm"),
    *("n_own_essays", "n_other_essays", "n_own_drafts", "n_other_drafts"),
    *("rank", "rank_without_own", "note", "n_expected", "n_valid"),
]


class _Test(NamedTuple):
    difference_share: float
    low_share: float
    high_share: float
    se_share: float
    df: float
    p: float


def judge_preference(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """A row per judge that also writes (``self``), or whose family does (``family``).

    ``difference_share`` is a difference in differences of normalised scores: what the judge gives
    its own essays above what the other judges give them, less the same of all other essays. It is 0
    for a judge that is severe, or whose texts are good; above 0 it prefers its own. Differences
    are averaged by draft, and own and other drafts compared by Welch's t test; ``p_holm``
    corrects for the judges of a kind (Holm 1979). Judges of the same family are no "others" for
    ``family``. ``rank`` and ``rank_without_own`` are the places of the judge's own model among
    the writers, with all evaluations and without those in which a model judged itself. With one
    judge, or fewer than two drafts on a side, nothing is tested, and ``note`` says so.
    """
    frame = evaluations(scores, scales)
    rows = [row for kind in ("self", "family") for row in _rows(frame, kind)]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    for _, part in table.groupby("kind"):
        table.loc[part.index, "p_holm"] = holm(part["p"].to_numpy(dtype=float))
    return table


def is_self(frame: pd.DataFrame) -> pd.Series[bool]:
    """Which evaluations are of a text by the judge itself."""
    return (frame[EVALUATOR] == frame[GENERATOR]) & (frame[EVALUATOR] != "")


def _rows(frame: pd.DataFrame, kind: str) -> Iterator[dict[str, object]]:
    column, of_judge = (GENERATOR, EVALUATOR) if kind == "self" else (WRITER_FAMILY, FAMILY)
    written = set(frame[column]) - {""}
    owners = frame[[EVALUATOR, of_judge]].drop_duplicates().to_numpy(dtype=str)
    own_of = dict(owners[owners[:, 1] != ""].tolist())
    rated = _rated(frame)
    ranks = _ranks(frame), _ranks(frame[~is_self(frame)])
    for judge, own in sorted(own_of.items()):
        if own not in written:
            continue
        allies = {name for name, theirs in own_of.items() if theirs == own} | {judge}
        gaps = _gaps(rated, judge, allies)
        is_own = gaps[column] == own
        asked = frame[(frame[EVALUATOR] == judge) & (frame[column] == own)]
        note = "" if len(gaps) else "no other judge scored these essays"
        test = _welch(gaps[is_own], gaps[~is_own])
        if not note and np.isnan(test.p):
            note = f"fewer than {FEWEST} drafts of its own, or of others"
        yield {
            **{"kind": kind, EVALUATOR: judge, "own": own, **test._asdict(), "p_holm": np.nan},
            **_counts(gaps, is_own),
            "rank": ranks[0].get(own) if kind == "self" else None,
            "rank_without_own": ranks[1].get(own) if kind == "self" else None,
            **{"note": note, "n_expected": len(asked), "n_valid": int(asked["score"].count())},
        }


def _rated(frame: pd.DataFrame) -> pd.DataFrame:
    origin = frame.drop_duplicates(ESSAY).set_index(ESSAY)
    return ratings(frame).join(origin[[DRAFT, GENERATOR, WRITER_FAMILY]], on=ESSAY)


def _gaps(rated: pd.DataFrame, judge: str, allies: set[str]) -> pd.DataFrame:
    """By essay: the judge's score above the mean of the others', over common templates."""
    cells = [ESSAY, TEMPLATE]
    others = rated[~rated[EVALUATOR].isin(allies)].groupby(cells)["unit"].mean()
    own = rated[rated[EVALUATOR] == judge].join(others.rename("others"), on=cells)
    own = own[own["others"].notna()]
    keys = [ESSAY, DRAFT, GENERATOR, WRITER_FAMILY]
    gaps = own.assign(gap=own["unit"] - own["others"]).groupby(keys)["gap"].mean()
    return gaps.reset_index()


def _welch(own: pd.DataFrame, other: pd.DataFrame) -> _Test:
    one, two = (part.groupby(DRAFT)["gap"].mean().to_numpy(dtype=float) for part in (own, other))
    difference = float(one.mean() - two.mean()) if len(one) and len(two) else np.nan
    if min(len(one), len(two)) < FEWEST or one.var() + two.var() < 1e-18:
        return _Test(difference, *[np.nan] * 5)
    parts = one.var(ddof=1) / len(one), two.var(ddof=1) / len(two)
    se = float(np.sqrt(sum(parts)))
    df = float(sum(parts) ** 2 / (parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(two) - 1)))
    margin = se * float(stats.t.isf(0.025, df))
    p = float(2 * stats.t.sf(abs(difference) / se, df))
    return _Test(difference, difference - margin, difference + margin, se, df, p)


def _counts(gaps: pd.DataFrame, is_own: pd.Series[bool]) -> dict[str, int]:
    parts = {"own": gaps[is_own], "other": gaps[~is_own]}
    essays = {f"n_{name}_essays": len(part) for name, part in parts.items()}
    return essays | {f"n_{name}_drafts": part[DRAFT].nunique() for name, part in parts.items()}


def _ranks(frame: pd.DataFrame) -> dict[str, float]:
    means = frame.groupby([GENERATOR, ESSAY])["unit"].mean().groupby(GENERATOR).mean().dropna()
    return dict(means.round(9).rank(ascending=False, method="min").items())  # type: ignore[arg-type]
