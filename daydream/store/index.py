"""The index of the store: every generation there is, found by its id or the beginning of one."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

from daydream.errors import CohortError
from daydream.store.layout import STAGES, Layout, Stage
from daydream.store.membership import SECOND, Member, Membership, parent_stage, read_membership
from daydream.store.metadata import read_metadata

MAX_SUGGESTIONS = 5


def known_members(layout: Layout) -> dict[str, Member]:
    """Every generation that a cohort asks for or that is in the store, by id."""
    known = {
        member.gen_id: member
        for membership in memberships(layout)
        for stage in STAGES
        for member in membership.stage(stage)
    }
    for stage in STAGES:
        for gen_id in stored_ids(layout, stage):
            if gen_id not in known:
                known[gen_id] = stored_member(layout, stage, gen_id)
    return known


def memberships(layout: Layout) -> Iterator[Membership]:
    """The membership of every cohort; a damaged one is skipped, as its own run reports it."""
    for path in _membership_files(layout):
        try:
            yield read_membership(str(path))
        except CohortError:
            continue


def damaged_memberships(layout: Layout) -> Iterator[str]:
    """What is wrong with each membership that cannot be read."""
    for path in _membership_files(layout):
        try:
            read_membership(str(path))
        except CohortError as error:
            yield str(error)


def _membership_files(layout: Layout) -> list[Path]:
    """The membership of every cohort, by the cohort's name."""
    return sorted(Path(layout.under("cohorts")).glob("*/membership.csv"))


def find_cohort(layout: Layout, name: str) -> str:
    """The cohort with this name, or the only one whose name begins so.

    Raises:
        CohortError: when there is none, or several.

    """
    names = [path.parent.name for path in _membership_files(layout)]
    found = [cohort for cohort in names if cohort == name] or [
        cohort for cohort in names if cohort.startswith(name)
    ]
    if len(found) == 1:
        return found[0]
    where = layout.under("cohorts")
    if found:
        raise CohortError(
            f"{len(found)} cohorts in {where} begin with '{name}': {', '.join(found)}"
        )
    if not names:
        raise CohortError(f"there is no cohort in {where} yet. Make one: snakemake cohort")
    raise CohortError(
        f"no cohort in {where} is called '{name}' or begins so. There are: "
        f"{', '.join(names)}. Look at them: daydream cohorts"
    )


def stored_ids(layout: Layout, stage: Stage) -> list[str]:
    """The ids of a stage's generations in the store, sorted."""
    try:
        with os.scandir(layout.under("gens", stage)) as entries:
            return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    except FileNotFoundError:
        return []


def stored_member(layout: Layout, stage: Stage, gen_id: str, cohort_id: str = "") -> Member:
    """A generation as its metadata.json describes it; fields that it lacks are blank."""
    metadata = read_metadata(layout, stage, gen_id) if gen_id else {}
    return member_of(metadata, stage, gen_id, cohort_id)


def member_of(
    metadata: Mapping[str, Any], stage: Stage, gen_id: str, cohort_id: str = ""
) -> Member:
    """The generation that metadata describe; fields that they lack are blank."""
    names = ("parent_gen_id", "combo_id", "template_id", "llm_model_id", SECOND)
    texts = {name: str(metadata.get(name) or "") for name in names}
    replicate = metadata.get("replicate")
    number = replicate if isinstance(replicate, int) else 1
    return Member(stage=stage, gen_id=gen_id, cohort_id=cohort_id, replicate=number, **texts)


def find_id(requested: str, known: Iterable[str]) -> str:
    """The one id that is meant.

    Raises:
        CohortError: naming ids that are alike.
    """
    requested = _id_in_path(requested)
    ids = sorted(known)
    if requested in ids:
        return requested
    matches = [gen_id for gen_id in ids if gen_id.startswith(requested)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise CohortError(
            f"{len(matches)} generations begin with '{requested}': {_listed(matches)}. "
            "Type more of the id."
        )
    raise CohortError(f"there is no generation '{requested}'. {_suggestion(requested, ids)}")


def _id_in_path(requested: str) -> str:
    parts = PurePath(requested).parts
    for stage, gen_id in pairwise(parts):
        if stage in STAGES:
            return gen_id
    return requested


def _suggestion(requested: str, ids: list[str]) -> str:
    close = difflib.get_close_matches(requested, ids, MAX_SUGGESTIONS)
    if close:
        return f"Did you mean {_listed(close)}?"
    if ids:
        return "The ids are in the membership.csv of a cohort, or: daydream failures"
    return "None was made yet. Make some: snakemake"


def _listed(ids: list[str]) -> str:
    more = f" and {len(ids) - MAX_SUGGESTIONS} more" if len(ids) > MAX_SUGGESTIONS else ""
    return ", ".join(ids[:MAX_SUGGESTIONS]) + more


def lineage_of(member: Member, known: dict[str, Member]) -> list[Member]:
    """A member and its ancestors, as far as they are known, each behind its own.

    A comparison has two essays, and so two lines; a draft that both come from is there once.
    """
    line: dict[str, Member] = {}
    for gen_id in member.parents:
        parent = known.get(gen_id)
        if parent is not None and parent.stage == parent_stage(member):
            line |= {ancestor.gen_id: ancestor for ancestor in lineage_of(parent, known)}
    return [*line.values(), member]


def children_of(member: Member, known: dict[str, Member]) -> list[Member]:
    """The generations made from a member, as far as they are known."""
    children = (m for m in known.values() if member.gen_id in (m.parent_gen_id, m.second_gen_id))
    return [child for child in children if parent_stage(child) == member.stage]
