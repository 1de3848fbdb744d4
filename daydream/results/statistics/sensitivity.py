"""Whether the order of models and templates depends on one judge, template or self-judgement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.axis_comparison import adjusted_shares
from daydream.results.statistics.essay_scores import EssayScores, essay_scores
from daydream.results.statistics.judge_preference import is_self
from daydream.results.statistics.ratings import EVALUATOR, TEMPLATE, Scales, evaluations

_APART = "judges and essays fall into parts that share nothing, or have no score"
AXES = ("generation_model", "draft_template", "generation_template")
_COLUMNS = [
    *("axis", "level", "left_out", "left_out_name", "mean_share", "mean_share_change"),
    *("rank", "rank_change"),
    *("kendall_tau", "winner", "winner_changes", "n_judges", "n_effective_judges"),
    *("n_expected", "n_valid", "note"),
]


class _Part(NamedTuple):
    """What was left out, the evaluations that stay, and their essays' scores."""

    kind: str
    name: str
    frame: pd.DataFrame
    scored: list[EssayScores]


def sensitivity(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """A row per level of each axis and per thing left out; ``left_out`` is ``nothing`` at first.

    Left out are each judge, each evaluation template, and the evaluations in which a model judged
    itself (``self_judgements``), each alone. ``mean_share`` is the ``adjusted_share`` of
    ``ranking`` over all templates, so that a model without the scores of a lenient judge, its
    own perhaps, is not worse for it; ``*_change`` are against leaving out nothing (a rank that
    falls from 1 to 3 has +2). Where the judges that are left share no essays there is none, and
    ``note`` says so. ``kendall_tau`` (tau-b) compares the two orders, ``winner`` is the level that
    is first without what was left out, and ``winner_changes`` says that it is another one.
    ``n_effective_judges`` is (sum of w)^2 / sum of w^2 with w the scores that each judge gave: of
    ten judges of which one gave nearly all scores it is little above 1.
    An axis with one level has no rows.
    """
    frame = evaluations(scores, scales)
    parts = [_Part(kind, name, part, essay_scores(part)) for kind, name, part in _parts(frame)]
    rows = [row for axis in AXES for row in _axis(parts, axis)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _axis(parts: list[_Part], axis: str) -> Iterator[dict[str, object]]:
    everything = parts[0].frame
    if everything.loc[everything["score"].notna(), axis].nunique() < 2:
        return
    whole = adjusted_shares(parts[0].scored, axis)
    first = whole.idxmax() if len(whole) else ""
    for kind, name, part, scored in parts:
        means = adjusted_shares(scored, axis)
        both = means.index.intersection(whole.index)
        tau = _tau(whole[both], means[both])
        winner = str(means.idxmax()) if len(means) else ""
        is_new = bool(len(both)) and means.max() - means.get(first, -np.inf) > 1e-9
        for level, requested in part.groupby(axis, sort=True):
            yield {
                **{"axis": axis, "level": level, "left_out": kind, "left_out_name": name},
                **_place(whole, means, str(level)),
                **{"kendall_tau": tau, "winner": winner, "winner_changes": bool(is_new)},
                **_judges(requested),
                "n_expected": len(requested),
                "n_valid": int(requested["score"].count()),
                "note": "" if len(means) else _APART,
            }


def _parts(frame: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    yield "nothing", "", frame
    for kind, column in (("judge", EVALUATOR), ("evaluation_template", TEMPLATE)):
        names = sorted(set(frame[column]))
        if len(names) > 1:
            for name in names:
                yield kind, name, frame[frame[column] != name]
    own = is_self(frame)
    if own.any() and not own.all():
        yield "self_judgements", "", frame[~own]


def _place(whole: pd.Series[float], means: pd.Series[float], level: str) -> dict[str, float]:
    ranks, before = (values.rank(ascending=False, method="min") for values in (means, whole))
    return {
        "mean_share": means.get(level, np.nan),
        "mean_share_change": means.get(level, np.nan) - whole.get(level, np.nan),
        "rank": ranks.get(level, np.nan),
        "rank_change": ranks.get(level, np.nan) - before.get(level, np.nan),
    }


def _tau(one: pd.Series[float], other: pd.Series[float]) -> float:
    if len(one) < 2 or one.nunique() < 2 or other.nunique() < 2:
        return np.nan
    return float(stats.kendalltau(one, other).statistic)


def _judges(requested: pd.DataFrame) -> dict[str, float]:
    given = requested.groupby(EVALUATOR)["score"].count().to_numpy(dtype=float)
    given = given[given > 0]
    effective = float(given.sum() ** 2 / (given**2).sum()) if len(given) else np.nan
    return {"n_judges": len(given), "n_effective_judges": effective}
