"""The failures of a cohort as text, grouped by cause, with what to type next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from daydream.errors import DaydreamError
from daydream.experiment.next_steps import Options, next_steps
from daydream.store.failures import Failure, Missing, by_cause, find_missing
from daydream.store.layout import Layout, Stage
from daydream.workflow.project import Project

NO_OPTIONS = Options()
COMMAND_WIDTH = 42  # columns of the command that a next step shows


def describe_run(project: Project, options: Options, begun_ns: int) -> str:
    """What the cohort, or the slice of a run, lacks and why, for the end of a run that failed.

    Args:
        project: the experiment.
        options: of the run.
        begun_ns: when it began, in nanoseconds.
    """
    try:
        missing = find_missing(project.layout, project.part, begun_ns)
    except DaydreamError as error:
        return str(error)
    return "\n".join(describe(missing, project.layout, options))


def describe(
    missing: Missing, layout: Layout, options: Options = NO_OPTIONS, examples: int = 2
) -> Iterator[str]:
    """Lines for a person: how many failed and why, what waits for them, what to type next."""
    failures, not_made, refused, budget = missing
    if budget:
        yield f"Stopped: {budget}"
    if failures:
        yield f"{len(failures)} generation(s) failed:"
    for cause, group in by_cause(failures).items():
        yield f"  {len(group)} x {cause.stage}: {cause.kind}: {group[0].message}"
        for failure in group[:examples]:
            yield f"      {layout.generation(cause.stage, failure.gen_id)}  ({failure.model})"
        if len(group) > examples:
            yield f"      and {len(group) - examples} more"
    if any(refused.values()):
        yield f"Refused by the budget: {_counts(refused)}."
    if budget:
        left = Counter(not_made) + Counter(refused)
        yield f"Left to buy: {_counts({stage: left[stage] for stage in not_made})}."
    elif any(not_made.values()):
        yield f"Not made: {_counts(not_made)}."
    if budget:
        yield "What it would cost:"
        yield f"  {options.command('daydream plan')}"
    yield from _next_step_lines(failures, layout, options)


def _counts(counts: Mapping[Stage, int]) -> str:
    return ", ".join(f"{count} {stage}(s)" for stage, count in counts.items() if count)


def _next_step_lines(failures: list[Failure], layout: Layout, options: Options) -> Iterator[str]:
    steps = next_steps(failures, layout, options)
    if steps:
        yield "What to type next:"
    for step in steps:
        if len(step.command) < COMMAND_WIDTH:
            yield f"  {step.command:<{COMMAND_WIDTH}}{step.effect}"
        else:  # a path is not broken, so its effect stands below it
            yield f"  {step.command}"
            yield f"  {'':<{COMMAND_WIDTH}}{step.effect}"
