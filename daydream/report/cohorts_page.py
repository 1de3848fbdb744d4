"""The page that sets the cohorts of a data root side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.grid import SCORES, Cell, Column, Grid
from daydream.report.leaderboards import LEADERBOARDS
from daydream.results.cohort_differences import cohort_differences
from daydream.results.cohort_levels import WHOLE
from daydream.results.parquet import read_rows
from daydream.results.statistics.cohort_pairs import (
    SAME_ESSAYS,
    UNPAIRED,
    CohortDifference,
)
from daydream.results.table_files import read_cohort_scores
from daydream.store.layout import Layout, exists

MAX_COMPARED = 12  # other cohorts, as each is read whole
_TITLES = {WHOLE: "Cohorts", **LEADERBOARDS, "evaluation_llm_model": "Judges"}
_NUMBERS = (
    Column("Mean", True, "points, adjusted"),
    Column("95% interval", True),
    Column("Scale", True),
    Column("Drafts", True),
    Column("Essays", True),
    SCORES,
    Column("Distrust"),
)


def cohort_grids(layout: Layout, tables: ReportTables) -> list[Grid]:
    """The report's cohort against each other one, then all cohorts and the levels of their axes.

    Empty when the data root has no table of several cohorts.

    Raises:
        CohortError: when a table was damaged.

    """
    path = layout.cross("cohort_levels")
    rows = read_rows(path) if exists(path) else pd.DataFrame({"cohort_id": []})
    others = [name for name in dict.fromkeys(rows["cohort_id"]) if name != tables.cohort]
    if not others:
        return []
    return [
        *_against(layout, tables, others[:MAX_COMPARED]),
        *(
            _levels(tables, axis, rows[rows["axis"] == axis])
            for axis in _TITLES
            if (rows["axis"] == axis).any()
        ),
    ]


def _levels(tables: ReportTables, axis: str, rows: pd.DataFrame) -> Grid:
    level = () if axis == WHOLE else (Column("Level"),)
    columns = (Column("Cohort"), *level, Column("Evaluation template"), *_NUMBERS)
    order = [] if axis == WHOLE else ["level"]
    order += ["is_composite", "evaluation_template", "cohort_id"]
    is_composite = pd.to_numeric(rows["n_templates"], errors="coerce") > 1
    listed = rows.assign(is_composite=is_composite).sort_values(order, kind="stable")
    caption = "Each cohort's own mean" if axis == WHOLE else f"{_TITLES[axis]} in each cohort"
    return Grid(
        f"cohorts_{axis}",
        f"{caption}, as its own judges scored its own essays",
        columns,
        tuple(_level(tables, axis, row) for row in grid.records(listed)),
    )


def _level(tables: ReportTables, axis: str, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    level = () if axis == WHOLE else (Cell(tables.names.of(axis, str(row["level"]))),)
    return (
        Cell(str(row["cohort_id"])),
        *level,
        Cell(_template(tables, str(row["evaluation_template"]), row["n_templates"])),
        grid.number(row["adjusted_mean"], 2),
        grid.interval(row["low"], row["high"], 2),
        _scale(row["scale_low"], row["scale_high"]),
        grid.whole(row["n_drafts"]),
        grid.whole(row["n_essays"]),
        grid.coverage(row["n_valid"], row["n_expected"], str(row["coverage_ok"]) == "True"),
        Cell(str(row["warning"])),
    )


def _template(tables: ReportTables, name: str, n_templates: object) -> str:
    count = grid.as_float(n_templates) or 1
    several = f"composite of {count:.0f}"
    return several if count > 1 else tables.names.of("evaluation_template", name)


def _scale(low: object, high: object) -> Cell:
    ends = (grid.as_float(low), grid.as_float(high))
    if ends[0] is None or ends[1] is None:
        return Cell(grid.NOT_KNOWN)
    return Cell(f"{ends[0]:g} to {ends[1]:g}")


def _against(layout: Layout, tables: ReportTables, others: Sequence[str]) -> Iterator[Grid]:
    found = [
        (name, part)
        for name in others
        if Path(layout.scores(name)).is_file()
        for part in cohort_differences(
            read_cohort_scores(layout.scores(name)), tables.scores, tables.scales
        )
    ]
    if not found:
        return
    columns = (
        Column("Against"),
        Column("Evaluation template"),
        Column("Difference", True, "points: this cohort less the other"),
        Column("95% interval", True),
        Column("Compared on"),
        Column("Pairs", True),
        Column("Clusters", True),
        Column("Judges"),
        Column("Distrust"),
    )
    yield Grid(
        "cohorts_against",
        f"{tables.cohort} less each other cohort, on what both designs share",
        columns,
        tuple(_difference(tables, name, part) for name, part in found),
    )


def _difference(tables: ReportTables, name: str, part: CohortDifference) -> tuple[Cell, ...]:
    same = f"{part.n_same} of {part.n_scores} evaluations are in both" if part.n_same else ""
    judges = (tables.names.of("evaluation_llm_model", judge) for judge in part.judges)
    return (
        Cell(name),
        Cell(_template(tables, part.template, part.n_templates)),
        grid.number(part.difference, 2),
        grid.interval(part.low, part.high, 2),
        Cell(_on(part)),
        grid.whole(part.n_pairs) if part.on != UNPAIRED else Cell(grid.NOT_KNOWN),
        grid.whole(part.n_clusters),
        Cell("; ".join(judges)),
        Cell("; ".join(filter(None, (part.note, same)))),
    )


def _on(part: CohortDifference) -> str:
    if part.on == SAME_ESSAYS:
        return "the essays of both"
    if part.on == UNPAIRED:
        return "other essays, unpaired"
    axes = (axis.replace("combo_id", "combination").replace("_", " ") for axis in part.paired_by)
    return f"other essays, same {', '.join(axes)}"
