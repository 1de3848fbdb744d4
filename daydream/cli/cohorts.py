"""The cohorts of a data root side by side: `daydream cohorts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from daydream.cli.console import aligned
from daydream.formats import clip, known_usd
from daydream.store.index import damaged_memberships, memberships
from daydream.store.layout import Layout, exists
from daydream.store.membership import Membership
from daydream.store.spending import of_cohort, spending

HEAD = ("cohort", "written", "drafts", "essays", "evaluations", "USD")
LONGEST = 96
Levels = Mapping[str, frozenset[str]]


def show(layout: Layout) -> Iterator[str]:
    """Lines with each cohort's date, what is made of what it wants, and its cost, oldest first.

    Below each is what it has that not every cohort has. Generations that cohorts share are counted
    and priced in each of them.
    """
    found = sorted(
        memberships(layout),
        key=lambda membership: (_written(layout, membership), membership.cohort_id),
    )
    damaged = list(damaged_memberships(layout))
    yield from damaged
    if not found and not damaged:
        yield f"There is no cohort in {layout.under('cohorts')} yet. Make one: snakemake cohort"
    if not found:
        return
    levels = [levels_of(membership) for membership in found]
    header, *lines = aligned([HEAD, *(_cells(layout, membership) for membership in found)], texts=2)
    yield header
    for line, own in zip(lines, levels, strict=True):
        yield line
        yield from (clip(f"    {difference}", LONGEST) for difference in differences(own, levels))
    yield "Read one by its name or the beginning of it: daydream leaderboard --cohort NAME"


def _written(layout: Layout, membership: Membership) -> str:
    """When its membership was written, UTC; a copy of a data root may have another time."""
    time = Path(layout.membership(membership.cohort_id)).stat().st_mtime
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M")


def _cells(layout: Layout, membership: Membership) -> Sequence[str]:
    counts = []
    for stage in ("draft", "essay", "evaluation"):
        members = membership.stage(stage)
        done = sum(exists(layout.parsed(stage, member.gen_id)) for member in members)
        counts.append(f"{done}/{len(membership.by_stage[stage])}")
    total = spending(layout, of_cohort(membership)).total
    cost = known_usd(total.usd_known, total.calls_of_unknown_price)
    return (membership.cohort_id, _written(layout, membership), *counts, cost)


def levels_of(membership: Membership) -> Levels:
    """What a cohort is made of: the levels of each axis."""
    texts = [*membership.stage("draft"), *membership.essays]
    judged = list(membership.stage("evaluation"))
    return {
        "combinations": frozenset(member.combo_id for member in texts if member.combo_id),
        "draft templates": frozenset(member.template_id for member in membership.stage("draft")),
        "essay templates": frozenset(member.template_id for member in membership.essays),
        "generation models": frozenset(member.llm_model_id for member in texts),
        "evaluation templates": frozenset(member.template_id for member in judged),
        "judges": frozenset(member.llm_model_id for member in judged),
    }


def differences(own: Levels, every: Sequence[Levels]) -> Iterator[str]:
    """What a cohort has on each axis that some cohort has not; combinations are counted."""
    for axis, levels in own.items():
        shared = frozenset.intersection(*(other[axis] for other in every))
        rest = sorted(levels - shared)
        if rest and axis == "combinations":
            yield f"{axis}: {len(rest)} that not every cohort has"
        elif rest:
            yield f"{axis}: {', '.join(rest)}"
