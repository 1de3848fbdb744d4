"""Tables of comparisons on the index page: ranking and position bias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.grid import Cell, Column, Grid
from daydream.report.leaderboards import LEADERBOARDS, essays_link
from daydream.report.text import link

ESSAY, _MODEL = "essay", "generation_model"
MAX_ROWS = 100
KINDS: Mapping[str, str] = {**LEADERBOARDS, ESSAY: "Essays"}
_SCOPES: Mapping[str, str] = {
    "evaluation_llm_model": "judge",
    "comparison_template": "comparison template",
}
_JUDGEMENTS = Column("Judgements", True, "valid of expected")


def comparisons(tables: ReportTables, titles: Mapping[str, str]) -> list[Grid]:
    """A ranking for each kind of key, then the position bias.

    Tables that a cohort kept from when it compared essays are left out.

    Args:
        tables: the tables of the cohort.
        titles: of its essays, by gen_id; an essay without one goes by its gen_id.
    """
    if "comparison" not in set(tables.generations["stage"]):
        return []
    ranking, bias = tables.table("pairwise_ranking"), tables.table("position_bias")
    rows = grid.records(ranking)
    parts = {by: [row for row in rows if row["axis"] == by] for by in KINDS}
    found = [_ranking(tables, titles, by, part) for by, part in parts.items() if part]
    return found + ([_bias(tables, grid.records(bias))] if len(bias) else [])


def _ranking(
    tables: ReportTables, titles: Mapping[str, str], by: str, part: list[dict[str, Any]]
) -> Grid:
    columns = (
        Column("Rank", True),
        Column(KINDS[by]),
        Column("Strength", True, "log odds; 0 is the mean"),
        Column("95% interval", True),
        Column("Won", True, "in both orders"),
        Column("Lost", True, "in both orders"),
        Column("Tied", True, "or orders differ"),
        _JUDGEMENTS,
        *([Column("Combination"), Column("Model")] if by == ESSAY else []),
    )
    rows = tuple(_ranked(tables, titles, by, row) for row in part[:MAX_ROWS])
    left = len(part) - len(rows)
    note = f"The best {len(rows):,} of {len(part):,}; the file has all." if left else ""
    caption = f"{KINDS[by]} by strength in comparisons, best first"
    return Grid(f"pairwise_{by}", caption, columns, rows, note, "pairwise_ranking")


def _ranked(
    tables: ReportTables, titles: Mapping[str, str], by: str, row: Mapping[str, Any]
) -> tuple[Cell, ...]:
    key = str(row["level"])
    origin = (
        [Cell(tables.names.of(column, str(row[column]))) for column in ("combo_id", _MODEL)]
        if by == ESSAY
        else []
    )
    return (
        grid.whole(row["rank"]),
        Cell(titles.get(key) or key, href=f"essays/{link(key)}.html#comparisons")
        if by == ESSAY
        else Cell(tables.names.of(by, key), href=essays_link(**{by: key})),
        grid.number(row["strength"], 2),
        grid.interval(row["low"], row["high"], 2),
        *(grid.whole(row[name]) for name in ("wins", "losses", "ties")),
        grid.coverage(row["n_valid"], row["n_expected"], row["coverage_ok"]),
        *origin,
    )


def _bias(tables: ReportTables, rows: list[dict[str, Any]]) -> Grid:
    columns = (
        Column("Over"),
        Column("First wins", True, "of judgements with a winner"),
        Column("95% interval", True),
        Column("First won", True, "judgements"),
        Column("Tie", True, "judgements"),
        Column("First in both orders", True, "pairs"),
        Column("Second in both orders", True, "pairs"),
        Column("p", True, "corrected; exact, of pairs whose orders disagree"),
        _JUDGEMENTS,
    )
    cells = tuple(
        (
            Cell(_scope(tables, str(row["axis"]), str(row["level"]))),
            grid.percent(row["first_share"]),
            grid.percents(row["low"], row["high"]),
            *(grid.whole(row[name]) for name in ("first_wins", "ties")),
            *(grid.whole(row[name]) for name in ("both_first", "both_second")),
            grid.number(row["p_holm"]),
            grid.coverage(row["n_valid"], row["n_expected"], row["coverage_ok"]),
        )
        for row in rows
    )
    name = "position_bias"
    caption = "How often the essay that is shown first wins"
    note = "50% is no bias, as every pair is shown in both orders."
    return Grid(name, caption, columns, cells, note, name)


def _scope(tables: ReportTables, by: str, key: str) -> str:
    what = _SCOPES.get(by)
    return f"{what}: {tables.names.of(by, key)}" if what else grid.every("judges and templates")
