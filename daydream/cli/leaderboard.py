"""The best combinations, templates and models of a cohort in a terminal: `daydream leaderboard`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from daydream.errors import CohortError
from daydream.experiment.combinations import Combo, read_mappings
from daydream.formats import clip
from daydream.store.layout import Layout, exists

TEMPLATE = "evaluation_template"
LISTS = (
    ("combo", ("combo_id",), "Concepts"),
    ("draft_template", ("draft_template",), "Draft template"),
    ("essay_template", ("generation_template",), "Essay template"),
    ("generation_model", ("generation_model",), "Generation model"),
)


def show(layout: Layout, cohort: str, top: int) -> Iterator[str]:
    """Lines of the leaderboard: mean score as a share of its range, and how many scores it is of.

    Raises:
        CohortError: when the tables were not made yet, or were damaged.
    """
    rows = _rows(layout.summary(cohort, "final_results"))
    # By evaluation template first, all of them last: the last is what the lists are of.
    overall = [row for row in rows if row["analysis"] == "overall"][-1]
    rows = [row for row in rows if row[TEMPLATE] == overall[TEMPLATE]]
    intervals = _intervals(layout.summary(cohort, "ranking"), overall[TEMPLATE])
    combos = read_mappings(layout)
    yield f"Cohort {cohort}: {overall['n_valid']} of {overall['n_expected']} evaluations scored"
    if overall[TEMPLATE] == "all":
        yield f"Means: a composite of {overall['n_templates']} evaluation templates, equal weights"
    for analysis, keys, title in LISTS:
        yield ""
        yield f"{title:<50}{'95% interval':>16}{'mean of range':>15}{'scores':>9}"
        best = sorted(
            (row for row in rows if row["analysis"] == analysis),
            key=lambda row: -float(row["average_share"] or -1),
        )
        for row in best[:top]:
            yield _line(_label(combos, row, keys), intervals.get((keys[0], row[keys[0]])), row)
    yield ""
    yield f"Tables: {layout.under('6_summary', cohort)}"
    if exists(layout.report(cohort)):
        yield f"Report: {layout.report(cohort)}"


def _rows(path: str) -> list[dict[str, str]]:
    if not Path(path).is_file():
        raise CohortError(f"{path} does not exist. Make it: snakemake results_summary")
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    rows = list(csv.DictReader(io.StringIO(text)))
    if not _is_whole(rows):
        raise CohortError(f"{path} was damaged. Make it again: snakemake -f {path}")
    return rows


def _is_whole(rows: list[dict[str, str]]) -> bool:
    """Whether there is all that is shown, with numbers where these are expected."""
    try:
        numbers = [(float(row["average_share"] or 0), int(row["n_valid"])) for row in rows]
        labels = [row[key] for row in rows for _, keys, _ in LISTS for key in keys]
        overall = [row["n_expected"] for row in rows if row["analysis"] == "overall"]
        labels += [row[name] for row in rows for name in (TEMPLATE, "n_templates")]
    except (KeyError, TypeError, ValueError):
        return False
    return bool(numbers and overall and None not in labels)


def _label(combos: Mapping[str, Combo], row: dict[str, str], keys: tuple[str, ...]) -> str:
    if keys == ("combo_id",):
        combo = combos.get(row["combo_id"])
        return " + ".join(combo.concept_ids) if combo else row["combo_id"]
    return " x ".join(row[key] for key in keys)


def _intervals(path: str, template: str) -> dict[tuple[str, str], str]:
    """The intervals of the ranking by axis and level; none before it was made, or if damaged."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return {
                (row["axis"], row["level"]): (
                    f"{100 * float(row['low_share']):.1f} to {100 * float(row['high_share']):.1f}%"
                )
                for row in csv.DictReader(file)
                if row[TEMPLATE] == template and row["low_share"]
            }
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return {}


def _line(label: str, interval: str | None, row: dict[str, str]) -> str:
    share = f"{100 * float(row['average_share']):.1f}%" if row["average_share"] else "-"
    return f"{clip(label, 48):<50}{interval or '-':>16}{share:>15}{row['n_valid']:>9}"
