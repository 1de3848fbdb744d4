"""Leaderboards of the index page: the levels of each axis, best first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.grid import SCORES, Cell, Column, Grid
from daydream.report.rankings import axis_rows, composite_of, templates_of
from daydream.results.axis_names import AXIS_NAMES, heading

MAX_ROWS = 500  # of a leaderboard
MAX_TIES = 3  # that are named; of more it is said how many there are
LEADERBOARDS: Mapping[str, str] = {axis: heading(axis) for axis in AXIS_NAMES}


def essays_link(**where: str) -> str:
    """The essays table of the page, filtered."""
    return f"#essays?{urlencode(where)}"


def leaderboards(tables: ReportTables) -> dict[str, list[Grid]]:
    """By heading of each axis that was ranked: a table for each template, the composite last."""
    ranking = tables.table("ranking")
    if ranking.empty:
        return {}
    templates = templates_of(ranking)
    return {
        title: [
            _leaderboard(tables, by, template, template == templates[-1]) for template in templates
        ]
        for by, title in LEADERBOARDS.items()
        if ((ranking["axis"] == by) & (ranking["level"] != "")).any()
    }


def _leaderboard(tables: ReportTables, by: str, template: str, is_last: bool) -> Grid:
    part = axis_rows(tables, by, template)
    columns = (
        Column("Rank", True, "and the ranks it may have"),
        Column(LEADERBOARDS[by]),
        Column("Mean", True, "share of the scale, adjusted"),
        Column("95% interval", True),
        Column("Points", True, "mean on the scale"),
        Column("Essays", True),
        SCORES,
        Column("Tied with"),
    )
    rows = tuple(_ranked(tables, by, row) for row in grid.records(part.head(MAX_ROWS)))
    left = len(part) - len(rows)
    note = f"The best {len(rows):,} of {len(part):,}; the file has all." if left else ""
    caption = f"{LEADERBOARDS[by]}, best first; {_scored_by(tables, part, template)}"
    name = f"leaderboard_{by}" if is_last else f"leaderboard_{by}_{template}"
    return Grid(name, caption, columns, rows, note, "ranking")


def _scored_by(tables: ReportTables, part: pd.DataFrame, template: str) -> str:
    count = composite_of(part)
    if count > 1:
        return f"composite of {count} evaluation templates with equal weights"
    return f"evaluation template {tables.names.of('evaluation_template', template)}"


def _ranked(tables: ReportTables, by: str, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    key = str(row["key"])
    return (
        _rank(row),
        Cell(tables.names.of(by, key), href=essays_link(**{by: key})),
        grid.number(row["mean"]),
        grid.interval(row["low"], row["high"]),
        grid.number(row["points"], 2),
        grid.whole(row["n_essays"]),
        grid.coverage(row["n_valid"], row["n_expected"], row["coverage_ok"]),
        _ties(tables, by, row),
    )


def _rank(row: Mapping[str, Any]) -> Cell:
    rank = grid.as_float(row["rank"])
    if rank is None:
        return Cell("no score")
    low, high = (grid.as_float(row[name]) or rank for name in ("rank_low", "rank_high"))
    spread = "" if low == high else f" ({low:.0f} to {high:.0f})"
    return Cell(f"{rank:.0f}{spread}", rank)


def _ties(tables: ReportTables, by: str, row: Mapping[str, Any]) -> Cell:
    count = grid.as_float(row["n_tied"]) or 0
    if not count:
        return Cell("", 0)
    if count > MAX_TIES:
        return Cell(f"{count:,.0f} others", count)
    named = [name for name in str(row["tied_with"]).split(" ") if name != "..."]
    return Cell("; ".join(tables.names.of(by, name) for name in named), count)
