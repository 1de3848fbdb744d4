"""The tables that a report carries: copies in its ``data`` folder, so that it can be sent alone."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from daydream.experiment.ratings import rating_files
from daydream.results.dictionary.declared import TABLES
from daydream.results.names import HUMAN_TABLES, PAIRWISE_TABLES
from daydream.results.parquet import check_rows
from daydream.store.files import write_bytes
from daydream.store.layout import Layout, exists
from daydream.store.membership import Membership

PACKED_FROM = 16 * 2**20  # bytes; a larger table is carried compressed
_PACKED = ".gz"
_CHUNK = 2**20


class CarriedTable(NamedTuple):
    """A table of the data root, and what its copy is called; ``bytes`` is the size of the copy."""

    name: str
    source: str
    file: str
    bytes: int = 0

    @property
    def is_packed(self) -> bool:
        """Whether the copy is compressed."""
        return self.file.endswith(_PACKED)


def carriable(layout: Layout, cohort: str) -> dict[str, str]:
    """Every table that a report may carry: the tables' paths by their name."""
    own = {
        table.name: layout.under(table.path(cohort))
        for table in TABLES
        if "<cohort>" in table.folder
    }
    cross = layout.cross("cohort_levels")
    return {**own, "manifest": layout.manifest(cohort), "cohort_levels": cross}


def carry(layout: Layout, membership: Membership, folder: Path) -> dict[str, CarriedTable]:
    """Copy a cohort's tables into a report's ``data`` folder, and remove copies of those it lost.

    Returns what is carried, by name. Files of somebody else in the folder stay.

    Raises:
        CohortError: when a table was cut.
        OSError: when the disk is full, or a folder is in the place of a table.

    """
    carried = {}
    left = set(_left_behind(layout, membership))
    for name, source in carriable(layout, membership.cohort_id).items():
        file = _file(source) if name not in left and os.path.exists(source) else ""
        if file:
            check_rows(source)
            content = _packed(source) if file.endswith(_PACKED) else Path(source).read_bytes()
            write_bytes(folder / file, content)
            carried[name] = CarriedTable(name, source, file, len(content))
        for stale in {Path(source).name, Path(source).name + _PACKED} - {file}:
            (folder / stale).unlink(missing_ok=True)
    return carried


def _left_behind(layout: Layout, membership: Membership) -> Iterator[str]:
    """Tables of what the cohort no longer has, comparisons or people's ratings."""
    if not membership.compares:
        yield from ("parsed_comparisons", *PAIRWISE_TABLES)
    if not rating_files(layout):
        yield from HUMAN_TABLES


def carried_by(layout: Layout, cohort: str) -> Iterator[CarriedTable]:
    """The copies that a report has, made by whatever version."""
    for name, source in carriable(layout, cohort).items():
        for file in (Path(source).name, Path(source).name + _PACKED):
            path = copy_path(layout, cohort, file)
            if exists(path):
                yield CarriedTable(name, source, file, os.path.getsize(path))


def copy_path(layout: Layout, cohort: str, file: str) -> str:
    """Where a copy is in a report."""
    return os.path.join(os.path.dirname(layout.report(cohort)), "data", file)


def is_copy(carried: CarriedTable, path: str) -> bool:
    """Whether the copy at ``path`` has what its table has.

    Raises:
        OSError: when one of the two cannot be read.
        EOFError: when a compressed copy was cut off.

    """
    with (
        open(carried.source, "rb") as table,
        gzip.open(path) if carried.is_packed else open(path, "rb") as copy,
    ):
        while True:
            chunk = table.read(_CHUNK)
            if copy.read(_CHUNK) != chunk:
                return False
            if not chunk:
                return True


def _file(source: str) -> str:
    name = Path(source).name
    return name + _PACKED if os.path.getsize(source) > PACKED_FROM else name


def _packed(source: str) -> bytes:
    """The same table always gives the same bytes: no time and no name are in them."""
    packed = io.BytesIO()
    with (
        open(source, "rb") as table,
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file,
    ):
        while chunk := table.read(_CHUNK):
            file.write(chunk)
    return packed.getvalue()
