"""Failures of a cohort as data, grouped by cause, with the commands that help."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from daydream.store.layout import Layout, Stage, exists
from daydream.store.membership import Member, Membership
from daydream.store.metadata import failure_of


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


class NextStep(NamedTuple):
    """A command that a person may type after failures, and its effect."""

    command: str
    effect: str


def next_steps(failures: Sequence[Failure], layout: Layout) -> list[NextStep]:
    """The commands that help after these failures; none when nothing failed."""
    if not failures:
        return []
    steps = [NextStep("snakemake", "try again; answers that were paid are reused")]
    # Asking again for an answer that was cut off would buy one that is cut off again.
    unusable = [f for f in failures if f.kind in ("ParseError", "AnswerError")]
    if unusable:
        target = layout.parsed(unusable[0].stage, unusable[0].gen_id)
        steps.append(NextStep(f"snakemake -f {target}", "ask the model once more for this one"))
    effect = "make the tables from what is there"
    return [*steps, NextStep("snakemake --config allow_incomplete=true", effect)]
