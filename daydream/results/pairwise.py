"""The tables of comparisons: `pairwise_ranking` and `position_bias`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from daydream.results.concept_columns import names_in
from daydream.results.parquet import read_rows
from daydream.results.selection import selection_note
from daydream.results.statistics.multiplicity import holm
from daydream.results.statistics.pairwise import bradley_terry
from daydream.results.statistics.position_bias import PositionBias, position_bias
from daydream.results.statistics.ratings import ORIGIN
from daydream.results.table_files import write_tables
from daydream.store.membership import Membership, read_membership

ESSAY, DRAFT = "essay", "draft"
_WHOLE = (
    "rank",
    "rank_low",
    "rank_high",
    "n_tied",
    "circular_triads",
    "triads",
    "wins",
    "losses",
    "ties",
    "first_wins",
    "both_first",
    "both_second",
    "n_expected",
    "n_valid",
)
_NUMBERS = ("strength", "first_share", "low", "high", "p", "p_holm")
_BEFORE_COUNTS = PositionBias._fields.index("n_expected")
_BIAS = [
    *("axis", "level", *PositionBias._fields[:_BEFORE_COUNTS], "p_holm"),
    *PositionBias._fields[_BEFORE_COUNTS:],
    "note",
]


def read_comparisons(path: str) -> pd.DataFrame:
    """Read ``parsed_comparisons``, from Parquet or CSV, all of it as text.

    Raises:
        CohortError: when the file is missing or was damaged.

    """
    return read_rows(path).astype(str)


def origins(membership: Membership) -> pd.DataFrame:
    """A row per essay, by its gen_id: the columns of ``ORIGIN``, the essay itself, its draft."""
    rows = {}
    for essay in membership.stage("essay"):
        draft = membership.lineage(essay)["draft"]
        key = (draft.combo_id, draft.template_id, essay.template_id, essay.llm_model_id)
        rows[essay.gen_id] = (*key, essay.gen_id, draft.gen_id)
    columns = [*ORIGIN, ESSAY, DRAFT]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=str)


def outcomes(comparisons: pd.DataFrame, origin: pd.DataFrame, by: str) -> pd.DataFrame:
    """The rows that ``daydream.analysis.pairwise`` takes, for the essays or for what they share.

    What essays share is compared through them, and its units are their drafts: essays of one
    draft are alike, one may even be its copy.
    ``judge`` is whatever the two orders of a comparison have in common: pair, template, model and
    replicate. Else one essay's verdicts would be put together with another's of the same model.
    Comparisons within a key say nothing about it and are left out.
    """
    first, second = comparisons["first_gen_id"], comparisons["second_gen_id"]
    pair = first.where(first < second, second) + "|" + second.where(first < second, first)
    columns = ["comparison_template", "evaluation_llm_model", "replicate"]
    rows = pd.DataFrame(
        {
            "item_a": first.map(origin[by]),
            "item_b": second.map(origin[by]),
            "first": "a",
            "winner": comparisons["verdict"].map({"A": "a", "B": "b", "tie": "tie"}).fillna(""),
            "judge": pair.str.cat(comparisons[columns], sep="|") if len(pair) else pair,
        }
    )
    if by != ESSAY:
        rows = rows.assign(unit_a=first.map(origin[DRAFT]), unit_b=second.map(origin[DRAFT]))
    return rows[rows["item_a"] != rows["item_b"]]


def pairwise_ranking(comparisons: pd.DataFrame, membership: Membership) -> pd.DataFrame:
    """Bradley-Terry strengths of the essays, then by each column of ``ORIGIN``.

    ``axis`` says by which, ``level`` is the essay's gen_id or the value of that column; an
    essay's row tells its origin too, the others' only the column itself. The rest is as
    ``bradley_terry`` has it: ``strength`` and its 95% interval on the log scale, each list
    summing to 0. ``wins``,
    ``losses`` and ``ties`` count pairs in both orders, the other counts single judgements.

    What an interval is of: an essay's, of the strength these judges would give it if every essay
    of the cohort met every other; a model's (template's, combination's), of the strength they
    would give it with any number of drafts like its own, so that it tells what other drafts of it
    would do, with these judges, templates and combinations. A key whose essays come from one
    draft has none. See ``bradley_terry`` for how, and for how often they are right.
    """
    origin = origins(membership)
    parts = [_ranked(comparisons, origin, by) for by in (ESSAY, *ORIGIN)]
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else parts[0]
    notes = np.select(
        [table["strength"].isna(), table["low"].isna()],
        ["no pair with a verdict in both orders", "one draft: no interval"],
        default="",
    )
    return _typed(table.assign(note=notes))


def _ranked(comparisons: pd.DataFrame, origin: pd.DataFrame, by: str) -> pd.DataFrame:
    table = bradley_terry(outcomes(comparisons, origin, by)).rename(columns={"item": "level"})
    for name in reversed(ORIGIN):
        own = table["level"] if name == by else ""
        table.insert(1, name, table["level"].map(origin[name]) if by == ESSAY else own)
    table.insert(0, "axis", by)
    return table


def bias_table(comparisons: pd.DataFrame, membership: Membership) -> pd.DataFrame:
    """How often the essay shown first wins: overall, per judge and per comparison template.

    ``axis`` says by which, ``level`` is the judge or the template (``all`` overall). The rest is as
    ``position_bias`` has it; ``p_holm`` holds for all levels of the axis.
    """
    rows = outcomes(comparisons, origins(membership), ESSAY)
    found = []
    for axis in ("overall", "evaluation_llm_model", "comparison_template"):
        parts = _levels(comparisons, rows, axis)
        biases = {level: position_bias(part) for level, part in parts.items() if len(part)}
        corrected = holm(np.array([bias.p for bias in biases.values()]))
        for (level, bias), p_holm in zip(biases.items(), corrected, strict=True):
            found.append({"axis": axis, "level": level, **bias._asdict(), "p_holm": p_holm})
    table = pd.DataFrame(found, columns=_BIAS)
    notes = np.select(
        [table["n_valid"] == 0, table["first_share"].isna(), table["p"].isna()],
        ["no verdicts", "every verdict is a tie", "no two orders of a pair disagree: no test"],
        default="",
    )
    return _typed(table.assign(note=notes))


def _levels(comparisons: pd.DataFrame, rows: pd.DataFrame, axis: str) -> dict[str, pd.DataFrame]:
    if axis == "overall":
        return {"all": rows}
    groups = comparisons.groupby(axis, sort=True).groups
    return {str(level): rows[rows.index.isin(index)] for level, index in groups.items()}


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Each column's own type, which a table without rows does not know."""
    types = dict.fromkeys(table.columns, "string")
    types |= {"at_bound": "bool"}
    types |= dict.fromkeys(_WHOLE, "Int64") | dict.fromkeys(_NUMBERS, "float64")
    return table.astype({name: kind for name, kind in types.items() if name in table})


PAIRWISE: dict[str, Callable[[pd.DataFrame, Membership], pd.DataFrame]] = {
    "pairwise_ranking": pairwise_ranking,
    "position_bias": bias_table,
}


def make_pairwise(
    comparisons: str, membership: str, min_coverage: float, outputs: Iterable[str]
) -> None:
    """Write tables of ``parsed_comparisons.csv``: the names of ``outputs`` say which, and how."""
    frame, members = read_comparisons(comparisons), read_membership(membership)
    names, chosen = _concepts(frame, members), selection_note(membership)
    write_tables(lambda name: PAIRWISE[name](frame, members), min_coverage, names, outputs, chosen)


def _concepts(comparisons: pd.DataFrame, membership: Membership) -> dict[str, str]:
    names: dict[str, str] = {}
    combos = origins(membership)["combo_id"]
    for side in ("first", "second"):
        if f"{side}_concepts" in comparisons:  # a table that an earlier version made has none
            essays = comparisons.assign(combo_id=comparisons[f"{side}_gen_id"].map(combos))
            names |= names_in(essays, concepts=f"{side}_concepts")
    return names
