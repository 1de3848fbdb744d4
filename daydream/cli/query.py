"""SQL over a cohort's tables, membership and metadata, as views in DuckDB: `daydream query`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import duckdb

from daydream.errors import QueryError
from daydream.experiment.ratings import rating_files
from daydream.formats import clip
from daydream.results.csv_text import csv_text
from daydream.results.names import (
    ANALYSIS_TABLES,
    HUMAN_TABLES,
    PAIRWISE_TABLES,
    STORE_TABLES,
    SUMMARY_TABLES,
)
from daydream.results.parquet import arrow_table, read_parquet
from daydream.store.layout import Layout, exists
from daydream.store.membership import Member, Membership
from daydream.store.record import Generation, read_generation

WIDEST = 60  # characters of a cell in the aligned table; CSV cuts nothing
NULL = "-"


class Result(NamedTuple):
    """Names of columns, and rows of values."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def query(layout: Layout, membership: Membership, sql: str) -> Result:
    """Run SQL over the views of a cohort (see ``opened``).

    Raises:
        QueryError: when the SQL is wrong or names a table that was not made.
        CohortError: when a table's file was damaged.

    """
    with opened(layout, membership, "generations" in sql.lower()) as ask:
        return ask(sql)


@contextmanager
def opened(
    layout: Layout, membership: Membership, with_generations: bool
) -> Iterator[Callable[[str], Result]]:
    """What runs SQL over the views of a cohort.

    These are ``parsed_scores``, ``parsed_comparisons`` and the tables of ``6_summary`` that were
    made, under their file's name; ``membership``; and ``generations``, which has rows only
    ``with_generations``, as it reads every metadata file.

    Raises:
        QueryError: when the SQL is wrong or names a table that was not made.
        CohortError: when a table's file was damaged.

    """
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        # Or a name that is no view would be looked for among the variables of this program.
        connection.execute("SET python_enable_replacements = false")
        _add_views(connection, layout, membership, with_generations)

        def ask(sql: str) -> Result:
            try:
                return _result(connection.execute(sql))
            except (duckdb.Error, ValueError, UnicodeError) as error:
                raise QueryError(_explained(str(error), layout, membership)) from error

        yield ask


def _result(answer: duckdb.DuckDBPyConnection | None) -> Result:
    if answer is None:  # a blank, or nothing but a comment
        raise QueryError('there is no SQL to run. Try: daydream query "SHOW TABLES"')
    columns = [str(column[0]) for column in answer.description or ()]
    return Result(columns, answer.fetchall() if columns else [])


def _add_views(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    membership: Membership,
    with_generations: bool,
) -> None:
    for name, path in _paths(layout, membership).items():
        if exists(path):
            connection.register(name, read_parquet(path))
    members = [m for stage in membership.by_stage.values() for m in stage.values()]
    rows = arrow_table(Member, members).select(membership.columns)
    connection.register("membership", rows)
    named = members if with_generations else []
    generations = [read_generation(layout, member) for member in named]
    connection.register("generations", arrow_table(Generation, generations))


def _paths(layout: Layout, membership: Membership) -> dict[str, str]:
    cohort = membership.cohort_id
    names = [*SUMMARY_TABLES, *STORE_TABLES, *ANALYSIS_TABLES]
    parsed = {"parsed_scores": layout.scores(cohort, "parquet")}
    if membership.compares:
        names += PAIRWISE_TABLES
        parsed["parsed_comparisons"] = layout.comparisons(cohort, "parquet")
    if rating_files(layout):
        names += HUMAN_TABLES
    return parsed | {name: layout.summary(cohort, name, "parquet") for name in names}


def _explained(message: str, layout: Layout, membership: Membership) -> str:
    """DuckDB's first paragraph, and what there is when a table was not found."""
    first = message.split("\n\n")[0].strip()
    if "Table with name" not in message:
        return first
    paths = _paths(layout, membership)
    existing = [name for name, path in paths.items() if exists(path)]
    missing = [name for name in paths if name not in existing]
    hint = f" Not made yet: {', '.join(missing)}. Make them: snakemake." if missing else ""
    first = first.split("!")[0]  # what follows may suggest one of DuckDB's own tables
    return f"{first}. Tables: {', '.join(['membership', 'generations', *existing])}.{hint}"


def as_csv(result: Result) -> Iterator[str]:
    """Lines of CSV with a header; NULL is blank."""
    for row in (result.columns, *result.rows) if result.columns else ():
        yield csv_text([row]).removesuffix("\n")


def aligned(result: Result) -> Iterator[str]:
    """Lines of a table for a terminal, numbers to the right, and how many rows there are."""
    if not result.columns:
        return
    texts = [[_cell_text(value) for value in row] for row in result.rows]
    widths = [max(map(len, column)) for column in zip(result.columns, *texts, strict=True)]
    right = [_is_numeric([row[n] for row in result.rows]) for n in range(len(widths))]
    for cells in (result.columns, *texts):
        yield _line(cells, widths, right)
    yield f"({len(texts)} row{'' if len(texts) == 1 else 's'})"


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    places = zip(cells, widths, right, strict=True)
    return "  ".join(f"{cell:{'>' if r else '<'}{width}}" for cell, width, r in places).rstrip()


def _is_numeric(values: Sequence[object]) -> bool:
    present = [value for value in values if value is not None]
    return bool(present) and all(hasattr(v, "__float__") for v in present)


def _cell_text(value: object) -> str:
    if value is None:
        return NULL
    text = f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
    return clip(text, WIDEST)
