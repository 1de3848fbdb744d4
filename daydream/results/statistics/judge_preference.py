"""Whether a judge gives more to its own texts, or to its own family's, than other judges do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.axis_comparison import adjusted_shares
from daydream.results.statistics.essay_scores import essay_scores, half_step
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
    its own essays above what the other judges give them, less the same of all other essays. It is
    0 for a judge that is severe, or whose texts are good; above 0 it prefers its own. Another
    judge is compared on both sides under one template, so that scores it did not give are no
    difference, and not on its own essays (for ``family``: its family's), or its preference would
    be taken for one of this judge's. Judges of the same family are no "others" for ``family``.
    Drafts are the observations; with complete scores and others that do not write the test is
    Welch's t test. ``p_holm`` corrects for the judges of a kind (Holm 1979).

    ``rank`` and ``rank_without_own`` are the places of the judge's own model among the writers,
    by the adjusted mean of ``ranking``, with all evaluations and without those in which a model
    judged itself. ``note`` says why nothing is tested.
    """
    frame = evaluations(scores, scales)
    kinds = ("self", "family") if len(frame) else ()
    rows = [row for kind in kinds for row in _rows(frame, kind)]
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
    rated, min_spread = _rated(frame, column), half_step(frame)
    ranks = (_ranks(frame), _ranks(frame[~is_self(frame)])) if kind == "self" else ({}, {})
    for judge, own in sorted(own_of.items()):
        if own not in written:
            continue
        beside = _beside(rated, judge, own_of)
        used = _on_both_sides(beside)
        requested = frame[(frame[EVALUATOR] == judge) & (frame[column] == own)]
        test = _welch(used, min_spread)
        yield {
            **{"kind": kind, EVALUATOR: judge, "own": own, **test._asdict(), "p_holm": np.nan},
            **_counts(used),
            **{"rank": ranks[0].get(own), "rank_without_own": ranks[1].get(own)},
            "note": _note(beside, used, test) if len(requested) else "own texts were not judged",
            **{"n_expected": len(requested), "n_valid": int(requested["score"].count())},
        }


def _rated(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Ratings with the draft and, as ``writer``, what ``column`` has of the essay."""
    origin = frame.drop_duplicates(ESSAY).set_index(ESSAY)[[DRAFT, column]]
    return ratings(frame).join(origin.rename(columns={column: "writer"}), on=ESSAY)


def _beside(rated: pd.DataFrame, judge: str, own_of: Mapping[str, str]) -> pd.DataFrame:
    """The judge's ratings beside those of every other judge: ``gap``, ``is_own``, ``column``.

    ``column`` is the other judge and the template. Left out are other judges of the same owner,
    and what another judge gives its own.
    """
    cells = [ESSAY, TEMPLATE]
    is_this, owner = rated[EVALUATOR] == judge, rated[EVALUATOR].map(own_of).fillna("")
    is_other = ~is_this & (owner != own_of[judge]) & (owner != rated["writer"])
    mine = rated[is_this].set_index(cells)["unit"]
    others = rated[is_other].join(mine.rename("mine"), on=cells)
    others = others[others["mine"].notna()]
    return others.assign(
        gap=others["mine"] - others["unit"],
        is_own=others["writer"] == own_of[judge],
        column=others[EVALUATOR] + "|" + others[TEMPLATE],
    )


def _on_both_sides(beside: pd.DataFrame) -> pd.DataFrame:
    """The gaps of other judges that, under one template, scored both own and other essays."""
    return beside[beside.groupby("column")["is_own"].transform("nunique") == 2]


def _note(beside: pd.DataFrame, used: pd.DataFrame, test: _Test) -> str:
    if not beside["is_own"].any():
        return "no other judge scored these essays"
    if used.empty:
        return "no other judge scored both these and others' essays that are not its own"
    return f"fewer than {FEWEST} drafts of its own, or of others" if np.isnan(test.p) else ""


def _welch(used: pd.DataFrame, min_spread: float) -> _Test:
    """Compare own and other drafts within columns; a column counts by its drafts on both sides.

    The estimate is that of least squares with an effect of every column (weights
    n m / (n + m)), its variance that of independent drafts, n / (n - 1) as in Welch's test, and
    not below that of rounding (``least``).
    """
    if used.empty:
        return _Test(*[np.nan] * 6)
    cells = used.groupby(["column", "is_own", DRAFT])["gap"].mean()
    sides = cells.groupby(["column", "is_own"]).agg(["mean", "size"]).unstack("is_own")
    mean, size = sides["mean"], sides["size"]
    weight = size[True] * size[False] / (size[True] + size[False])
    weight /= weight.sum()
    difference = float(weight @ (mean[True] - mean[False]))
    parts, counts = [], []
    for is_own in (True, False):
        part = cells.xs(is_own, level="is_own")
        column = part.index.get_level_values("column")
        pulls = (part - column.map(mean[is_own])) * column.map(weight / size[is_own])
        sums = pulls.groupby(DRAFT).sum().to_numpy(dtype=float)
        counts.append(len(sums))
        spread = float(sums @ sums) * len(sums) / max(len(sums) - 1, 1)
        parts.append(max(spread, min_spread**2 / len(sums)))
    if min(counts) < FEWEST:
        return _Test(difference, *[np.nan] * 5)
    se = float(np.sqrt(sum(parts)))
    df = sum(parts) ** 2 / sum(v**2 / (n - 1) for v, n in zip(parts, counts, strict=True))
    margin = se * float(stats.t.isf(0.025, df))
    p = float(2 * stats.t.sf(abs(difference) / se, df))
    return _Test(difference, difference - margin, difference + margin, se, df, p)


def _counts(used: pd.DataFrame) -> dict[str, int]:
    parts = {"own": used[used["is_own"]], "other": used[~used["is_own"]]}
    return {
        f"n_{name}_{what}": part[column].nunique()
        for what, column in (("essays", ESSAY), ("drafts", DRAFT))
        for name, part in parts.items()
    }


def _ranks(frame: pd.DataFrame) -> dict[str, float]:
    means = adjusted_shares(essay_scores(frame), GENERATOR)
    return dict(means.rank(ascending=False, method="min").items())  # type: ignore[arg-type]
