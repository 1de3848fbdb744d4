"""Strict reading of the catalogs' CSV files: every complaint names file, row, column and mend.

The standard library's reader is used, not pandas: the Snakefile reads these files each time it
is parsed, and pandas alone takes longer to import than all of them take to read.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from daydream.errors import CatalogError
from daydream.formats import clip
from daydream.store.file_errors import file_error

ID_PATTERN = re.compile(r"(?!\.+$)[A-Za-z0-9._-]+")
MAX_ID = 200  # a file name holds 255 bytes, endings and names of half-written files included
OPTIONAL_COLUMNS = (
    *(
        "active",
        "score_min",
        "score_max",
        "structured",
        "criteria",
        "for_generation",
        "for_evaluation",
    ),
    *("endpoint", "price_in", "price_out", "price_cached", "max_tokens", "temperature"),
    *("reasoning_effort", "body_keys"),
    *("max_concurrency", "requests_per_minute", "tokens_per_minute", "description_level", "k_max"),
    *("thinking_tags", "fallback"),
)
_TRUE = {"true", "1", "1.0", "yes"}
_FALSE = {"false", "0", "0.0", "no", ""}


@dataclass(frozen=True)
class Row:
    """One row of a table; ``number`` counts as a spreadsheet does, the header being row 1."""

    file: str
    number: int
    cells: Mapping[str, str]

    def fail(self, column: str, problem: str, remedy: str) -> NoReturn:
        """Refuse a cell."""
        end = "" if problem.endswith("?") else "."
        raise CatalogError(
            f"{self.file}, row {self.number}, column '{column}': {problem}{end} {remedy}"
        )

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
        if len(value) > MAX_ID:
            self.fail(column, f"an id of {len(value)} letters", f"Use at most {MAX_ID}.")
        return value

    def flag(self, column: str) -> bool:
        """A yes or no; without the column, every row is meant."""
        if column not in self.cells:
            return True
        value = self.text(column).lower()
        if value not in _TRUE | _FALSE:
            self.fail(column, f"'{self.text(column)}' is not a yes or no", "Write true or false.")
        return value in _TRUE

    def number_or_none(self, column: str, minimum: float | None = None) -> float | None:
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
        if minimum is not None and number < minimum:
            self.fail(column, f"{value} is too small", f"Write a number of at least {minimum:g}.")
        return number

    def whole_or_none(self, column: str) -> int | None:
        """A whole number from 1 on, or None when blank."""
        number = self.number_or_none(column, minimum=1)
        if number is not None and not number.is_integer():
            self.fail(column, f"{number:g} is not a whole number", "Write 1, 2, 3 ...")
        return None if number is None else int(number)

    def choice(self, column: str, known: Iterable[str], default: str) -> str:
        """One of the known words; blank means the default."""
        value = self.text(column) or default
        choices = sorted(known)
        if value not in choices:
            words = ", ".join(filter(None, choices)) + (", or nothing" if "" in choices else "")
            self.fail(column, f"'{value}' is unknown", f"Write one of: {words}.")
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
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise CatalogError(
            f"{path} does not exist. Create it, or point data_root at a directory that has it "
            "(--config data_root=DIR)."
        ) from None
    except OSError as error:
        raise CatalogError(str(file_error(error))) from None
    except UnicodeDecodeError as error:
        raise CatalogError(
            f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise CatalogError(f"{path}, line {line}: a NUL character. Save it as UTF-8 text.")
    return text


def _parse(path: str, text: str, required: tuple[str, ...]) -> list[Row]:
    text, skipped, delimiter = _begin(text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        lines = [[cell.strip() for cell in line] for line in reader]
    except csv.Error as error:
        raise CatalogError(
            f"{path}, near line {reader.line_num + skipped}: {error}. Mend the quotes."
        ) from error
    header = lines[0] if lines else []
    _check_header(path, header, required, skipped + 1)
    rows = []
    for number, cells in enumerate(lines[1:], start=skipped + 2):
        if any(cells):
            rows.append(Row(path, number, _cells(path, number, header, cells)))
    return rows


def _begin(text: str) -> tuple[str, int, str]:
    """The text from its header on, the lines before it, and what separates its columns.

    A spreadsheet may write semicolons or tabs, and ``sep=;`` or a blank line before the header.
    """
    skipped, declared = 0, ""
    while text:
        line, _, rest = text.partition("\n")
        if line.strip().lower().startswith("sep="):
            declared = line.strip()[4:5] or "\t"
        elif line.strip(" ,;\t\r"):
            break
        text, skipped = rest, skipped + 1
    header = text.partition("\n")[0]
    guessed = next((d for d in (";", "\t") if d in header and "," not in header), ",")
    return text, skipped, declared or guessed


def _check_header(path: str, header: list[str], required: tuple[str, ...], line: int) -> None:
    for column in required:
        if column not in header:
            raise CatalogError(
                f"{path}, row {line}: column '{column}' is missing. The header must have: "
                f"{','.join(required)}. It has: {clip(','.join(header), 200) or 'nothing'}."
            )
    for column in header:
        if column and header.count(column) > 1:
            raise CatalogError(f"{path}, row {line}: column '{column}' is there twice. Remove one.")
        if meant := _misspelt(column, header, required):
            raise CatalogError(
                f"{path}, row {line}: column '{column}' is unknown. Did you mean '{meant}'? "
                "Rename it; a column that is meant otherwise needs another name."
            )


def _misspelt(column: str, header: list[str], required: tuple[str, ...]) -> str | None:
    """The known column that a header's unknown one resembles; other columns are the user's own."""
    known = (*required, *OPTIONAL_COLUMNS)
    if not column or column in known:
        return None
    absent = [name for name in known if name not in header]
    spelling = column.lower().replace(" ", "_").removeprefix("is_")
    likeness = 0.85 if column.isascii() else 0.75  # letters of another alphabet look the same
    close = difflib.get_close_matches(spelling, absent, 1, likeness)
    return close[0] if close else None


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
