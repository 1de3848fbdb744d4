"""The tables of human ratings: `human_agreement` and `human_corrected`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from daydream.experiment.ratings import read_ratings
from daydream.results.concept_columns import names_in
from daydream.results.pairwise import DRAFT, origins
from daydream.results.reserved_names import apart, named_apart
from daydream.results.selection import selection_note
from daydream.results.statistics.bootstrap import MIN_CLUSTERS
from daydream.results.statistics.human_agreement import Agreement, agreement
from daydream.results.statistics.prediction_powered import CorrectedMean, corrected_mean
from daydream.results.table_files import read_scores, write_tables
from daydream.store.membership import Membership, read_membership

AXES = ("generation_model", "draft_template", "generation_template", "combo_id")
KEYS = ["parent_gen_id", "evaluation_template"]
PANEL = "panel"
MAX_LEVELS = 40  # of an axis whose pairs are compared: 780 pairs
_AGREEMENT = ["evaluation_template", "rater", "kind", *Agreement._fields, "note"]
_CORRECTED = [
    *("evaluation_template", "axis", "level", "minus", "n_human", "n_judge", "n_drafts"),
    *("judge_mean", "human_mean", "corrected_mean", "se", "low", "high", "weight", "gain", "note"),
]

Frame = pd.DataFrame


def essays_rated(scores: Frame, ratings: Frame, membership: Membership) -> Frame:
    """A row per essay and evaluation template that has scores of judges.

    Columns: ``KEYS``, ``AXES``, ``draft`` (the draft's gen_id), ``panel`` (mean over judges, each
    judge's replicates averaged first) and ``human`` (mean over raters, NaN where nobody rated).
    """
    by_judge = scores.groupby([*KEYS, "evaluation_llm_model"])["score"].mean()
    panel = by_judge.groupby(KEYS).mean().rename(PANEL).reset_index().dropna(subset=[PANEL])
    by_people = ratings.groupby(["gen_id", "evaluation_template"])["score"].mean()
    human = by_people.rename("human").rename_axis(KEYS).reset_index()
    origin = origins(membership)[[*AXES, DRAFT]]
    frame = panel.merge(human, how="left", on=KEYS)
    return frame.merge(origin, left_on=KEYS[0], right_index=True).reset_index(drop=True)


def human_agreement(scores: Frame, ratings: Frame, membership: Membership) -> Frame:
    """How far each judge, their mean and each other rater follow the people, by template.

    ``kind`` is ``judge`` (an evaluation model), ``panel`` (the mean over models) or ``person``
    (one rater against the mean of the others). The columns are those of ``Agreement``.
    """
    rated = essays_rated(scores, ratings, membership)
    rows = [
        {
            **{"evaluation_template": template, "rater": rater, "kind": kind, **found._asdict()},
            "note": _few_drafts(found.n_clusters),
        }
        for template, group in rated.dropna(subset=["human"]).groupby("evaluation_template")
        for rater, kind, found in _raters(str(template), group, scores, ratings)
    ]
    return pd.DataFrame(rows, columns=_AGREEMENT)


def _raters(
    template: str, rated: Frame, scores: Frame, ratings: Frame
) -> Iterator[tuple[str, str, Agreement]]:
    here = scores[scores["evaluation_template"] == template]
    judges = here.groupby(["parent_gen_id", "evaluation_llm_model"])["score"].mean().unstack()
    human = rated.set_index("parent_gen_id")
    for model in judges.columns:
        both = human.assign(other=judges[model]).dropna(subset=["other"])
        if len(both):
            yield str(model), "judge", _agree(both["human"], both["other"], both[DRAFT])
    yield PANEL, PANEL, _agree(human["human"], human[PANEL], human[DRAFT])
    given = ratings[ratings["evaluation_template"] == template]
    people = given.pivot_table(index="gen_id", columns="rater", values="score")
    for rater in people.columns:
        others = people.drop(columns=rater).mean(axis=1)
        both = pd.DataFrame({"others": others, "own": people[rater]}).dropna()
        both = both.join(human[DRAFT], how="inner")
        if len(both):
            yield str(rater), "person", _agree(both["others"], both["own"], both[DRAFT])


def _agree(human: pd.Series, other: pd.Series, drafts: pd.Series) -> Agreement:
    return agreement(human.to_numpy(float), other.to_numpy(float), pd.factorize(drafts)[0])


def human_corrected(scores: Frame, ratings: Frame, membership: Membership) -> Frame:
    """Means as people would score, and their differences, by template, axis and level.

    A few essays are rated by people, all by judges; the people's scores correct the judges' means
    (``prediction_powered``; clustered by draft). ``minus`` is blank for the mean of a level;
    otherwise the row is the mean of ``level`` minus that of ``minus``. Essays must have been
    chosen at random for rating, as ``daydream ratings sheet`` does.
    """
    rated = essays_rated(scores, ratings, membership)
    rows: list[dict[str, Any]] = []
    for template, group in rated.groupby("evaluation_template"):
        if group["human"].notna().any():
            rows += _corrected_rows(str(template), group)
    return pd.DataFrame(rows, columns=_CORRECTED)


def _corrected_rows(template: str, group: Frame) -> Iterator[dict[str, Any]]:
    yield _level_row(template, "overall", "all", group)[0]
    for axis in AXES:
        parts = {str(level): part for level, part in group.groupby(axis)}
        if len(parts) < 2:
            continue
        found = {level: _level_row(template, axis, level, part) for level, part in parts.items()}
        yield from (row for row, _ in found.values())
        if len(parts) <= MAX_LEVELS:
            for first, second in combinations(found, 2):
                yield _difference(found[first], found[second])


def _level_row(
    template: str, axis: str, level: str, part: Frame
) -> tuple[dict[str, Any], CorrectedMean | None]:
    by_hand, others = part[part["human"].notna()], part[part["human"].isna()]
    row: dict[str, Any] = {
        "evaluation_template": template,
        "axis": axis,
        "level": level,
        "minus": "",
        "n_human": len(by_hand),
        "n_judge": len(part),
        "n_drafts": by_hand[DRAFT].nunique(),
        "judge_mean": part[PANEL].mean(),
        "human_mean": by_hand["human"].mean(),
    }
    if len(by_hand) < 2:
        return {**row, "note": "fewer than two essays were rated by people"}, None
    codes = pd.factorize(part[DRAFT])[0]
    is_rated = part["human"].notna().to_numpy()
    mean = corrected_mean(
        by_hand["human"].to_numpy(float),
        by_hand[PANEL].to_numpy(float),
        others[PANEL].to_numpy(float),
        codes[is_rated],
        codes[~is_rated],
    )
    return {**row, **_numbers(mean, int(row["n_drafts"]))}, mean


def _numbers(mean: CorrectedMean, drafts: int) -> dict[str, Any]:
    numbers = {"corrected_mean": mean.estimate, "weight": mean.weight, "gain": mean.gain}
    if drafts < MIN_CLUSTERS:
        return {**numbers, "note": _few_drafts(drafts)}
    low, high = mean.interval()
    return {**numbers, "se": mean.se, "low": low, "high": high, "note": ""}


def _few_drafts(drafts: int) -> str:
    few = drafts < MIN_CLUSTERS
    return f"no interval: the rated essays are of {drafts} draft(s)" if few else ""


def _difference(
    first: tuple[dict[str, Any], CorrectedMean | None],
    second: tuple[dict[str, Any], CorrectedMean | None],
) -> dict[str, Any]:
    """The difference of two levels; their essays differ, so that the variances add."""
    (first_row, mean), (second_row, other_mean) = first, second
    row = {
        **{name: first_row[name] for name in ("evaluation_template", "axis", "level")},
        "minus": second_row["level"],
        **{n: min(first_row[n], second_row[n]) for n in ("n_human", "n_judge", "n_drafts")},
        **{n: first_row[n] - second_row[n] for n in ("judge_mean", "human_mean")},
    }
    if mean is None or other_mean is None:
        return {**row, "note": "fewer than two essays of a level were rated by people"}
    both = CorrectedMean(
        mean.estimate - other_mean.estimate,
        float(np.hypot(mean.se, other_mean.se)),
        float("nan"),
        float("nan"),
    )
    return {**row, **_numbers(both, int(row["n_drafts"]))}


HUMAN: Mapping[str, Callable[[Frame, Frame, Membership], Frame]] = {
    "human_agreement": human_agreement,
    "human_corrected": human_corrected,
}


def make_human(
    scores: str,
    ratings: Iterable[str],
    membership: str,
    min_coverage: float,
    outputs: Iterable[str],
) -> None:
    """Write the tables of human ratings: the names of ``outputs`` say which, and how."""
    frame, _ = named_apart(read_scores(scores), {})
    members = read_membership(membership)
    columns = ["rater", "gen_id", "evaluation_template", "score", "comment"]
    given = pd.DataFrame(read_ratings(ratings), columns=columns)
    given = given.assign(evaluation_template=given["evaluation_template"].map(apart))
    names = names_in(frame)
    chosen = selection_note(membership)
    write_tables(
        lambda name: HUMAN[name](frame, given, members), min_coverage, names, outputs, chosen
    )
