"""Tables of a page: text for the reader, and beside it the value to sort by."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pandas as pd

NOT_KNOWN = "-"


class Cell(NamedTuple):
    """What is shown; ``order`` is sorted by, the text itself when it is None.

    ``is_flagged`` marks what rests on too few scores.
    """

    text: str
    order: float | None = None
    href: str = ""
    is_flagged: bool = False


class Column(NamedTuple):
    """The head of a column; ``note`` explains it in a few words."""

    title: str
    is_number: bool = False
    note: str = ""


SCORES = Column("Scores", True, "valid of expected")


class Grid(NamedTuple):
    """A table of a page. ``source`` is the name of the table that has all of it, if one has."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    source: str = ""


def every(what: str) -> str:
    """A row over all of something; in brackets, as a judge or template may be called "all"."""
    return f"(all {what})"


def number(value: object, places: int = 3) -> Cell:
    """A number with a fixed count of decimals."""
    found = as_float(value)
    return Cell(NOT_KNOWN) if found is None else Cell(plain(found, places), found)


def whole(value: object) -> Cell:
    """A count."""
    found = as_float(value)
    return Cell(NOT_KNOWN) if found is None else Cell(f"{found:,.0f}", found)


def percent(value: object) -> Cell:
    """A share, 0 to 1, in per cent."""
    found = as_float(value)
    return Cell(NOT_KNOWN) if found is None else Cell(f"{100 * found:.1f}%", found)


def interval(low: object, high: object, places: int = 3) -> Cell:
    """Two ends of an interval; it is sorted by its lower one."""
    ends = as_float(low), as_float(high)
    if ends[0] is None or ends[1] is None:
        return Cell("no interval")
    return Cell(f"{plain(ends[0], places)} to {plain(ends[1], places)}", ends[0])


def percents(low: object, high: object) -> Cell:
    """Two ends of an interval of shares, in per cent."""
    ends = percent(low), percent(high)
    if ends[0].order is None or ends[1].order is None:
        return Cell("no interval")
    return Cell(f"{ends[0].text} to {ends[1].text}", ends[0].order)


def coverage(n_valid: object, n_expected: object, is_ok: object) -> Cell:
    """How many of the scores asked for there are, flagged where these are too few."""
    valid, expected = as_float(n_valid) or 0.0, as_float(n_expected) or 0.0
    text = f"{valid:,.0f} of {expected:,.0f}"
    share = valid / expected if expected else 0.0
    return Cell(text, share, is_flagged=not bool(is_ok))


def plain(value: float, places: int = 3) -> str:
    """A number for a reader, with a true minus sign and no -0.000."""
    text = f"{value:,.{places}f}"
    is_zero = not text.strip("-0.,")
    return (text.lstrip("-") if is_zero else text).replace("-", "\N{MINUS SIGN}")


def as_float(value: object) -> float | None:
    """A finite number, or None for whatever else a table holds."""
    try:
        found = float(value)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, by column."""
    return [
        {str(key): value for key, value in row.items()} for row in table.to_dict(orient="records")
    ]
