"""The data of a report, read once from the data root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from daydream.errors import CohortError
from daydream.experiment.catalog import read_scales
from daydream.parsers import ScoreRange
from daydream.report.names import Names, read_names
from daydream.results.dictionary.declared import TABLES
from daydream.results.parquet import arrow_table, read_parquet
from daydream.results.table_files import read_cohort_scores
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership
from daydream.store.record import Generation, read_generation


@dataclass(frozen=True)
class ReportTables:
    """The tables of a cohort.

    Attributes:
        cohort: its id.
        scores: ``parsed_scores``, a row per evaluation; ``score`` is NaN where there is none.
        tables: the tables of ``6_summary`` that were made, by the name of their file.
        scales: the score range of each evaluation template; 0 to 10 where one is missing.
        generations: a row per member of the cohort, with the fields of ``Generation``.
        names: what combos, templates and models are called.
        min_coverage: the share of scores, 0 to 1, below which a mean is flagged.

    """

    cohort: str
    scores: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    scales: Mapping[str, ScoreRange]
    generations: pd.DataFrame
    names: Names
    min_coverage: float

    def table(self, name: str) -> pd.DataFrame:
        """A table of ``6_summary``; without rows and columns when it was not made."""
        return self.tables.get(name, pd.DataFrame())


def gather(layout: Layout, membership: Membership, min_coverage: float) -> ReportTables:
    """Read the tables of a cohort.

    Raises:
        CatalogError: when a catalog cannot be read.
        CohortError: when the scores were not made, or a table was damaged.

    """
    cohort = membership.cohort_id
    generations = [read_generation(layout, member) for member in members(membership)]
    return ReportTables(
        cohort=cohort,
        scores=read_cohort_scores(layout.scores(cohort)),
        tables=_tables(layout, cohort),
        scales=read_scales(layout.templates_csv("evaluation")),
        generations=arrow_table(Generation, generations).to_pandas(),
        names=read_names(layout),
        min_coverage=min_coverage,
    )


def members(membership: Membership) -> Iterator[Member]:
    """Every member of every stage that the cohort has."""
    for stage in membership.by_stage:
        yield from membership.stage(stage)


def _tables(layout: Layout, cohort: str) -> dict[str, pd.DataFrame]:
    folder = Path(layout.under("6_summary", cohort))
    found = {
        path.stem: read_parquet(str(path)).to_pandas() for path in sorted(folder.glob("*.parquet"))
    }
    for name, table in found.items():
        lacking = _lacking(name, table)
        if lacking:
            path = layout.summary(cohort, name)
            raise CohortError(
                f"{path} was made by an earlier version and lacks {', '.join(lacking[:3])}. Make "
                f"its tables again, which costs nothing: snakemake -f {path}"
            )
    return found


def _lacking(name: str, table: pd.DataFrame) -> list[str]:
    """Columns that the table should have; of a table that is not declared, none."""
    declared = {table.name: table for table in TABLES if table.folder.startswith("6_summary")}
    columns = declared[name].columns if name in declared else ()
    return [column.name for column in columns if column.name not in table]
