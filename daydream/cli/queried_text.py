"""Sentences from the answers to queries, each number kept with the query that gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from daydream.errors import QueryError
from daydream.store.membership import CONTROL

Ask = Callable[[str], Sequence[tuple[Any, ...]]]


class Number(NamedTuple):
    """A number of the paragraph as it is printed, and the SQL of `daydream query` that gives it."""

    text: str
    sql: str


class Writer:
    """Writes sentences from the answers to queries, and keeps each number with its query."""

    def __init__(self, ask: Ask) -> None:
        """``ask`` runs SQL over the cohort's tables; it raises QueryError for one not made."""
        self._ask = ask
        self._scores = "parsed_scores"
        controls = self.rows("SELECT 1 FROM controls LIMIT 1")
        if controls:
            where = f"generation_model NOT LIKE '{CONTROL}%'"
            self._scores = f"(SELECT * FROM parsed_scores WHERE {where})"
        self.numbers: list[Number] = []

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer to a query; none when its table was not made."""
        try:
            return list(self._ask(self.on_essays(sql)))
        except QueryError:
            return []

    def on_essays(self, sql: str) -> str:
        """The query without the controls that were judged beside the essays."""
        return sql.replace("FROM parsed_scores", f"FROM {self._scores}")

    def number(self, sql: str, places: int = 0) -> str:
        """The one value of a query, as printed; ``unknown`` when there is none."""
        rows = self.rows(sql)
        if not rows or rows[0][0] is None:
            return "unknown"
        return self.known(float(rows[0][0]), sql, places)

    def known(self, value: float, sql: str, places: int = 0) -> str:
        """A value that another query has told already, with the one that gives it alone."""
        text = f"{value:.{places}f}"
        self.numbers.append(Number(text, self.on_essays(sql)))
        return text

    def count(self, column: str, noun: str) -> str:
        """``2 judges``: how many values a column of the scores has."""
        count = self.number(f"SELECT count(DISTINCT {column}) FROM parsed_scores")
        return f"{count} {noun}" + ("" if count == "1" else "s")

    def names(self, column: str) -> str:
        """The values of a column of the scores, in order."""
        found = self.rows(f"SELECT DISTINCT {column} FROM parsed_scores ORDER BY 1")
        return ", ".join(str(name) for (name,) in found if name)

    def counted_names(self, column: str, noun: str) -> str:
        """``2 judges (ida, joe)``."""
        return f"{self.count(column, noun)} ({self.names(column)})"
