"""The failures of a cohort for a terminal and as JSON: `daydream failures`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from daydream.cli.console import WIDTH
from daydream.experiment.next_steps import Options
from daydream.store.failures import Failure, Missing, by_cause
from daydream.store.layout import Layout
from daydream.workflow.failure_summary import describe


def report(missing: Missing, layout: Layout, cohort: str, options: Options) -> Iterator[str]:
    """``describe`` for a terminal: no line is broken within a path, and silence is said."""
    if not missing.failures:
        yield f"Nothing failed in cohort {cohort}."
    for line in describe(missing, layout, options):
        indent = " " * (len(line) - len(line.lstrip()))
        if line.startswith(("  snakemake", "  daydream")):  # to be copied as it is
            yield line
        else:
            yield from _wrap(line.strip(), indent)


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_json(missing: Missing, layout: Layout, cohort: str) -> dict[str, Any]:
    """The failures by cause, for a program."""
    causes = [
        {
            "stage": cause.stage,
            "kind": cause.kind,
            "cause": cause.cause,
            "model": cause.model,
            "message": group[0].message,
            "count": len(group),
            "generations": [_as_json(failure, layout) for failure in group],
        }
        for cause, group in by_cause(missing.failures).items()
    ]
    return {
        "cohort": cohort,
        "causes": causes,
        "refused": missing.refused,
        "budget": missing.budget,
        "not_made": missing.not_made,
    }


def _as_json(failure: Failure, layout: Layout) -> dict[str, str]:
    return {
        "gen_id": failure.gen_id,
        "model": failure.model,
        "message": failure.message,
        "target": layout.parsed(failure.stage, failure.gen_id),
    }
