"""CSV that any program reads back cell by cell, and in which no cell is run as a formula.

Texts of models and providers are among the cells: what they name as their model, what they say of
an error, essays.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from daydream.formats import printable

# What a spreadsheet takes for the beginning of a formula, in wide forms too.
_BEGINNINGS = "=+-@\t\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"[{re.escape(_BEGINNINGS)}].", re.DOTALL)


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV, a line feed behind each."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows(map(csv_cell, row) for row in rows)
    return buffer.getvalue()


def csv_cell(value: object) -> object:
    """A cell as it goes into a CSV file: texts without control characters or formulas.

    A text that would be a formula has an apostrophe in front, as one types it into a spreadsheet.
    Numbers are as they are, also those that are text.
    """
    if not isinstance(value, str):
        return value
    if value.isprintable() and value[:1] not in _BEGINNINGS:
        return value  # nearly all are, and this is ten times as fast
    text = printable(value)
    return f"'{text}" if _FORMULA.match(text) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
