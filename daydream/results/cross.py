"""The tables over every cohort of a data root, in 7_cross_experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from daydream.experiment.catalog import read_scales
from daydream.results.analyses import typed
from daydream.results.cohort_levels import cohort_levels
from daydream.results.concept_columns import names_in
from daydream.results.pivots import CELL_COUNTS, GENERATION, counts, pivot
from daydream.results.selection import selection_note
from daydream.results.summary import listed
from daydream.results.table_files import read_cohort_scores, read_scores, write_tables
from daydream.store.layout import Layout

Kept = Mapping[str, Sequence[str]]


def template_version_comparison_pivot(scores: pd.DataFrame) -> pd.DataFrame:
    """The same generations under each evaluation template: mean and counts, a block each."""
    index = [*GENERATION, "evaluation_llm_model"]
    table = pivot(scores, index, ["evaluation_template"], {"": "mean", **CELL_COUNTS})
    return table.join(counts(scores, index)).reset_index()


def narrowed(scores: pd.DataFrame, keep: Kept) -> pd.DataFrame:
    """The evaluations with only kept values; a column without kept values is free."""
    is_kept = pd.Series(True, index=scores.index)
    for column, values in keep.items():
        is_kept &= scores[column].isin(list(values))
    return scores[is_kept]


def filtered_evaluation_results(scores: pd.DataFrame, keep: Kept) -> pd.DataFrame:
    """The scored ones of the ``narrowed`` evaluations."""
    rows = narrowed(scores, keep)
    return listed(rows[rows["score"].notna()])


def make_cross(
    scores: str,
    templates: str,
    cohorts: Iterable[str],
    keep: Kept,
    min_coverage: float,
    outputs: Iterable[str],
) -> None:
    """Write tables of ``7_cross_experiment`` from the scores of the whole store.

    The names of ``outputs`` say which. What the pivot expects are the evaluations in the store,
    made or failed. ``cohorts`` are the tables of scores of each cohort, which also have what was
    not made yet; ``templates`` is the catalog with the scales.
    """
    frame = read_scores(scores)
    layout = Layout(str(Path(templates).parents[1]))  # the catalog is in its 1_raw

    def selection(cohort: str) -> str:
        return selection_note(layout.membership(cohort))

    def make(name: str) -> pd.DataFrame:
        if name == "filtered_evaluation_results":
            return filtered_evaluation_results(frame, keep)
        if name == "cohort_levels":
            scales = read_scales(templates)
            return typed(cohort_levels(map(read_cohort_scores, cohorts), scales, selection))
        return template_version_comparison_pivot(narrowed(frame, keep))

    write_tables(make, min_coverage, names_in(frame), outputs)
