"""Tables of the index page: reliability, evaluators, variance, the design that is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.grid import SCORES, Cell, Column, Grid
from daydream.results.axis_names import AXIS_NAMES
from daydream.results.statistics.reliability import ALPHA, KAPPA, ORDINAL, OVERALL

COMPONENTS: Mapping[str, str] = {
    **AXIS_NAMES,
    "evaluation_llm_model": "evaluator model",
    "evaluation_template": "evaluation template",
    "draft_gen_id": "draft (beyond its combination, template and model)",
    "parent_gen_id": "essay (beyond all of the above)",
    "judge_x_generator": "evaluator's taste for a model",
    "judge_x_essay": "evaluator's taste for an essay",
    "replicate": "replicate",
    "residual": "rest",
}
_MEASURES: Mapping[str, str] = {
    ALPHA: "Krippendorff's alpha (interval)",
    ORDINAL: "Krippendorff's alpha (ordinal)",
}


def reliability(tables: ReportTables) -> Grid | None:
    """Alpha and the intraclass correlations; None when there is nothing to compare."""
    table = tables.table("reliability")
    if table.empty:
        return None
    table = table[table["measure"] != KAPPA]  # a row for every pair of judges
    table = _without_repeats(table, "scope", OVERALL)
    columns = (
        Column("Measure"),
        Column("Over"),
        Column("Among"),
        Column("Value", True),
        Column("95% interval", True),
        Column("Essays", True),
        Column("Drafts", True),
        Column("Raters", True),
        Column("Raters are", note="what the interval speaks of: these, or any such"),
        Column("Note"),
        SCORES,
    )
    rows = tuple(_measured(tables, row) for row in grid.records(table))
    name, note = "reliability", "The file also has the weighted kappa of every pair of judges."
    return Grid(name, "Reliability of the scores", columns, rows, note, name)


def _without_repeats(table: pd.DataFrame, column: str, overall: str) -> pd.DataFrame:
    """Without the rows over all templates where there is one: they say what its own rows say."""
    own = table[table[column] != overall]
    return own if own[column].nunique() == 1 else table


def _measured(tables: ReportTables, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    measure = str(row["measure"])
    return (
        Cell(_MEASURES.get(measure, measure)),
        Cell(scope(tables, str(row["scope"]))),
        Cell(str(row["among"])),
        grid.number(row["value"]),
        grid.interval(row["low"], row["high"]),
        grid.whole(row["n_units"]),
        grid.whole(row["n_drafts"]),
        grid.whole(row["n_raters"]),
        Cell(str(row["raters_are"])),
        Cell(str(row["warning"] or "")),
        grid.coverage(row["n_valid"], row["n_expected"], row["coverage_ok"]),
    )


def scope(tables: ReportTables, name: str) -> str:
    """What a measure of reliability is of."""
    is_all = name == OVERALL
    return "the templates, averaged" if is_all else tables.names.of("evaluation_template", name)


def evaluators(tables: ReportTables) -> Grid | None:
    """What each evaluator does, over all templates and under each."""
    table = tables.table("evaluator_effects")
    if table.empty:
        return None
    columns = (
        Column("Evaluator"),
        Column("Template"),
        Column("Mean", True, "share of the scale"),
        Column("Spread", True, "standard deviation"),
        Column("Severity", True, "against the others; below 0 is stricter"),
        Column("95% interval", True, "of severity; drafts are the sample"),
        Column("Repeats itself", True, "alpha of its replicates"),
        Column("At the top", True),
        Column("At the bottom", True),
        Column("No score", True),
        Column("Cut off", True),
        Column("Correlation", True, "with the others, Pearson"),
        Column("Rank correlation", True, "Spearman"),
        Column("Note"),
        SCORES,
    )
    table = _without_repeats(table, "evaluation_template", "")
    rows = tuple(_evaluator(tables, row) for row in grid.records(table))
    source = "evaluator_effects"
    return Grid("evaluators", "What each evaluator does", columns, rows, source=source)


def _evaluator(tables: ReportTables, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    template, every = str(row["evaluation_template"] or ""), grid.every("templates")
    return (
        Cell(tables.names.of("evaluation_llm_model", str(row["evaluation_llm_model"]))),
        Cell(tables.names.of("evaluation_template", template) if template else every),
        *(grid.number(row[name]) for name in ("mean_share", "std_share", "severity")),
        grid.interval(row["severity_low"], row["severity_high"]),
        grid.number(row["retest_alpha"], 2),
        *(grid.percent(row[name]) for name in ("ceiling_share", "floor_share")),
        *(grid.percent(row[name]) for name in ("unparsed_share", "truncated_share")),
        *(grid.number(row[name], 2) for name in ("pearson", "spearman")),
        Cell(str(row["warning"] or "")),
        grid.coverage(row["n_valid"], row["n_expected"], row["coverage_ok"]),
    )


def variance(tables: ReportTables) -> Grid | None:
    """Where the variance of the scores comes from."""
    table = tables.table("variance_components")
    if table.empty:
        return None
    columns = (
        Column("Source"),
        Column("Levels", True),
        Column("Share of variance", True),
        Column("95% interval", True, "of the share"),
        Column("Variance", True),
        Column("95% interval", True, "of the variance"),
        Column("Note"),
        SCORES,
    )
    rows = tuple(
        (
            Cell(COMPONENTS.get(str(row["component"]), str(row["component"]))),
            grid.whole(row["levels"]),
            grid.percent(row["share"]),
            grid.interval(row["share_low"], row["share_high"]),
            grid.number(row["variance"]),
            grid.interval(row["low"], row["high"]),
            Cell(_description(row)),
            grid.coverage(row["n_valid"], row["n_expected"], row["coverage_ok"]),
        )
        for row in grid.records(table)
    )
    source = "variance_components"
    return Grid("variance", "Variance by source", columns, rows, source=source)


def _description(row: Mapping[str, Any]) -> str:
    parts = ("Henderson's estimate is below 0" if row["truncated"] else "", str(row["note"] or ""))
    return "; ".join(part for part in parts if part and part != "nan")


_TARGETS = {
    "generation_model": "difference of two generation models",
    "draft_template": "difference of two draft templates",
    "generation_template": "difference of two essay templates",
    "one_essay": "interval of one essay's mean",
}


def needed(tables: ReportTables) -> Grid | None:
    """What a conclusion needs: drafts, essays, judges, replicates, calls."""
    table = tables.table("d_study")
    if table.empty:
        return None
    columns = (
        Column("To know"),
        Column("Within", True, "points"),
        *(Column(name, True) for name in ("Drafts", "Essays", "Judges", "Replicates", "Calls")),
        Column("Cost", True, "USD at this cohort's mean prices"),
        Column("Cost from, to", True, "at the ends of the intervals"),
        Column("Drafts, or judges", True, "at the ends of the intervals"),
        Column("Level x combination", True, "variance, squared points"),
        Column("95% interval", True, "of this variance"),
        Column("Note"),
        SCORES,
    )
    rows = tuple(_planned(row) for row in grid.records(table))
    caption = (
        "Design needed: to find a difference between two levels with probability 0.8, or for a 95% "
        "interval of one essay's mean (drafts of each level, one a combination, essays of each "
        "draft; essay templates share drafts)"
    )
    return Grid("needed", caption, columns, rows, source="d_study")


def _planned(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        Cell(_TARGETS.get(str(row["target"]), str(row["target"]))),
        grid.number(row["points"], 2),
        *(grid.whole(row[name]) for name in ("drafts", "essays", "judges", "replicates", "calls")),
        grid.number(row["dollars"], 2),
        grid.interval(row["dollars_low"], row["dollars_high"], 2),
        grid.interval(row["drafts_low"], row["drafts_high"], 0),
        grid.number(row["level_x_combo"], 2),
        grid.interval(row["level_x_combo_low"], row["level_x_combo_high"], 2),
        Cell(str(row["note"] or "")),
        grid.coverage(row["n_valid"], row["n_expected"], row["coverage_ok"]),
    )
