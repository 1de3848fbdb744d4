"""Makes ``docs/tables.md`` of the declarations.

``python -m daydream.results.dictionary.page`` writes it; a test fails when it has drifted.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from daydream.results.dictionary.declared import TABLES
from daydream.results.dictionary.model import Column, Table
from daydream.store.files import write_text

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tables.md"
_HEAD = """<!-- Made by `python -m daydream.results.dictionary.page`; do not edit. -->

# Tables

Every table that the workflow writes, and every column in its order. Below the data root; tables of
`5_parsing` and `6_summary` are there twice, as CSV and as Parquet, which keeps the types.

How to read a column's unit and name:

- *points of the scale* are those of the evaluation template (`scale_low` to `scale_high` where
  the table has them); a composite of templates with different scales is in points of 0 to 10
  (`final_results` leaves its points blank).
  *share of the scale* is the same from 0 to 1.
- Names that end in `_share` say a share of something, `n_` begins a count.
- A blank cell is a number that does not exist, not 0. Numbers are rounded to six decimals.
- Kinds: *text*; *whole* and *number*; *yes/no* (`True`, `False`); *time* (ISO 8601, UTC).
- The source is the table's, unless the column names its own.

"""


def page() -> str:
    """The whole page."""
    contents = (
        f"- [`{_title(table)}`](#{_anchor(table)}): a row is {table.row}\n" for table in TABLES
    )
    return _HEAD + "".join(contents) + "".join(map(_section, TABLES))


def _title(table: Table) -> str:
    return f"{table.folder}/{table.name}".removeprefix("./")


def _anchor(table: Table) -> str:
    """As GitHub makes it of the heading."""
    letters = (letter for letter in _title(table).lower() if letter.isalnum() or letter in "_- ")
    return "".join(letters).replace(" ", "-")


def _section(table: Table) -> str:
    rows = "".join(_rows(table))
    head = "| column | kind | unit | what | source |\n| --- | --- | --- | --- | --- |\n"
    made = escape(f"A row is {table.row}. {table.made} Source: {table.source}.", quote=False)
    return f"\n## `{_title(table)}`\n\n{made}\n\n{head}{rows}"


def _rows(table: Table) -> Iterator[str]:
    at = table.block_at if table.block else len(table.columns)
    yield from map(_row, table.columns[:at])
    if table.block:
        each = f"(for each {table.block.what})"
        for column in table.block.columns:
            yield _row(column._replace(meaning=f"{column.meaning} {each}"))
    yield from map(_row, table.columns[at:])


def _row(column: Column) -> str:
    cells = (f"`{column.name}`", column.kind, column.unit, column.meaning, escape(column.source))
    return f"| {' | '.join(cells)} |\n".replace("|  |", "| |")


if __name__ == "__main__":
    write_text(str(PAGE), page())
