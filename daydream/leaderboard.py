"""The best of a cohort in a terminal, from its tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from daydream.combos import read_mappings
from daydream.errors import CohortError
from daydream.layout import Layout

LISTS = (
    ("combo", ("combo_id",), "Concepts"),
    ("essay_template", ("generation_template",), "Essay template"),
    ("generation_model", ("generation_model",), "Generation model"),
)


def show(layout: Layout, cohort: str, top: int) -> Iterator[str]:
    """Lines of the leaderboard: mean score as a share of its range, and how many scores it is of.

    Raises:
        CohortError: when the tables were not made yet.
    """
    rows = _rows(layout.summary(cohort, "final_results"))
    overall = next(row for row in rows if row["analysis"] == "overall")
    yield f"Cohort {cohort}: {overall['n_valid']} of {overall['n_expected']} evaluations scored"
    for analysis, keys, title in LISTS:
        yield ""
        yield f"{title:<62}{'mean of range':>14}{'scores':>9}"
        best = sorted(
            (row for row in rows if row["analysis"] == analysis),
            key=lambda row: -float(row["average_share"] or -1),
        )
        for row in best[:top]:
            yield _line(_label(layout, row, keys), row)
    yield ""
    yield f"Tables: {layout.under('6_summary', cohort)}"


def _rows(path: str) -> list[dict[str, str]]:
    if not Path(path).is_file():
        raise CohortError(f"{path} does not exist. Make it: snakemake results_summary")
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _label(layout: Layout, row: dict[str, str], keys: tuple[str, ...]) -> str:
    if keys == ("combo_id",):
        combo = read_mappings(layout).get(row["combo_id"])
        return " + ".join(combo.concept_ids) if combo else row["combo_id"]
    return " x ".join(row[key] for key in keys)


def _line(label: str, row: dict[str, str]) -> str:
    share = f"{100 * float(row['average_share']):.1f}%" if row["average_share"] else "-"
    return f"{label[:61]:<62}{share:>14}{row['n_valid']:>9}"
