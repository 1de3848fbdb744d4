"""The last lines of a run that went well: where its tables and its report are."""

from __future__ import annotations

import os
from collections.abc import Iterator

from daydream.experiment.next_steps import Options
from daydream.store.files import modified_ns
from daydream.store.layout import Layout


def places(layout: Layout, cohort: str, begun_ns: int, options: Options) -> Iterator[str]:
    """Where a person finds what was made, and what of it is of before.

    Args:
        layout: of the data root.
        cohort: the cohort of the run.
        begun_ns: when a run began that made generations, in nanoseconds; 0: it made none.
        options: with which proposed commands name the experiment.
    """
    tables, report = layout.under("6_summary", cohort), layout.report(cohort)
    yield f"Cohort: {cohort}"
    found = {
        "Tables": (tables, layout.scores(cohort), "results_analysis"),
        "Report": (report, report, "report"),
    }
    for name, (path, made, target) in found.items():
        if os.path.exists(path):
            is_old = (modified_ns(made) or 0) < begun_ns
            again = f"; to make it again: {options.command('snakemake', target)}"
            yield f"{name}: {path}" + (f" (of before this run{again})" if is_old else "")
