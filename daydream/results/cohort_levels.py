"""The table `cohort_levels`: the cohorts of a data root side by side, each with its levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from daydream.results.reserved_names import named_apart
from daydream.results.selection import with_selection
from daydream.results.statistics.comparison_units import DRAFT_TEMPLATE, ESSAY_TEMPLATE, MODEL
from daydream.results.statistics.essay_scores import with_draft
from daydream.results.statistics.ranking import ranking
from daydream.results.statistics.ratings import EVALUATOR, Scales

COHORT = "cohort_id"
WHOLE = "cohort"  # the axis of the row on all of a cohort
_AXES = (MODEL, DRAFT_TEMPLATE, ESSAY_TEMPLATE)  # not combinations: too many, and seldom shared
_KEYS = ["axis", "level", "evaluation_template", "n_templates"]
_NUMBERS = ["mean", "adjusted_mean", "low", "high", "mean_share", "adjusted_share"]
_ENDS = ["low_share", "high_share", "scale_low", "scale_high", "df"]
_COUNTS = ["n_clusters", "n_drafts", "n_essays", "n_expected", "n_valid", "n_truncated"]
COLUMNS = [COHORT, *_KEYS, *_NUMBERS, *_ENDS, *_COUNTS, "warning"]


def cohort_levels(
    cohorts: Iterable[pd.DataFrame], scales: Scales, selection: Callable[[str], str] = lambda _: ""
) -> pd.DataFrame:
    """A row for each of the cohorts, its judges, and every level of its models and templates.

    ``cohorts`` are their ``parsed_scores``, ``selection`` says what to note of a cohort's intervals
    (see ``selection_note``). Rows are by evaluation template, the composite last,
    with the columns that ``ranking`` has: what a level scored in its own cohort.
    """
    parts = [
        with_selection(part, selection(str(part[COHORT].iloc[0])))
        for scores in cohorts
        if len(scores)
        for part in _cohort(*named_apart(scores, scales))
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _cohort(scores: pd.DataFrame, scales: Scales) -> Iterator[pd.DataFrame]:
    name = str(scores[COHORT].iloc[0])
    yield _whole(scores, scales).assign(**{COHORT: name, "axis": WHOLE, "level": name})
    yield ranking(scores, scales, axes=_AXES).assign(**{COHORT: name})
    for judge, part in scores.groupby(EVALUATOR, sort=True):
        yield _whole(part, scales).assign(**{COHORT: name, "axis": EVALUATOR, "level": judge})


def _whole(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """The ranking of a single level: as if one model had written all."""
    return ranking(with_draft(scores).assign(**{MODEL: ""}), scales, axes=(MODEL,))
