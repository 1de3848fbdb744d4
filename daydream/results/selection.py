"""Marks in the tables of a cohort whose essays were chosen by their scores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from daydream.experiment.looks import looks_in

AFTER_SELECTION = "after selection: "
_NOTES = ("warning", "note")


def selection_note(membership: str) -> str:
    """What to say of intervals in the tables of a cohort; blank where nothing was chosen.

    ``membership`` is the path of its ``membership.csv``; the looks are in the manifest beside it.
    """
    looks = looks_in(str(Path(membership).with_name("manifest.json")))
    chosen = ", then ".join(looks)
    return f"{AFTER_SELECTION}essays were chosen by their scores ({chosen})" if looks else ""


def with_selection(table: pd.DataFrame, note: str) -> pd.DataFrame:
    """Add the note to ``warning`` (or ``note``) of every row of a table that has such a column.

    All tables with intervals, ranks or designs have one. Means of the scores that one chose by are
    too high, and their intervals leave the true means out more often than they say. Other tables,
    and all where nothing was chosen, stay as they are.
    """
    column = next((name for name in _NOTES if name in table), None)
    if not note or column is None:
        return table
    texts = table[column].astype(object).where(table[column].notna(), "").astype(str)
    marked = [f"{text}; {note}" if text else note for text in texts]
    return table.assign(**{column: pd.array(marked, dtype="string")})
