"""The state of each generation (done, missing, failed, refused), by stage and model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from daydream.store.layout import STAGES, Layout, Stage, exists
from daydream.store.membership import Member, Membership
from daydream.store.metadata import failure_of, read_metadata

Substitutes = Mapping[tuple[str, str], int]  # of (model, its fallback): how many generations
State = Literal["done", "missing", "failed", "refused"]
STATES: tuple[State, ...] = get_args(State)


class Count(NamedTuple):
    """Generations of one stage and model; ``wanted`` is the sum of the others.

    ``failed`` were tried in vain, ``refused`` were not asked because a budget was spent, and
    ``missing`` were not tried, or wait for one of the others.
    """

    stage: Stage | Literal["total"]
    model: str
    wanted: int
    done: int
    missing: int
    failed: int
    refused: int = 0


def state_of(layout: Layout, member: Member) -> State:
    """Whether a generation is made, and else what became of its last try."""
    if exists(layout.parsed(member.stage, member.gen_id)):
        return "done"
    error = failure_of(layout, member.stage, member.gen_id)
    if error is None:
        return "missing"
    return "refused" if error.is_refusal else "failed"


def count_states(layout: Layout, membership: Membership) -> list[Count]:
    """A count for every stage and model of a cohort, in the cohort's order."""
    states: dict[tuple[Stage, str], Counter[State]] = {}
    for stage in STAGES:
        for member in membership.stage(stage):
            counter = states.setdefault((stage, member.llm_model_id), Counter())
            counter[state_of(layout, member)] += 1
    return [_count(stage, model, states[stage, model]) for stage, model in states]


def count_fallbacks(layout: Layout, membership: Membership, models: Collection[str]) -> Substitutes:
    """How many generations of some models were made from an answer of a fallback.

    Args:
        layout: where the generations are.
        membership: which they are.
        models: those that have a fallback; metadata of others are not read.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for stage in STAGES:
        for member in membership.stage(stage) if models else ():
            if member.llm_model_id in models and state_of(layout, member) == "done":
                fallback = read_metadata(layout, stage, member.gen_id).get("fallback")
                if fallback:
                    counts[member.llm_model_id, str(fallback)] += 1
    return counts


def _count(stage: Stage | Literal["total"], model: str, states: Counter[State]) -> Count:
    return Count(stage, model, states.total(), *(states[state] for state in STATES))


def total(counts: Sequence[Count]) -> Count:
    """The sum over stages and models."""
    sums = Counter({state: sum(getattr(c, state) for c in counts) for state in STATES})
    return _count("total", "", sums)
