"""Tables of the index page on differences: of every two levels of an axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.grid import Cell, Column, Grid
from daydream.report.leaderboards import LEADERBOARDS
from daydream.report.rankings import templates_of

MAX_ROWS = 30  # of an axis
CAPTION = (
    "the upper less the lower, in points; p is corrected for all pairs of the table (Holm); judges "
    "and templates are fixed, drafts or combinations are sampled"
)


def contrasts(tables: ReportTables) -> list[Grid]:
    """A table for each axis with several levels, under all templates together."""
    table = tables.table("contrasts")
    if table.empty:
        return []
    together = templates_of(table)[-1]
    parts = {
        axis: table[(table["axis"] == axis) & (table["evaluation_template"] == together)]
        for axis in LEADERBOARDS
    }
    return [_grid(tables, axis, part) for axis, part in parts.items() if len(part)]


def _grid(tables: ReportTables, axis: str, part: Any) -> Grid:
    columns = (
        Column("Higher"),
        Column("Lower"),
        Column("Difference", True, "points"),
        Column("95% interval", True, "of this pair alone"),
        Column("p", True, "corrected"),
        Column("Above in", True, "share of shared blocks"),
        Column("Blocks", True),
        Column("Compared on"),
        Column("Distrust"),
    )
    left = len(part) - MAX_ROWS
    if left > 0:
        part = part.sort_values("p_holm", kind="stable").head(MAX_ROWS)
    rows = tuple(_pair(tables, axis, row) for row in grid.records(part))
    note = (
        f"The {MAX_ROWS} pairs with the smallest p. {left:,} others, and those of each evaluation "
        "template, are in the file."
    )
    caption = f"Differences of {LEADERBOARDS[axis].lower()}: {CAPTION}"
    return Grid(f"contrasts_{axis}", caption, columns, rows, note if left > 0 else "", "contrasts")


def _pair(tables: ReportTables, axis: str, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        Cell(tables.names.of(axis, str(row["level_a"]))),
        Cell(tables.names.of(axis, str(row["level_b"]))),
        grid.number(row["difference"], 2),
        grid.interval(row["low"], row["high"], 2),
        grid.number(row["p_holm"]),
        grid.percent(row["superiority"]),
        grid.whole(row["n_blocks"]),
        Cell(str(row["method"])),
        Cell(str(row["warning"])),
    )
