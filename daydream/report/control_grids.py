"""The table of a report on its controls: what judges give to texts that are no ideas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.grid import SCORES, Cell, Column, Grid

KINDS: Mapping[str, str] = {
    "control-empty": "an empty essay",
    "control-concepts": "the concepts' own text",
    "control-other_combo": "essays on other concepts",
    "control-planted": "the planted text",
}


def controls(tables: ReportTables) -> Grid | None:
    """Where each control stands among the essays; None when the cohort has none."""
    table = tables.table("controls")
    if table.empty:
        return None
    columns = (
        Column("Control"),
        Column("Evaluation template"),
        Column("Judge"),
        Column("Mean", True, "points"),
        Column("95% interval", True, "over its texts"),
        Column("Essays", True, "their mean"),
        Column("Difference", True, "control less essays"),
        Column("Essays below it", True),
        Column("Texts", True),
        SCORES,
        Column("Note"),
    )
    rows = tuple(_row(tables, row) for row in grid.records(table))
    caption = "Controls: texts beside the essays, judged as these are and not ranked"
    return Grid("controls", caption, columns, rows, source="controls")


def _row(tables: ReportTables, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    judge, kind = str(row["evaluation_llm_model"] or ""), str(row["control"])
    return (
        Cell(KINDS.get(kind, kind)),
        Cell(tables.names.of("evaluation_template", str(row["evaluation_template"]))),
        Cell(tables.names.of("evaluation_llm_model", judge) if judge else grid.every("judges")),
        grid.number(row["mean"], 2),
        grid.interval(row["low"], row["high"], 2),
        grid.number(row["essays_mean"], 2),
        grid.number(row["difference"], 2),
        grid.percent(row["share_below"]),
        grid.whole(row["n_essays"]),
        grid.coverage(row["n_valid"], row["n_expected"], row["coverage_ok"]),
        Cell(str(row["warning"])),
    )
