"""Strict reading of the catalogs' CSV files: every complaint names file, row, column and mend.

The standard library's reader is used, not pandas: the Snakefile reads these files each time it
is parsed, and pandas alone takes longer to import than all of them take to read.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from daydream.errors import CatalogError

ID_PATTERN = re.compile(r"(?!\.+$)[A-Za-z0-9._-]+")
_TRUE = {"true", "1", "1.0", "yes"}
_FALSE = {"false", "0", "0.0", "no", ""}


@dataclass(frozen=True)
class Row:
    """One row of a table; ``number`` counts as a spreadsheet does, the header being row 1."""

    file: str
    number: int
    cells: Mapping[str, str]

    def fail(self, column: str, problem: str, mend: str) -> NoReturn:
        """Refuse a cell."""
        raise CatalogError(f"{self.file}, row {self.number}, column '{column}': {problem}. {mend}")

    def text(self, column: str) -> str:
        """A cell without its surrounding blanks; a column that is not there is blank."""
        return self.cells.get(column, "")

    def filled(self, column: str) -> str:
        """A cell that must not be blank."""
        return self.text(column) or self.fail(column, "is blank", "Fill it in.")

    def identifier(self, column: str) -> str:
        """A cell that becomes part of file names."""
        value = self.filled(column)
        if not ID_PATTERN.fullmatch(value):
            self.fail(
                column,
                f"'{value}' is not an id",
                "Use letters, digits, '.', '_' and '-' only, with no blanks.",
            )
        return value

    def flag(self, column: str) -> bool:
        """A yes or no; without the column, every row is meant."""
        if column not in self.cells:
            return True
        value = self.text(column).lower()
        if value not in _TRUE | _FALSE:
            self.fail(column, f"'{self.text(column)}' is not a yes or no", "Write true or false.")
        return value in _TRUE

    def number_or_none(self, column: str, least: float | None = None) -> float | None:
        """A number, or None when blank."""
        value = self.text(column)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            self.fail(column, f"'{value}' is not a number", "Write a number such as 0.5.")
        if not math.isfinite(number):
            self.fail(column, f"'{value}' is not a finite number", "Write a number such as 0.5.")
        if least is not None and number < least:
            self.fail(column, f"{value} is too small", f"Write a number of at least {least:g}.")
        return number

    def whole_or_none(self, column: str) -> int | None:
        """A whole number from 1 on, or None when blank."""
        number = self.number_or_none(column, least=1)
        if number is not None and not number.is_integer():
            self.fail(column, f"{number:g} is not a whole number", "Write 1, 2, 3 ...")
        return None if number is None else int(number)

    def choice(self, column: str, known: Iterable[str], default: str) -> str:
        """One of the known words; blank means the default."""
        value = self.text(column) or default
        choices = sorted(known)
        if value not in choices:
            self.fail(column, f"'{value}' is unknown", f"Write one of: {', '.join(choices)}.")
        return value


def read_table(path: str, required: Iterable[str], key: str | None = None) -> list[Row]:
    """The rows of a CSV file, in order; extra columns are kept, blank rows skipped.

    Args:
        path: the file, UTF-8, with or without a byte order mark.
        required: columns that must be there.
        key: a column that must hold ids, each once.

    Raises:
        CatalogError: naming file, row and column.

    """
    rows = _parse(path, _read(path), tuple(required))
    if key is not None:
        _check_unique(rows, key)
    return rows


def _read(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise CatalogError(
            f"{path} does not exist. Create it, or point data_root at a directory that has it "
            "(--config data_root=DIR)."
        ) from None
    except UnicodeDecodeError as error:
        raise CatalogError(
            f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error


def _parse(path: str, text: str, required: tuple[str, ...]) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [[cell.strip() for cell in line] for line in reader]
    except csv.Error as error:
        raise CatalogError(
            f"{path}, near line {reader.line_num}: {error}. Mend the quotes."
        ) from error
    header = lines[0] if lines else []
    _check_header(path, header, required)
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if any(cells):
            rows.append(Row(path, number, _cells(path, number, header, cells)))
    return rows


def _check_header(path: str, header: list[str], required: tuple[str, ...]) -> None:
    for column in required:
        if column not in header:
            raise CatalogError(
                f"{path}, row 1: column '{column}' is missing. The header must have: "
                f"{','.join(required)}."
            )
    for column in header:
        if column and header.count(column) > 1:
            raise CatalogError(f"{path}, row 1: column '{column}' is there twice. Remove one.")


def _cells(path: str, number: int, header: list[str], cells: list[str]) -> dict[str, str]:
    if any(cells[len(header) :]):
        raise CatalogError(
            f"{path}, row {number}: {len(cells)} cells under {len(header)} columns (from "
            f"'{cells[len(header)]}' on). Put a text that contains a comma in double quotes."
        )
    # A row cut short has no such cell, as in a table without the column: it is not a blank one.
    return dict(zip(header, cells, strict=False))


def _check_unique(rows: list[Row], key: str) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        value = row.identifier(key)
        if value in seen:
            row.fail(key, f"'{value}' is already in row {seen[value]}", "Rename or remove one.")
        seen[value] = row.number
