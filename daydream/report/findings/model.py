"""A sentence of a report, and what sentences are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from daydream.report.grid import as_float, plain, records

ALPHA = 0.05


class Finding(NamedTuple):
    """A sentence; every number in it is in ``table``, a table of the cohort (blank: the counts)."""

    text: str
    table: str = ""


class Evidence(NamedTuple):
    """What is said is taken from here.

    ``scores`` is ``parsed_scores``; ``tables`` those of ``6_summary`` that were made;
    ``name`` what a value of a column is called; ``looks`` what essays were chosen by, if they were.
    """

    scores: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    name: Callable[[str, str], str]
    looks: tuple[str, ...] = ()

    def rows(self, table: str, **where: object) -> list[dict[str, Any]]:
        """Rows of a table with these values; none when it was not made."""
        frame = self.tables.get(table, pd.DataFrame())
        for column, value in where.items():
            if column not in frame:
                return []
            frame = frame[frame[column] == value]
        return records(frame)


def amount(value: object, places: int = 2) -> str:
    """A number of a sentence."""
    found = as_float(value)
    return "unknown" if found is None else plain(found, places)


def p_value(value: object) -> str:
    """``p = 0.032``, ``p < 0.001``."""
    found = as_float(value)
    if found is None:
        return "p unknown"
    return "p < 0.001" if found < 0.001 else f"p = {plain(found, 3)}"


def listed(names: Sequence[str], max_names: int = 3) -> str:
    """``A``, ``A and B``, ``A, B and C``, ``A, B, C and 4 more``."""
    if len(names) > max_names:
        return f"{', '.join(names[:max_names])} and {len(names) - max_names} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def counted(count: int, noun: str) -> str:
    """``1 essay``, ``2 essays``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
