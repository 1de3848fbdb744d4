"""Pivots of scores: a row per combination or evaluator, a block of columns for each judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from daydream.results.concept_columns import CONCEPTS
from daydream.results.coverage import CELL_EXPECTED, CELL_FLAG, CELL_VALID, FLAG
from daydream.results.statistics.ratings import Scales

GENERATION = ["combo_id", "draft_template", "generation_template", "generation_model"]


def generation_scores_pivot(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """A row per combo x draft template x essay template x model, a block of columns per evaluator.

    A block ``<evaluation model>_<evaluation template>`` is the mean over replicates, beside its
    ``_min``, ``_max``, ``_n_expected`` and ``_n``. ``sum_scores`` adds the means that there are,
    each on the scale of its template: rows with different counts or templates do not compare.
    """
    across = ["evaluation_llm_model", "evaluation_template"]
    means = scores.groupby([*GENERATION, *across])["score"].mean()
    groups = scores.groupby(GENERATION)
    totals = counts(scores, GENERATION).assign(
        sum_scores=means.groupby(GENERATION).sum(min_count=1),
        n_essays=groups["parent_gen_id"].nunique(),
        generation_response_path=groups["generation_response_path"].agg(_joined),
    )
    totals = totals[["sum_scores", "n_essays", "n_expected", "n_valid", "generation_response_path"]]
    how = {"": "mean", "_min": "min", "_max": "max", **CELL_COUNTS}
    return pivot(scores, GENERATION, across, how).join(totals).reset_index()


def _joined(paths: pd.Series) -> str:
    return ";".join(dict.fromkeys(paths))


def evaluation_model_template_pivot(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """A row per evaluation model; mean, deviation and counts for each evaluation template."""
    how = {"": "mean", "_std": "std", **CELL_COUNTS}
    index = ["evaluation_llm_model"]
    table = pivot(scores, index, ["evaluation_template"], how)
    return table.join(counts(scores, index)).reset_index()


CELL_COUNTS = {CELL_EXPECTED: "size", CELL_VALID: "count"}


def counts(scores: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """Evaluations asked for and those with a score, by the columns of ``index``."""
    return scores.groupby(index).agg(n_expected=("gen_id", "size"), n_valid=("score", "count"))


def pivot(
    scores: pd.DataFrame, index: list[str], across: list[str], statistics: Mapping[str, str]
) -> pd.DataFrame:
    """Statistics of the scores, in columns ``<values of across><suffix>``, a block per values."""
    empty = scores[index].drop_duplicates().set_index(index).sort_index()
    blocks: dict[str, pd.Series] = {}
    suffixes = [*statistics, CELL_FLAG]
    for label, (_, block) in _labelled(scores.groupby(across), suffixes, {*index, *_OWN}):
        grouped = block.groupby(index)["score"]
        for suffix, how in statistics.items():
            column = grouped.agg(how).reindex(empty.index)
            is_count = how in ("count", "size")
            blocks[label + suffix] = column.fillna(0).astype(int) if is_count else column
    return pd.concat([empty, pd.DataFrame(blocks, index=empty.index)], axis=1)


_OWN = (
    *("sum_scores", "n_essays", "n_expected", "n_valid", FLAG, "generation_response_path"),
    CONCEPTS,
)


def _labelled(groups: Any, suffixes: list[str], taken: set[str]) -> Iterator[tuple[str, Any]]:
    """Name each group by its joined values, numbered where two names would share a column."""
    for values, block in groups:
        base = label = "_".join(values)
        number = 1
        while taken & {label + suffix for suffix in suffixes}:
            number += 1
            label = f"{base} ({number})"
        taken |= {label + suffix for suffix in suffixes}
        yield label, (values, block)
