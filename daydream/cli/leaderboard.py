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

LISTS = (
    ("combo", ("combo_id",), "Concepts"),
    ("essay_template", ("generation_template",), "Essay template"),
    ("generation_model", ("generation_model",), "Generation model"),
)


def show(layout: Layout, cohort: str, top: int) -> Iterator[str]:
    """Lines of the leaderboard: mean score as a share of its range, and how many scores it is of.

    Raises:
        CohortError: when the tables were not made yet, or were damaged.
    """
    rows = _rows(layout.summary(cohort, "final_results"))
    overall = next(row for row in rows if row["analysis"] == "overall")
    combos = read_mappings(layout)
    yield f"Cohort {cohort}: {overall['n_valid']} of {overall['n_expected']} evaluations scored"
    for analysis, keys, title in LISTS:
        yield ""
        yield f"{title:<62}{'mean of range':>14}{'scores':>9}"
        best = sorted(
            (row for row in rows if row["analysis"] == analysis),
            key=lambda row: -float(row["average_share"] or -1),
        )
        for row in best[:top]:
            yield _line(_label(combos, row, keys), row)
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
    except (KeyError, TypeError, ValueError):
        return False
    return bool(numbers and overall and None not in labels)


def _label(combos: Mapping[str, Combo], row: dict[str, str], keys: tuple[str, ...]) -> str:
    if keys == ("combo_id",):
        combo = combos.get(row["combo_id"])
        return " + ".join(combo.concept_ids) if combo else row["combo_id"]
    return " x ".join(row[key] for key in keys)


def _line(label: str, row: dict[str, str]) -> str:
    share = f"{100 * float(row['average_share']):.1f}%" if row["average_share"] else "-"
    short = clip(label, 60)
    return f"{short:<62}{share:>14}{row['n_valid']:>9}"
