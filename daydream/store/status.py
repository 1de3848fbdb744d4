"""The state of each generation (done, missing, failed), counted by stage and model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from daydream.store.layout import STAGES, Layout, Stage, exists
from daydream.store.membership import Member, Membership
from daydream.store.metadata import failure_of

State = Literal["done", "missing", "failed"]


class Count(NamedTuple):
    """Generations of one stage and model; ``wanted`` is the sum of the others.

    ``failed`` were tried in vain, ``missing`` were not tried, or wait for what failed.
    """

    stage: Stage | Literal["total"]
    model: str
    wanted: int
    done: int
    missing: int
    failed: int


def state_of(layout: Layout, member: Member) -> State:
    """Whether a generation is made, was not tried, or failed when it was tried last."""
    if exists(layout.parsed(member.stage, member.gen_id)):
        return "done"
    return "failed" if failure_of(layout, member.stage, member.gen_id) else "missing"


def count_states(layout: Layout, membership: Membership) -> list[Count]:
    """A count for every stage and model of a cohort, in the cohort's order."""
    states: dict[tuple[Stage, str], Counter[State]] = {}
    for stage in STAGES:
        for member in membership.stage(stage):
            counter = states.setdefault((stage, member.llm_model_id), Counter())
            counter[state_of(layout, member)] += 1
    return [_count(stage, model, states[stage, model]) for stage, model in states]


def _count(stage: Stage | Literal["total"], model: str, states: Counter[State]) -> Count:
    return Count(stage, model, states.total(), states["done"], states["missing"], states["failed"])


def total(counts: Sequence[Count]) -> Count:
    """The sum over stages and models."""
    sums = {
        state: sum(getattr(c, state) for c in counts) for state in ("done", "missing", "failed")
    }
    return _count("total", "", Counter(sums))  # type: ignore[arg-type]  # the keys are states
