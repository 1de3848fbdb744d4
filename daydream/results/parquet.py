"""Typed tables in Arrow, and the Parquet files of them that stand beside the CSVs.

A CSV forgets whether ``007`` was a number; a Parquet file does not. DuckDB, pandas, polars and R
read both.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from daydream.errors import CohortError
from daydream.store.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {
    int: pa.int64(),
    int | None: pa.int64(),
    float: pa.float64(),
    float | None: pa.float64(),
}


def arrow_table(kind: type[NamedTuple], rows: Iterable[NamedTuple]) -> pa.Table:
    """Rows of one kind, a column per field; what is neither int nor float is text."""
    fields = [(name, _TYPES.get(hint, pa.string())) for name, hint in get_type_hints(kind).items()]
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * len(fields)
    arrays = [pa.array(c, type=t) for c, (_, t) in zip(columns, fields, strict=True)]
    return pa.Table.from_arrays(arrays, names=[name for name, _ in fields])


def write_parquet(path: str, table: pa.Table) -> None:
    """Write a whole file or leave the old one, with sums by which damage is noticed."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, write_page_checksum=True)
    write_bytes(path, buffer.getvalue())


def read_parquet(path: str) -> pa.Table:
    """Read a table.

    Raises:
        CohortError: when the file was damaged.

    """
    with open(path, "rb") as file:
        content = io.BytesIO(file.read())
    try:
        # By content: given a path, pyarrow would take folders such as cohort=x for columns.
        table = pq.read_table(content, page_checksum_verification=True)
        table.validate(full=True)
        return table
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path) from error


def check_rows(path: str) -> None:
    """Hold a CSV against how it was written: whole rows, as many as the Parquet file beside it has.

    Raises:
        CohortError: when one of the two has fewer, or was damaged.
        OSError: when one of the two cannot be read; a folder may be in its place.

    """
    if not path.endswith(".csv"):
        return
    parquet = Path(path).with_suffix(".parquet")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = sum(1 for _ in csv.reader(file, strict=True)) - 1  # emptied: no header either
        expected = pq.read_metadata(parquet).num_rows if parquet.is_file() else rows
    except (pa.ArrowException, ValueError, csv.Error) as error:
        raise _damaged(path) from error
    if not _ends_with_a_line(path):
        raise _damaged(path, " It does not end with a whole row.")
    if rows != expected:
        raise _damaged(path, f" It has {rows} rows, and {parquet.name} beside it {expected}.")


def _ends_with_a_line(path: str) -> bool:
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        return file.read() == b"\n"


def _damaged(path: str, why: str = "") -> CohortError:
    return CohortError(f"{path} was damaged.{why} Make it again: snakemake -f {path}")


def read_rows(path: str) -> pd.DataFrame:
    """Read a table of rows with its types from Parquet, or as text from CSV.

    Raises:
        CohortError: when the file is missing or was damaged.

    """
    import pandas as pd

    try:
        if path.endswith(".parquet"):
            frame: pd.DataFrame = read_parquet(path).to_pandas()
            return frame
        check_rows(path)
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise _damaged(path) from error
    except FileNotFoundError:
        raise CohortError(f"{path} does not exist. Make it: snakemake results_processing") from None
