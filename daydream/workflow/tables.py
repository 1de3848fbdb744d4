"""The tables of an experiment: which there are, and those that are read straight from the store."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from daydream.errors import ConfigError
from daydream.experiment.cohort import write_cohort
from daydream.experiment.concept_index import concept_index
from daydream.results.comparisons import ComparisonRow, cohort_comparisons
from daydream.results.criterion_columns import kind_of
from daydream.results.names import PAIRWISE_TABLES
from daydream.results.scores import ScoreRow, cohort_scores, store_scores, write_rows, write_scores
from daydream.store.files import write_text
from daydream.store.layout import FORMS
from daydream.workflow.project import Project
from daydream.workflow.slices import only_generations


def make_cohort(project: Project) -> None:
    """Write the cohort's manifest and membership."""
    write_cohort(project.design)
    if not project.design.compares:
        remove_comparison_tables(project)


def write_concept_index(project: Project, path: str) -> None:
    """Write the table of the concepts."""
    write_text(path, concept_index(project.design.catalog, project.layout))


def write_parsed_scores(project: Project, csv: str, parquet: str) -> None:
    """Write a row per evaluation of the cohort, as CSV and as Parquet.

    Raises:
        ConfigError: in a slice.
    """
    _check_whole(project)
    rows = list(cohort_scores(project.layout, project.membership))
    write_scores(csv, rows)
    _write_parquet(parquet, kind_of(rows, ScoreRow), rows)


def write_parsed_comparisons(project: Project, csv: str, parquet: str) -> None:
    """Write a row per comparison of the cohort, as CSV and as Parquet.

    Raises:
        ConfigError: in a slice.
    """
    _check_whole(project)
    rows = list(cohort_comparisons(project.layout, project.membership))
    write_rows(csv, ComparisonRow, rows)
    _write_parquet(parquet, ComparisonRow, rows)


def _check_whole(project: Project) -> None:
    if project.settings.part is not None:
        raise ConfigError(only_generations(project))


def write_store_scores(project: Project, csv: str, parquet: str) -> None:
    """Write a row per evaluation in the store, as CSV and as Parquet."""
    rows = list(store_scores(project.layout))
    write_scores(csv, rows)
    _write_parquet(parquet, kind_of(rows, ScoreRow), rows)


def _write_parquet(path: str, kind: type[NamedTuple], rows: Sequence[NamedTuple]) -> None:
    from daydream.results.parquet import arrow_table, write_parquet

    write_parquet(path, arrow_table(kind, rows))


def parsed_comparisons(project: Project) -> list[str]:
    """The files of ``parsed_comparisons``; none when no essays are compared."""
    return _comparison_files(project) if project.design.compares else []


def pairwise_tables(project: Project) -> list[str]:
    """The files of ``PAIRWISE_TABLES``; none when no essays are compared."""
    return _pairwise_files(project) if project.design.compares else []


def _comparison_files(project: Project) -> list[str]:
    return [project.layout.comparisons(project.cohort, form) for form in FORMS]


def _pairwise_files(project: Project) -> list[str]:
    tables = product(PAIRWISE_TABLES, FORMS)
    return [project.layout.summary(project.cohort, table, form) for table, form in tables]


def remove_comparison_tables(project: Project) -> None:
    """Remove the tables of a named cohort that has come to compare no essays any more.

    No rule would make them again, and they would go on being read; the answers stay.
    """
    for path in (*_comparison_files(project), *_pairwise_files(project)):
        Path(path).unlink(missing_ok=True)
