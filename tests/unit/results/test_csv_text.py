"""Texts of strangers in CSV files: read back cell by cell, and never run."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daydream.formats import printable
from daydream.results.csv_text import csv_cell, csv_text

HOSTILE = (
    "a\rb",
    "a\r\nb\nc",
    "\0",
    "\x1b[2J\x1b]0;title\x07",
    "\ud800",
    '","',
    '"\n"',
    "\u202egnp.exe",
    "<script>alert(1)</script>",
    "x" * 1_000_000,
    '{"a":' * 50_000,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_one_cell_for_every_reader(text: str) -> None:
    content = csv_text([("a", "b", "c"), ("1", text, "2")])
    csv.field_size_limit(2_000_000)
    (row,) = list(csv.reader(io.StringIO(content, newline="")))[1:]
    assert row == ["1", printable(text), "2"]
    frame = pd.read_csv(io.StringIO(content), dtype=str, keep_default_na=False)
    assert frame.values.tolist() == [row]
    content.encode()
    assert not set(content) & set("\0\x1b\x07\r\u202e")


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A1", "+1+cmd", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "=\n1"],
)
def test_a_formula_is_text(text: str) -> None:
    told = str(csv_cell(text))
    assert told[0] not in "=+-@\t\r\uff1d"
    assert told.lstrip("'\n") == printable(text).lstrip("\n")


@pytest.mark.parametrize("cell", ["-1.5", "+3", "-", "1e-9", "-inf", "=", "bees", "", None, -2.0])
def test_numbers_and_plain_words_are_as_they_are(cell: object) -> None:
    assert csv_cell(cell) == cell


@given(st.lists(st.tuples(st.text(), st.text()), max_size=3))
def test_any_rows_come_back(rows: list[tuple[str, str]]) -> None:
    found = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert found == [[str(csv_cell(cell)) for cell in row] for row in rows]
