"""The failures of a cohort as text, grouped by cause, with what to type next."""

from __future__ import annotations

from collections.abc import Iterator

from daydream.store.failures import Failure, Missing, by_cause, next_steps
from daydream.store.layout import Layout

COMMAND_WIDTH = 42  # columns of the command that a next step shows


def describe(missing: Missing, layout: Layout, examples: int = 2) -> Iterator[str]:
    """Lines for a person: how many failed and why, what waits for them, what to type next."""
    failures, not_made, refused = missing
    if refused:
        yield f"Stopped: {refused}"
    if failures:
        yield f"{len(failures)} generation(s) failed:"
    for (stage, kind, _), group in by_cause(failures).items():
        yield f"  {len(group)} x {stage}: {kind}: {group[0].message}"
        for failure in group[:examples]:
            yield f"      {layout.generation(stage, failure.gen_id)}  ({failure.model})"
        if len(group) > examples:
            yield f"      and {len(group) - examples} more"
    waiting = ", ".join(f"{count} {stage}(s)" for stage, count in not_made.items() if count)
    if waiting:
        yield f"Left to buy: {waiting}." if refused else f"Not made: {waiting}."
    if refused:
        yield "What it would cost: daydream plan"
    yield from _next_step_lines(failures, layout)


def _next_step_lines(failures: list[Failure], layout: Layout) -> Iterator[str]:
    steps = next_steps(failures, layout)
    if steps:
        yield "What to type next:"
    for step in steps:
        if len(step.command) < COMMAND_WIDTH:
            yield f"  {step.command:<{COMMAND_WIDTH}}{step.effect}"
        else:  # a path is not broken, so its effect stands below it
            yield f"  {step.command}"
            yield f"  {'':<{COMMAND_WIDTH}}{step.effect}"
