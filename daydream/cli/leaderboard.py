"""The best models, templates and combinations of a cohort in a terminal: `daydream leaderboard`."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from daydream.cli.console import aligned
from daydream.errors import CohortError
from daydream.experiment.short_names import short_names
from daydream.results.axis_names import AXIS_NAMES, heading
from daydream.results.parquet import check_rows
from daydream.results.selection import AFTER_SELECTION, selection_note
from daydream.store.layout import Layout, exists

_WIDTHS = (34, 9, 7, 15, 6, 7, 9)  # at least, so that the lists stand below each other
HEAD = ("rank", "mean", "95% interval", "ties", "essays", "scores")
LEGEND = (
    "Rank: by the mean; in brackets the ranks that are possible, for all levels at once.",
    "Mean: adjusted for judges and blocks. Interval: of this mean alone, over clusters of drafts;",
    "judges and templates are fixed. Ties: levels that share a letter cannot be told apart (Holm);",
    "where letters would be too many, the number of levels that are tied.",
)
TEMPLATE = "evaluation_template"
ALL = "all"
_NUMBERS = ("adjusted_mean", "low", "high", "scale_low", "scale_high")
_COUNTS = ("rank", "rank_low", "rank_high", "n_tied", "n_essays", "n_expected", "n_valid")
_TEXTS = ("axis", "level", TEMPLATE, "n_templates", "letters", "warning")
Row = dict[str, str]


def show(layout: Layout, cohort: str, top: int) -> Iterator[str]:
    """Lines of the leaderboard, from ``ranking``: by evaluation template first, composite last.

    Raises:
        CohortError: when the table was not made yet, or was damaged.
    """
    path = layout.summary(cohort, "ranking")
    rows = _rows(path)
    templates = list(dict.fromkeys(row[TEMPLATE] for row in rows))
    everything = [row for row in rows if row[TEMPLATE] == templates[-1]]
    expected, scored = (_total(everything, name) for name in ("n_expected", "n_valid"))
    yield f"Cohort {cohort}: {scored} of {expected} evaluations scored"
    if note := selection_note(layout.membership(cohort)):
        yield f"! {note}"
    for template in templates:
        part = [row for row in rows if row[TEMPLATE] == template]
        yield ""
        yield _title(part[0])
        for axis in AXIS_NAMES:
            yield from _list(heading(axis), [row for row in part if row["axis"] == axis], top)
    yield ""
    yield from LEGEND
    yield f"Tables: {layout.under('6_summary', cohort)}"
    if exists(layout.report(cohort)):
        yield f"Report: {layout.report(cohort)}"


def _rows(path: str) -> list[Row]:
    if not Path(path).is_file():
        raise CohortError(f"{path} does not exist. Make it: snakemake results_analysis")
    check_rows(path)
    text = Path(path).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    if not _is_whole(rows):
        raise CohortError(f"{path} was damaged. Make it again: snakemake -f {path}")
    return rows


def _is_whole(rows: Sequence[Row]) -> bool:
    """Whether there is all that is shown, with numbers where these are expected."""
    try:
        numbers = [float(row[name] or 0) for row in rows for name in _NUMBERS]
        numbers += [int(row[name] or 0) for row in rows for name in _COUNTS]
        texts = [row[name] for row in rows for name in _TEXTS]
    except (KeyError, TypeError, ValueError):
        return False
    return bool(numbers) and None not in texts


def _total(rows: Sequence[Row], count: str) -> int:
    """Over one axis, as each has every evaluation."""
    return sum(int(row[count]) for row in rows if row["axis"] == rows[0]["axis"])


def _title(row: Row) -> str:
    scale = " to ".join(f"{float(row[end]):g}" for end in ("scale_low", "scale_high"))
    if row[TEMPLATE] == ALL and int(row["n_templates"]) > 1:
        count = row["n_templates"]
        return f"Composite of {count} templates with equal weights, points from {scale}"
    return f"Evaluation template {row[TEMPLATE]}, points from {scale}"


def _list(name: str, rows: Sequence[Row], top: int) -> Iterator[str]:
    """The first levels of an axis, how many are left out, and what to distrust.

    Of an axis that essays from elsewhere do not have there is nothing.
    """
    if not any(row["level"] for row in rows):
        return
    listed = rows[:top]
    yield ""
    labels = short_names(map(_label, listed), _WIDTHS[0], are_joined=rows[0]["axis"] == "combo_id")
    cells = [(label, *_cells(row)) for label, row in zip(labels, listed, strict=True)]
    yield from aligned([_padded((name, *HEAD)), *map(_padded, cells)], texts=1)
    if len(rows) > len(listed):
        yield f"  and {len(rows) - len(listed)} more"
    warnings = Counter(part for row in listed for part in row["warning"].split("; ") if part)
    for warning, times in warnings.items():
        if not warning.startswith(AFTER_SELECTION):  # it is said once, above all lists
            yield f"  ! {warning}" + (f" ({times} levels)" if times > 1 else "")


def _padded(cells: Sequence[str]) -> list[str]:
    label, *numbers = cells
    pairs = zip(numbers, _WIDTHS[1:], strict=True)
    return [label.ljust(_WIDTHS[0]), *(cell.rjust(width) for cell, width in pairs)]


def _label(row: Row) -> str:
    return row.get("level_name") or row["level"] or "(none)"


def _cells(row: Row) -> tuple[str, ...]:
    scores = f"{row['n_valid']}/{row['n_expected']}"
    if not row["rank"]:
        return ("-", "-", "-", "-", row["n_essays"], scores)
    low, high = row["rank_low"], row["rank_high"]
    rank = row["rank"] if low == high else f"{row['rank']} ({low}-{high})"
    ties = row["letters"] or row["n_tied"]
    mean = f"{float(row['adjusted_mean']):.2f}"
    return (rank, mean, _interval(row), ties, row["n_essays"], scores)


def _interval(row: Row) -> str:
    if not row["low"] or not row["high"]:
        return "none"
    return f"{float(row['low']):.2f} to {float(row['high']):.2f}"
