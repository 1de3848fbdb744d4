"""Parquet files come back as they were written, and damage is told, never read as numbers."""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

import pytest

from daydream.errors import CohortError
from daydream.results.parquet import (
    arrow_table,
    check_rows,
    read_parquet,
    read_rows,
    write_parquet,
)


class Row(NamedTuple):
    name: str
    score: float | None


TABLE = arrow_table(Row, [Row(f"essay {n}", n / 3 if n % 5 else None) for n in range(50)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "scores.parquet"
    write_parquet(str(path), TABLE)
    return path


def told(path: Path) -> bool:
    """Whether a file is refused by name; else it must hold what was written."""
    try:
        table = read_parquet(str(path))
    except CohortError as error:
        assert str(error) == f"{path} was damaged. Make it again: snakemake -f {path}"
        return True
    assert [c.to_pylist() for c in table.columns] == [c.to_pylist() for c in TABLE.columns]
    return False


def test_a_file_that_was_cut_anywhere_or_emptied_is_named(path: Path) -> None:
    content = path.read_bytes()
    for size in range(0, len(content), 7):
        path.write_bytes(content[:size])
        assert told(path), size


def test_a_changed_byte_makes_no_other_number(path: Path) -> None:
    """Pages have sums: what passes is what was written."""
    content, chosen = path.read_bytes(), random.Random(7)
    refused = 0
    for _ in range(500):
        changed = bytearray(content)
        changed[chosen.randrange(len(content))] ^= 1 << chosen.randrange(8)
        path.write_bytes(changed)
        refused += told(path)
    assert refused > 300


@pytest.mark.parametrize("content", [b"\0" * 900, b"PAR1PAR1", b"name,score\nx,1\n"])
def test_what_is_no_parquet_is_named(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CohortError, match=f"{path.name} was damaged"):
        read_rows(str(path))


def test_rows_that_a_csv_lost_are_told_by_the_parquet_file_beside_it(path: Path) -> None:
    table = path.with_suffix(".csv")
    rows = ["name,score\n", *(f'"essay\n{n}",1\n' for n in range(50))]
    table.write_text("".join(rows))
    check_rows(str(table))
    for damaged in ("".join(rows[:-1]).encode(), rows[0].encode(), b"", b"\xff" * 9):
        table.write_bytes(damaged)
        with pytest.raises(CohortError, match=r"scores.csv was damaged.*snakemake -f"):
            check_rows(str(table))


def test_a_csv_alone_tells_wherever_a_row_was_cut(tmp_path: Path) -> None:
    table = tmp_path / "cohort_levels.csv"
    content = b'name,score\n"essay\n1",1\nessay 2,1.25\n'
    for size in range(len(content)):
        table.write_bytes(content[:size])
        if content[:size] in (b"name,score\n", b'name,score\n"essay\n1",1\n'):
            continue  # rows are whole; only the number of them would tell
        with pytest.raises(CohortError, match=r"levels.csv was damaged.*snakemake -f"):
            read_rows(str(table))
    table.write_bytes(content)
    assert list(read_rows(str(table))["score"]) == ["1", "1.25"]
