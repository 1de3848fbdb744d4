"""Tables of the index page on the judges: their own texts, what depends on one, lengths, people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.grid import Cell, Column, Grid
from daydream.report.leaderboards import LEADERBOARDS

_JUDGE, _TEMPLATE, _WRITER = "evaluation_llm_model", "evaluation_template", "generation_model"
_INTERVAL = Column("95% interval", True)
MAX_ROWS = 200
_LEFT_OUT = {"evaluation_template": "template", "self_judgements": "self-judgements"}
Row = Mapping[str, Any]


def judges(tables: ReportTables) -> list[Grid]:
    """Preference, sensitivity and length, as far as these tables have rows."""
    return [found for found in (preference(tables), sensitivity(tables), length(tables)) if found]


def people(tables: ReportTables) -> list[Grid]:
    """Agreement with people and means as people would score, when people rated essays."""
    return [found for found in (human_agreement(tables), human_corrected(tables)) if found]


def _grid(
    name: str, caption: str, columns: Iterable[Column], rows: Iterable[tuple[Cell, ...]]
) -> Grid | None:
    made = tuple(rows)
    if not made:
        return None
    left = len(made) - MAX_ROWS
    note = f"The first {MAX_ROWS} of {len(made):,} rows." if left > 0 else ""
    return Grid(name, caption, tuple(columns), made[:MAX_ROWS], note, name)


def _rows(tables: ReportTables, name: str) -> list[dict[str, Any]]:
    return grid.records(tables.table(name))


def preference(tables: ReportTables) -> Grid | None:
    """What judges that also write give their own texts."""
    columns = (
        Column("Judge"),
        Column("Its own"),
        Column("Preference", True, "share of the scale"),
        _INTERVAL,
        Column("p", True, "corrected"),
        Column("Rank", True),
        Column("Rank without self-judgements", True),
        Column("Note"),
    )
    caption = (
        "Judges that also write: what they give their own texts above the other judges, less the "
        "same of all other texts; drafts are sampled, judges are fixed"
    )
    rows = (
        (
            Cell(tables.names.of(_JUDGE, row[_JUDGE])),
            Cell(tables.names.of(_WRITER, row["own"]) if row["kind"] == "self" else row["own"]),
            grid.number(row["difference_share"]),
            grid.interval(row["low_share"], row["high_share"]),
            grid.number(row["p_holm"]),
            grid.whole(row["rank"]),
            grid.whole(row["rank_without_own"]),
            Cell(str(row["note"])),
        )
        for row in _rows(tables, "judge_preference")
    )
    return _grid("judge_preference", caption, columns, rows)


def sensitivity(tables: ReportTables) -> Grid | None:
    """What changes when one judge, one template or all self-judgements are left out."""
    columns = (
        Column("Axis"),
        Column("Level"),
        Column("Left out"),
        Column("Mean", True, "share of the scale"),
        Column("Change", True),
        Column("Rank", True),
        Column("Change of rank", True),
        Column("Kendall's tau", True, "of the two orders"),
        Column("First"),
    )
    rows = (_without(tables, row) for row in _rows(tables, "sensitivity"))
    caption = (
        "Means and ranks when something is left out; nothing is sampled, so that a change between "
        "tied levels means nothing"
    )
    return _grid("sensitivity", caption, columns, rows)


def _without(tables: ReportTables, row: Row) -> tuple[Cell, ...]:
    kind, axis = str(row["left_out"]), str(row["axis"])
    column = _JUDGE if kind == "judge" else kind
    name = tables.names.of(column, str(row["left_out_name"]))
    first = tables.names.of(axis, str(row["winner"]))
    return (
        Cell(LEADERBOARDS.get(axis, axis)),
        Cell(tables.names.of(axis, str(row["level"]))),
        Cell(f"{_LEFT_OUT.get(kind, kind)} {name}".strip()),
        grid.number(row["mean_share"]),
        grid.number(row["mean_share_change"]),
        grid.whole(row["rank"]),
        grid.whole(row["rank_change"]),
        grid.number(row["kendall_tau"], 2),
        Cell(f"{first} (another)" if row["winner_changes"] else first),
    )


def length(tables: ReportTables) -> Grid | None:
    """How scores change with words, by judge and template."""
    columns = (
        Column("Judge"),
        Column("Template"),
        Column("Change", True, "of the scale, per doubling of words"),
        _INTERVAL,
        Column("p", True),
        Column("Essays", True),
        Column("Drafts", True),
        Column("Note"),
    )
    caption = (
        "Scores and lengths, between essays of the same writer; drafts are sampled, judges are "
        "fixed; longer essays may be better ones"
    )
    rows = (
        (
            Cell(tables.names.of(_JUDGE, row[_JUDGE]) or grid.every("judges")),
            Cell(tables.names.of(_TEMPLATE, row[_TEMPLATE]) or grid.every("templates")),
            grid.number(row["slope_share"]),
            grid.interval(row["low_share"], row["high_share"]),
            grid.number(row["p"]),
            grid.whole(row["n_essays"]),
            grid.whole(row["n_drafts"]),
            Cell(str(row["note"])),
        )
        for row in _rows(tables, "length_effect")
        if row["analysis_type"] == "slope"
    )
    return _grid("length_effect", caption, columns, rows)


def human_agreement(tables: ReportTables) -> Grid | None:
    """How far judges follow people."""
    columns = (
        Column("Rater"),
        Column("Template"),
        Column("Essays", True),
        Column("Correlation", True, "Pearson"),
        _INTERVAL,
        Column("Weighted kappa", True),
        Column("Bias", True, "points above people"),
        Column("Error", True, "points"),
        Column("Error of a constant", True, "who always says the median"),
    )
    caption = (
        "Raters beside the mean of the people; intervals resample whole drafts, judges are fixed"
    )
    rows = (
        (
            Cell(f"{tables.names.of('judge', str(row['rater']))} ({row['kind']})"),
            Cell(tables.names.of(_TEMPLATE, row[_TEMPLATE])),
            grid.whole(row["n"]),
            grid.number(row["pearson"], 2),
            grid.interval(row["pearson_low"], row["pearson_high"], 2),
            grid.number(row["kappa"], 2),
            grid.number(row["bias"], 2),
            grid.number(row["mae"], 2),
            grid.number(row["mae_constant"], 2),
        )
        for row in _rows(tables, "human_agreement")
    )
    return _grid("human_agreement", caption, columns, rows)


def human_corrected(tables: ReportTables) -> Grid | None:
    """Means as people would score, and their differences."""
    columns = (
        Column("Level"),
        Column("Template"),
        Column("Rated by people", True, "essays"),
        Column("Judges' mean", True),
        Column("People's mean", True),
        Column("Corrected mean", True),
        _INTERVAL,
        Column("Note"),
    )
    caption = (
        "Means, in points, that people would give to all essays, and their differences; rated "
        "essays are a random sample, drafts are sampled, judges are fixed"
    )
    listed = _rows(tables, "human_corrected")
    known = [row for row in listed if _is_known(row)]
    rows = (
        (
            Cell(_corrected_level(tables, row)),
            Cell(tables.names.of(_TEMPLATE, row[_TEMPLATE])),
            grid.whole(row["n_human"]),
            grid.number(row["judge_mean"], 2),
            grid.number(row["human_mean"], 2),
            grid.number(row["corrected_mean"], 2),
            grid.interval(row["low"], row["high"], 2),
            Cell(str(row["note"])),
        )
        for row in known
    )
    made = _grid("human_corrected", caption, columns, rows)
    unknown = len(listed) - len(known)
    note = f"Levels with too few rated essays for a number: {unknown:,}, in the file."
    return made._replace(note=note) if made and unknown else made


def _is_known(row: Row) -> bool:
    return row["axis"] == "overall" or grid.as_float(row["corrected_mean"]) is not None


def _corrected_level(tables: ReportTables, row: Row) -> str:
    axis = str(row["axis"])
    names = [tables.names.of(axis, str(row[side])) for side in ("level", "minus") if row[side]]
    return " less ".join(names)
