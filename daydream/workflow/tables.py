"""The tables of an experiment: which there are, and those that are read straight from the store."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from daydream.errors import CohortError
from daydream.experiment.cohort import Design
from daydream.experiment.settings import Settings
from daydream.results.comparisons import ComparisonRow, cohort_comparisons
from daydream.results.names import PAIRWISE_TABLES, TEMPLATE_COLUMN
from daydream.results.scores import ScoreRow, cohort_scores, store_scores, write_rows, write_scores
from daydream.store.files import write_json
from daydream.store.layout import FORMS, Layout, exists
from daydream.store.membership import Membership, read_membership


def noted(path: str, content: Mapping[str, Any], dryrun: bool) -> str:
    """Write what the configuration asks for to a file, so that its time is compared; its path.

    A dry run leaves nothing behind in the project: its file goes to the temporary directory.
    """
    if dryrun:
        path = os.path.join(tempfile.gettempdir(), f"daydream-{os.getuid()}-{Path(path).name}")
    write_json(path, content)
    return path


class Results:
    """What the rules of the tables ask of an opened experiment; ``Project`` is one."""

    settings: Settings
    layout: Layout
    design: Design
    cohort: str
    _roster: tuple[int, Membership] | None = None

    @property
    def membership(self) -> Membership:
        """The cohort's roster as it is on disk, read again only when the file has changed.

        Another run of this cohort may be making it again just now: until it is there, the roster
        that was read before holds.
        """
        path = self.layout.membership(self.cohort)
        try:
            state = os.stat(path).st_mtime_ns
        except FileNotFoundError:
            state = 0
        if self._roster is None or state not in (0, self._roster[0]):
            try:
                self._roster = (state, read_membership(path))
            except CohortError:
                if self._roster is None or exists(path):
                    raise
        return self._roster[1]

    def write_scores(self) -> None:
        """Write the cohort's ``parsed_scores``, as CSV and as Parquet."""
        from daydream.results.parquet import arrow_table, write_parquet

        rows = list(cohort_scores(self.layout, self.membership))
        write_scores(self.layout.scores(self.cohort), rows)
        write_parquet(self.layout.scores(self.cohort, "parquet"), arrow_table(ScoreRow, rows))

    def write_comparisons(self) -> None:
        """Write the cohort's ``parsed_comparisons``, as CSV and as Parquet."""
        from daydream.results.parquet import arrow_table, write_parquet

        rows = list(cohort_comparisons(self.layout, self.membership))
        write_rows(self.layout.comparisons(self.cohort), ComparisonRow, rows)
        path = self.layout.comparisons(self.cohort, "parquet")
        write_parquet(path, arrow_table(ComparisonRow, rows))

    @property
    def parsed_comparisons(self) -> list[str]:
        """The files of ``parsed_comparisons``; none when no essays are compared."""
        return self._parsed_comparisons if self.design.compares else []

    @property
    def pairwise_tables(self) -> list[str]:
        """The files of ``PAIRWISE_TABLES``; none when no essays are compared."""
        return self._pairwise_tables if self.design.compares else []

    @property
    def _parsed_comparisons(self) -> list[str]:
        return [self.layout.comparisons(self.cohort, form) for form in FORMS]

    @property
    def _pairwise_tables(self) -> list[str]:
        tables = product(PAIRWISE_TABLES, FORMS)
        return [self.layout.summary(self.cohort, table, form) for table, form in tables]

    def remove_comparison_tables(self) -> None:
        """Remove the tables of a named cohort that has come to compare no essays any more.

        No rule would make them again, and they would go on being read; the answers stay.
        """
        for path in (*self._parsed_comparisons, *self._pairwise_tables):
            Path(path).unlink(missing_ok=True)

    def write_store_scores(self) -> None:
        """Write the ``parsed_scores`` of every evaluation in the store, as CSV and as Parquet."""
        from daydream.results.parquet import arrow_table, write_parquet

        rows = list(store_scores(self.layout))
        write_scores(self.layout.cross("parsed_scores"), rows)
        path = self.layout.cross("parsed_scores", "parquet")
        write_parquet(path, arrow_table(ScoreRow, rows))

    @property
    def other_cohorts_scores(self) -> list[str]:
        """The scores of the cohorts that were made before: when they are newer, so is the store."""
        folder = Path(self.layout.under("5_parsing"))
        names = sorted(path.parent.name for path in folder.glob("*/parsed_scores.csv"))
        return [self.layout.scores(name) for name in names if name != self.cohort]

    def kept_filters(self, dryrun: bool) -> list[str]:
        """A file newer than the tables over every cohort that were made with other filters."""
        path, wanted = self.layout.cross_filters, self.filters_as_columns
        try:
            made_with = json.loads(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError:
            made_with = {}
        except ValueError:
            made_with = None
        if made_with == wanted:
            return list(filter(exists, [path]))
        return [noted(path, wanted, dryrun)]

    @property
    def filters_as_columns(self) -> dict[str, list[str]]:
        """The configuration's filters as the values that score columns may have."""
        filters, catalog = self.settings.filters, self.design.catalog
        keep: dict[str, list[str]] = {}
        if filters.concepts is not None:
            keep["combo_id"] = [combo.combo_id for combo in self.design.combos]
        if filters.templates is not None:
            for stage, column in TEMPLATE_COLUMN.items():
                keep[column] = [t.template_id for t in catalog.templates(stage)]
        if filters.models is not None:
            keep["generation_model"] = [m.id for m in catalog.generation_models]
            keep["evaluation_llm_model"] = [m.id for m in catalog.evaluation_models]
        return keep
