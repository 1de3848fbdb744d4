"""The scores of a cohort that was made before, from which a later one is chosen."""

from __future__ import annotations

from collections import defaultdict

from daydream.errors import CohortError
from daydream.experiment.catalog import read_scales
from daydream.experiment.csv_rows import Row, read_table
from daydream.store.files import modified_ns
from daydream.store.layout import Layout, exists
from daydream.store.membership import CONTROL, read_membership

_COLUMNS = ("generation_model", "evaluation_template", "score")


def mean_scores(layout: Layout, cohort: str, by: str) -> dict[str, float]:
    """The mean normalised score of each value of a column of ``parsed_scores``, without controls.

    Raises:
        CatalogError: when the table cannot be read.
        CohortError: when it has fewer rows than its cohort has evaluations.
    """
    path = layout.scores(cohort)
    rows = read_table(path, (by, *_COLUMNS))
    _check_whole(layout, cohort, rows)
    scales = read_scales(layout.templates_csv("evaluation"))
    scores: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.text("generation_model").startswith(CONTROL):
            continue
        score, scale = row.number_or_none("score"), scales.get(row.text("evaluation_template"))
        if score is not None and scale is not None:
            scores[row.text(by)].append((score - scale.low) / (scale.high - scale.low))
    return {value: sum(values) / len(values) for value, values in scores.items()}


def _check_whole(layout: Layout, cohort: str, rows: list[Row]) -> None:
    """A cohort that grew since has more evaluations than its scores, which tells nothing."""
    path, roster = layout.scores(cohort), layout.membership(cohort)
    if not exists(roster) or (modified_ns(path) or 0) < (modified_ns(roster) or 0):
        return
    expected = len(read_membership(roster).by_stage["evaluation"])
    if len(rows) < expected:
        raise CohortError(
            f"{path} was cut: it has {len(rows)} rows, and cohort {cohort} "
            f"{expected} evaluations. Make it again: snakemake -f {path} --config cohort={cohort}"
        )
