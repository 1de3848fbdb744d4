"""What failed in a cohort, grouped by cause, with what to type next."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from daydream.columns import WIDTH
from daydream.layout import Layout, Stage, exists
from daydream.membership import Member, Membership
from daydream.scores import failure_of


class Failure(NamedTuple):
    """A generation whose last try failed."""

    stage: Stage
    gen_id: str
    model: str
    kind: str
    message: str


class Missing(NamedTuple):
    """What a cohort lacks: failures, and what waits for one of these or for a larger budget."""

    failures: list[Failure]
    not_made: dict[Stage, int]
    refused: str = ""  # the budget's last word, when it was spent


def find_missing(layout: Layout, membership: Membership) -> Missing:
    """Look at every generation without a parsed.txt."""
    failures = []
    refused = ""
    not_made: dict[Stage, int] = dict.fromkeys(membership.stages, 0)
    for stage in membership.stages:
        for member in membership.stage(stage):
            if exists(layout.parsed(stage, member.gen_id)):
                continue
            failure = _failure(layout, member)
            if failure is None or failure.kind == "BudgetError":
                not_made[stage] += 1
                refused = failure.message if failure else refused
            else:
                failures.append(failure)
    return Missing(failures, not_made, refused)


def _failure(layout: Layout, member: Member) -> Failure | None:
    told = failure_of(layout, member.stage, member.gen_id)
    return told and Failure(member.stage, member.gen_id, member.llm_model_id, *told)


def by_cause(failures: Iterable[Failure]) -> dict[tuple[Stage, str, str], list[Failure]]:
    """Failures by stage, kind and what their messages have in common; most frequent first."""
    groups: dict[tuple[Stage, str, str], list[Failure]] = defaultdict(list)
    for failure in failures:
        groups[failure.stage, failure.kind, cause_of(failure.message)].append(failure)
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))


def cause_of(message: str) -> str:
    """A message without the numbers and the quotations that differ from answer to answer."""
    return re.sub(r"\d+(\.\d+)?", "N", re.sub(r"'[^']*'", "'...'", message))


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
    yield from _next_steps(failures, layout)


def _next_steps(failures: list[Failure], layout: Layout) -> Iterator[str]:
    if not failures:
        return
    yield "What to type next:"
    yield "  snakemake                                 try again; answers that were paid are reused"
    # Asking again for an answer that was cut off would buy one that is cut off again.
    unusable = [f for f in failures if f.kind in ("ParseError", "AnswerError")]
    if unusable:
        yield f"  snakemake -f {layout.parsed(unusable[0].stage, unusable[0].gen_id)}"
        yield "                                            ask the model once more for this one"
    yield "  snakemake --config allow_incomplete=true  make the tables from what is there"


def report(missing: Missing, layout: Layout, cohort: str) -> Iterator[str]:
    """``describe`` for a terminal: no line is broken within a path, and silence is said."""
    if not missing.failures:
        yield f"Nothing failed in cohort {cohort}."
    for line in describe(missing, layout):
        indent = " " * (len(line) - len(line.lstrip()))
        if line.startswith("  snakemake"):  # to be copied as it is
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
            "stage": stage,
            "kind": kind,
            "message": group[0].message,
            "count": len(group),
            "generations": [_as_json(failure, layout) for failure in group],
        }
        for (stage, kind, _), group in by_cause(missing.failures).items()
    ]
    return {"cohort": cohort, "causes": causes, "not_made": missing.not_made}


def _as_json(failure: Failure, layout: Layout) -> dict[str, str]:
    return {
        "gen_id": failure.gen_id,
        "model": failure.model,
        "message": failure.message,
        "target": layout.parsed(failure.stage, failure.gen_id),
    }
