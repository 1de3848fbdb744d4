"""Files of items beside a spec: ``'@file:items/levels.csv'``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from daydream.errors import CatalogError, SpecError
from daydream.experiment.csv_rows import read_table

PREFIX = "@file:"


class ItemFile(NamedTuple):
    """A CSV file's header and rows; all cells are filled."""

    path: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_items(spec: Path, where: str, reference: str) -> ItemFile:
    """Read the file that ``@file:PATH`` names, PATH being relative to the spec's folder.

    Raises:
        SpecError: when the path leaves the folder, or the file is missing, empty or ragged.

    """
    path = _referred(spec, where, reference)
    try:
        rows = read_table(str(path), ())
    except CatalogError as error:
        raise SpecError(f"{spec}: {where}: {error}") from error
    header = max((tuple(row.cells) for row in rows), key=len, default=())
    if not all(header) or not header:
        raise SpecError(
            f"{spec}: {where}: {path} needs a header without blanks and at least one row below it. "
            "Write one row a value."
        )
    for row in rows:
        if not all(map(row.text, header)):
            raise SpecError(
                f"{spec}: {where}: {path}, row {row.number} has not one filled cell for each of "
                f"the columns {','.join(header)}. Fill it in, or remove the row."
            )
    return ItemFile(str(path), header, tuple(tuple(map(row.text, header)) for row in rows))


def read_text_file(spec: Path, where: str, reference: str) -> tuple[str, str]:
    """The path and the text of the file that ``@file:PATH`` names; the text is not blank.

    Raises:
        SpecError: when the path leaves the folder, or the file is missing, blank or not UTF-8.

    """
    path = _referred(spec, where, reference)
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{spec}: {where}: {path} is not UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error
    if not text:
        raise SpecError(f"{spec}: {where}: {path} is blank. Write the text into it.")
    return str(path), text


def _referred(spec: Path, where: str, reference: str) -> Path:
    return _inside(spec, where, reference.removeprefix(PREFIX).strip())


def _inside(spec: Path, where: str, name: str) -> Path:
    folder = spec.parent
    path = folder / name
    if not name or not path.resolve().is_relative_to(folder.resolve()):
        raise SpecError(
            f"{spec}: {where}: '{PREFIX}{name}' is outside of the spec's folder {folder}. "
            "Copy the file there, so that the spec is complete by itself."
        )
    if not path.is_file():
        raise SpecError(
            f"{spec}: {where}: there is no {path}. Paths behind {PREFIX} are relative to {folder}."
        )
    return path
