"""The last lines of a run that went well: where its tables and its report are."""

from __future__ import annotations

import os
from collections.abc import Iterator

from daydream.store.files import modified_ns
from daydream.store.layout import Layout


def places(layout: Layout, cohort: str, begun_ns: int | None) -> Iterator[str]:
    """Where a person finds what was made, and what of it is of before.

    Args:
        layout: of the data root.
        cohort: the cohort of the run.
        begun_ns: when a run began that made generations, in nanoseconds; None: it made none.
    """
    tables, report = layout.under("6_summary", cohort), layout.report(cohort)
    yield f"Cohort: {cohort}"
    if os.path.isdir(tables):
        scored = (modified_ns(layout.scores(cohort)) or 0) >= (begun_ns or 0)
        yield f"Tables: {tables}{'' if scored else _BEFORE.format('results_analysis')}"
    made = modified_ns(report)
    if made is not None:
        yield f"Report: {report}{'' if made >= (begun_ns or 0) else _BEFORE.format('report')}"


_BEFORE = " (of before this run; to make it again: snakemake {})"
