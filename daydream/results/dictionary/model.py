"""The declaration of a table, and whether a file is as declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

Kind = Literal["text", "whole", "number", "yes/no", "time"]

# pandas' names of types, which Parquet keeps.
_TYPES: Mapping[Kind, tuple[str, ...]] = {
    "text": ("string", "str", "object"),
    "whole": ("int64", "Int64"),
    "number": ("float64",),
    "yes/no": ("bool", "boolean"),
    "time": ("string", "str", "object"),
}


class Column(NamedTuple):
    """A column: what is in it, in which unit, and which file it is taken from.

    ``source`` is blank where it is that of its table. A time is text, ISO 8601 in UTC.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    source: str = ""


class Block(NamedTuple):
    """Columns that repeat for every ``what``; each name is ``base`` and an ending.

    In ``base`` the part in angle brackets stands for a name.
    """

    what: str
    base: str
    columns: tuple[Column, ...]


class Table(NamedTuple):
    """A table: what one row is, from what and how it is made, and its columns in order.

    A ``block`` stands where ``block_at`` columns are before it.
    """

    name: str
    folder: str
    row: str
    source: str
    made: str
    columns: tuple[Column, ...]
    block: Block | None = None
    block_at: int = 0

    def path(self, cohort: str) -> str:
        """The CSV of a cohort, from the data root on."""
        folder = "" if self.folder == "." else self.folder.replace("<cohort>", cohort) + "/"
        return f"{folder}{self.name}.csv"


def column_problems(table: Table, names: Sequence[str]) -> Iterator[str]:
    """What a file's header has otherwise than declared."""
    at = table.block_at if table.block else len(table.columns)
    first, last = table.columns[:at], table.columns[at:]
    middle = list(names[len(first) : len(names) - len(last)])
    yield from _order(table.name, first, names[: len(first)])
    if last:
        yield from _order(table.name, last, names[len(names) - len(last) :])
    if table.block:
        yield from _repeated(table.name, table.block, middle)
    else:
        yield from (f"{table.name}: {name} is not declared" for name in middle)


def _order(table: str, declared: Sequence[Column], names: Sequence[str]) -> Iterator[str]:
    expected = [column.name for column in declared]
    yield from (f"{table}: {name} is not declared" for name in names if name not in expected)
    yield from (f"{table}: {name} is declared only" for name in expected if name not in names)
    if sorted(expected) == sorted(names) and expected != list(names):
        yield f"{table}: the order is {', '.join(names)}"


def _repeated(table: str, block: Block, names: list[str]) -> Iterator[str]:
    endings = [column.name.removeprefix(block.base) for column in block.columns]
    beginning = block.base.partition("<")[0]
    for start in range(0, len(names), len(endings)):
        own = names[start : start + len(endings)]
        expected = [own[0].removesuffix(endings[0]) + ending for ending in endings]
        if own != expected or not own[0].startswith(beginning):
            yield f"{table}: {', '.join(own)} are no columns of a {block.what}"


def type_problems(table: Table, types: Mapping[str, str]) -> Iterator[str]:
    """Columns of a Parquet file whose type is not the declared one."""
    for column in table.columns:
        found = types.get(column.name)
        if found is not None and found not in _TYPES[column.kind]:
            yield f"{table.name}: {column.name} is {found}, not {column.kind}"
