"""Failures of a cohort as data, grouped by cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from daydream.store.files import modified_ns
from daydream.store.layout import Layout, Stage, exists
from daydream.store.membership import Membership
from daydream.store.metadata import failure_of


class Failure(NamedTuple):
    """A generation whose last try failed."""

    stage: Stage
    gen_id: str
    model: str
    kind: str
    message: str
    cause: str = ""


class Missing(NamedTuple):
    """What a cohort lacks: failures, what was not tried, and what a budget refused.

    ``budget`` is the budget's last word, blank when it refused nothing.
    """

    failures: list[Failure]
    not_made: dict[Stage, int]
    refused: dict[Stage, int]
    budget: str = ""


def find_missing(layout: Layout, membership: Membership, since_ns: int = 0) -> Missing:
    """Look at every generation without a parsed.txt.

    Args:
        layout: of the data root.
        membership: of the cohort.
        since_ns: what a budget refused before counts as not made: it may be another one by now.
    """
    failures = []
    budget = ""
    not_made: dict[Stage, int] = dict.fromkeys(membership.stages, 0)
    refused = dict(not_made)
    for stage in membership.stages:
        for member in membership.stage(stage):
            if exists(layout.parsed(stage, member.gen_id)):
                continue
            error = failure_of(layout, stage, member.gen_id)
            tried_ns = modified_ns(layout.generation(stage, member.gen_id)) or 0
            if error is None or (error.is_refusal and tried_ns < since_ns):
                not_made[stage] += 1
            elif error.is_refusal:
                refused[stage] += 1
                budget = error.message
            else:
                failures.append(Failure(stage, member.gen_id, member.llm_model_id, *error))
    return Missing(failures, not_made, refused, budget)


class Cause(NamedTuple):
    """What failures have in common: their messages may still differ in numbers and quotations."""

    stage: Stage
    kind: str
    cause: str
    model: str


def by_cause(failures: Iterable[Failure]) -> dict[Cause, list[Failure]]:
    """Failures by stage, kind, cause and model; most frequent first."""
    groups: dict[Cause, list[Failure]] = defaultdict(list)
    for failure in failures:
        cause = Cause(failure.stage, failure.kind, failure.cause, failure.model)
        groups[cause].append(failure)
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))
