"""Comparison of two versions of a table, cell by cell."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from daydream.archive.verify.findings import Finding, Outcome, Skip, clipped
from daydream.errors import DaydreamError
from daydream.results.concept_columns import NAME_COLUMNS
from daydream.results.parquet import read_parquet

_NO_KEY = {
    *("generation_response_path", "evaluation_response_path", "comparison_response_path"),
    *("error", "note", "tied_with", "method", "warning"),
    *NAME_COLUMNS,
}
_DAMAGE = (DaydreamError, OSError, ValueError, csv.Error, pa.ArrowException)
RENAMED = "names of concepts that the catalogs say otherwise now; their ids are checked"
NAMED = 4  # cells by which a finding names a row


class Cells(NamedTuple):
    """A table as text, whatever its file's form; a missing value is blank."""

    columns: list[str]
    rows: list[tuple[str, ...]]


def read_cells(path: str) -> Cells:
    """Read a table.

    Raises:
        DaydreamError, OSError, ValueError, csv.Error or ArrowException: when it is damaged.
    """
    if path.endswith(".parquet"):
        table = read_parquet(path)
        columns = [[_text(value) for value in column.to_pylist()] for column in table.columns]
        return Cells(list(table.column_names), list(zip(*columns, strict=True)))
    with open(path, encoding="utf-8", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file)]
    if not rows:
        raise ValueError("it is empty")
    header = list(rows[0])
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} cells under {len(header)} columns")
    return Cells(header, rows[1:])


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def key_columns(parquet: str) -> list[str]:
    """The columns of text that say what a row is about."""
    schema = read_parquet(parquet).schema
    texts = [
        f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)
    ]
    return ["gen_id"] if "gen_id" in texts else [name for name in texts if name not in _NO_KEY]


def unexplained(row: Mapping[str, str]) -> str:
    """No row that differs has a reason to."""
    return ""


class Comparison(NamedTuple):
    """What is compared: ``name`` is the file, ``keys`` name its rows, ``again`` makes it again.

    Numbers are equal when they differ by ``tolerance`` at most. ``is_whole`` says that the file
    must have every column. ``explain`` tells of a row of the file, by column, why it may differ;
    a blank is no reason.
    """

    name: str
    keys: Sequence[str]
    tolerance: float
    again: str
    is_whole: bool = False
    explain: Callable[[Mapping[str, str]], str] = unexplained


def compare(this: Comparison, expected: str, found: str) -> Iterator[Outcome]:
    """Compare a file with what it should be: an outcome for every cell."""
    should = read_cells(expected)
    try:
        has = read_cells(found)
    except _DAMAGE as error:
        yield Finding(this.name, "a table that can be read", clipped(str(error)), this.again)
        return
    yield from _headers(this, should.columns, has.columns)
    shared = [name for name in should.columns if name in has.columns]
    named = this._replace(keys=[key for key in this.keys if key in shared])
    should, has = _narrowed(should, shared), _narrowed(has, shared)
    if len(should.rows) == len(has.rows):
        for number, rows in enumerate(zip(should.rows, has.rows, strict=True), start=2):
            yield from _row(named, shared, number, *rows)
    else:
        yield from _unequal(named, should, has)


def _headers(this: Comparison, should: list[str], has: list[str]) -> Iterator[Outcome]:
    """Columns that nothing accounts for, and those that an earlier daydream did not have yet."""
    if surplus := [name for name in has if name not in should]:
        difference = ("no such columns", clipped(", ".join(surplus)), this.again)
        yield Finding(f"{this.name}, header", *difference)
    lacking = [name for name in should if name not in has]
    if not NAME_COLUMNS.issuperset(lacking) and this.is_whole:
        difference = (clipped(", ".join(lacking)), "no such columns", this.again)
        yield Finding(f"{this.name}, header", *difference)
    elif lacking:
        yield Skip(f"columns that {this.name} lacks, made by an earlier daydream perhaps")


def _narrowed(table: Cells, columns: list[str]) -> Cells:
    if table.columns == columns:
        return table
    positions = [table.columns.index(name) for name in columns]
    return Cells(columns, [tuple(row[position] for position in positions) for row in table.rows])


def _row(
    this: Comparison,
    columns: list[str],
    number: int,
    should: tuple[str, ...],
    has: tuple[str, ...],
) -> Iterator[Outcome]:
    for column, should_cell, has_cell in zip(columns, should, has, strict=True):
        if should_cell == has_cell or is_close(should_cell, has_cell, this.tolerance):
            yield None
        elif column in NAME_COLUMNS:
            yield Skip(RENAMED)
        elif reason := this.explain(dict(zip(columns, has, strict=True))):
            yield Skip(reason)
        else:
            row = f"row {number} ({_label(this.keys, columns, should)})"
            where = f"{this.name}, {row}, column {column}"
            yield Finding(where, should_cell or "blank", has_cell or "blank", this.again)


def is_close(should_cell: str, has_cell: str, tolerance: float) -> bool:
    """Whether two cells are numbers that differ by ``tolerance`` at most."""
    try:
        return abs(float(should_cell) - float(has_cell)) <= tolerance
    except ValueError:
        return False


def _label(keys: Sequence[str], columns: list[str], row: tuple[str, ...]) -> str:
    cells = dict(zip(columns, row, strict=True))
    named = [f"{key}={cells[key]}" for key in keys if cells.get(key)]
    return ", ".join(named[:NAMED]) or "no key"


def _unequal(this: Comparison, should: Cells, has: Cells) -> Iterator[Outcome]:
    """Name the rows that are missing or too many, and compare the others."""
    numbered, unexpected = _by_key(this.keys, should), _by_key(this.keys, has)
    for number, (key, row) in enumerate(numbered.items(), start=2):
        if key in unexpected:
            yield from _row(this, should.columns, number, row, unexpected.pop(key))
        else:
            where = f"{this.name}, row {number}"
            label = _label(this.keys, should.columns, row)
            finding = Finding(where, label, "no such row", this.again)
            yield _explained(this, should.columns, row) or finding
    for row in unexpected.values():
        difference = ("no such row", _label(this.keys, has.columns, row))
        finding = Finding(this.name, *difference, this.again)
        yield _explained(this, has.columns, row) or finding


def _explained(this: Comparison, columns: list[str], row: tuple[str, ...]) -> Skip | None:
    """Why there is a row more or less; of a table with a row for each generation nothing is."""
    reason = "" if this.is_whole else this.explain(dict(zip(columns, row, strict=True)))
    return Skip(reason) if reason else None


_Key = tuple[tuple[str, ...], int]


def _by_key(keys: Sequence[str], table: Cells) -> dict[_Key, tuple[str, ...]]:
    """Rows by what they are about, numbered where several are about the same."""
    positions = [table.columns.index(key) for key in keys]
    seen: Counter[tuple[str, ...]] = Counter()
    rows: dict[_Key, tuple[str, ...]] = {}
    for row in table.rows:
        key = tuple(row[position] for position in positions)
        seen[key] += 1
        rows[key, seen[key]] = row
    return rows
