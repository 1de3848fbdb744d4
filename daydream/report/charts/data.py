"""The numbers of a chart as a table, for readers who cannot see the chart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from daydream.report import grid
from daydream.report.grid import Cell, Column, Grid

MAX_ROWS = 200
_DIGITS, _MAX_PLACES = 4, 6  # significant digits; decimals, as many as the tables have
_DRAWING = ("_x", "_y")  # endings of columns that place something on the canvas


def chart_data(name: str, title: str, spec: Mapping[str, Any]) -> Grid | None:
    """The largest of a chart's data sets, without columns that are blank or serve its drawing."""
    sets: Mapping[str, list[dict[str, Any]]] = spec.get("datasets", {})
    rows = max(sets.values(), key=len, default=[])
    if len(rows) < 2:
        return None
    columns = [column for column in rows[0] if _is_of_use(column, rows)]
    cells = tuple(tuple(_cell(row.get(column)) for column in columns) for row in rows[:MAX_ROWS])
    heads = tuple(
        Column(column.replace("_", " "), _is_number(row.get(column) for row in rows))
        for column in columns
    )
    left = len(rows) - len(cells)
    note = f"The first {len(cells)} of {len(rows):,} rows." if left else ""
    return Grid(f"data-{name}", f"Data of the chart: {title}", heads, cells, note)


def _is_of_use(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    has_values = any(row.get(column) not in (None, "") for row in rows)
    return has_values and not column.endswith(_DRAWING)


def _is_number(values: Any) -> bool:
    known = [value for value in values if value is not None]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)


def _cell(value: object) -> Cell:
    if value is None:
        return Cell("")
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    found = grid.as_float(value) if isinstance(value, int | float) else None
    if found is None:
        return Cell(str(value))
    return grid.whole(found) if found.is_integer() else Cell(_short(found), found)


def _short(value: float) -> str:
    """A number in a few digits and never with an exponent."""
    places = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    text = grid.plain(value, min(_MAX_PLACES, max(0, places)))
    return text.rstrip("0").rstrip(".") if "." in text else text
