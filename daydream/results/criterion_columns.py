"""The columns of ``parsed_scores`` that only experiments with criteria have: a mark for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar, get_type_hints

from daydream.errors import ParseError
from daydream.parsers import Criterion, marks_in, weighted

PREFIX = "criterion_"
Row = TypeVar("Row", bound=NamedTuple)


def criterion_columns(criteria: Mapping[str, Sequence[Criterion]]) -> tuple[str, ...]:
    """The columns for the criteria of all templates, each once, in the catalog's order."""
    names = (criterion.name for listed in criteria.values() for criterion in listed)
    return tuple(dict.fromkeys(map(_column, names)))


def _column(name: str) -> str:
    return PREFIX + name.lower()  # in SQL case does not tell columns apart


@cache
def row_with(kind: type[Row], columns: tuple[str, ...]) -> type[Row]:
    """The kind of a row with these columns behind its own; the kind itself without columns."""
    if not columns:
        return kind
    fields: list[tuple[str, Any]] = [*get_type_hints(kind).items()]
    fields += [(name, float | None) for name in columns]
    make: Any = NamedTuple  # called with names that only this run knows
    extended: type[Row] = make(kind.__name__, fields)
    return extended


def kind_of(rows: Sequence[Row], kind: type[Row]) -> type[Row]:
    """The kind of these rows: with columns for criteria, when they have some."""
    return type(rows[0]) if rows else kind


class Marks(NamedTuple):
    """What a ``parsed.txt`` of a template with criteria says: the score, and a value a column."""

    score: float
    columns: dict[str, float]


def read_marks(text: str, criteria: Iterable[Criterion]) -> Marks:
    """The weighted score and the marks of a ``parsed.txt``.

    Raises:
        ParseError: when it was made before the template had these criteria.

    """
    listed, marks = tuple(criteria), marks_in(text)
    if set(marks) != {criterion.name for criterion in listed}:
        named = ", ".join(criterion.name for criterion in listed) or "none"
        raise ParseError(
            f"parsed.txt was made for other criteria than its template has now ({named}). Read "
            "the answers again, without a call: snakemake -R generate_evaluation --config "
            "reuse=always"
        )
    columns = {_column(name): mark for name, mark in marks.items()}
    return Marks(weighted(marks, listed), columns)
