"""One generation with everything that it comes from and that came from it, texts included."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

from daydream.catalog import Catalog
from daydream.combos import read_mappings
from daydream.errors import CohortError
from daydream.layout import STAGES, Layout, Stage, exists
from daydream.ledger import read_attempts
from daydream.membership import PARENT_STAGE, Member, Membership, read_membership
from daydream.scores import failure_of, read_metadata
from daydream.status import WIDTH, aligned, state_of

MOST_SUGGESTED = 5
# What a model writes must not move the cursor of the terminal it is read in.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def show(layout: Layout, catalog: Catalog, wanted: str) -> Iterator[str]:
    """Lines of a generation's lineage and children.

    Args:
        layout: where the store is.
        catalog: names concepts and the scales of scores.
        wanted: an id, the beginning of one, or a path into a generation's folder.

    Raises:
        CohortError: when there is no such generation, or more than one.
    """
    known = known_members(layout)
    member = known[find_id(wanted, known)]
    lineage = _lineage(member, known)
    yield from _concepts(layout, catalog, lineage[0])
    for ancestor in lineage:
        yield from _section(layout, catalog, ancestor)
    children = _children(member, known)
    if member.stage != "evaluation":
        yield from _list(layout, member, children, known)
    if member.stage == "essay":
        for child in children:
            yield from _section(layout, catalog, child)


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
                known[gen_id] = _stored(layout, stage, gen_id)
    return known


def memberships(layout: Layout) -> Iterator[Membership]:
    """The roster of every cohort; a damaged one is for its own run to report."""
    for path in sorted(Path(layout.under("cohorts")).glob("*/membership.csv")):
        try:
            yield read_membership(str(path))
        except CohortError:
            continue


def stored_ids(layout: Layout, stage: Stage) -> list[str]:
    """The ids of a stage's generations in the store, sorted."""
    try:
        with os.scandir(layout.under("gens", stage)) as entries:
            return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    except FileNotFoundError:
        return []


def _stored(layout: Layout, stage: Stage, gen_id: str) -> Member:
    """A generation as its metadata tell it; what they do not tell is blank."""
    facts = read_metadata(layout, stage, gen_id)
    names = ("parent_gen_id", "combo_id", "template_id", "llm_model_id")
    texts = {name: str(facts.get(name) or "") for name in names}
    replicate = facts.get("replicate")
    number = replicate if isinstance(replicate, int) else 1
    return Member(stage=stage, gen_id=gen_id, cohort_id="", replicate=number, **texts)


def find_id(wanted: str, known: Iterable[str]) -> str:
    """The one id that is meant.

    Raises:
        CohortError: naming ids that are alike.
    """
    wanted = _id_in_path(wanted)
    ids = sorted(known)
    if wanted in ids:
        return wanted
    matches = [gen_id for gen_id in ids if gen_id.startswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise CohortError(
            f"{len(matches)} generations begin with '{wanted}': {_listed(matches)}. "
            "Type more of the id."
        )
    raise CohortError(f"there is no generation '{wanted}'. {_suggestion(wanted, ids)}")


def _id_in_path(wanted: str) -> str:
    parts = PurePath(wanted).parts
    for stage, gen_id in pairwise(parts):
        if stage in STAGES:
            return gen_id
    return wanted


def _suggestion(wanted: str, ids: list[str]) -> str:
    close = difflib.get_close_matches(wanted, ids, MOST_SUGGESTED)
    if close:
        return f"Did you mean {_listed(close)}?"
    if ids:
        return "The ids are in the membership.csv of a cohort, or: daydream failures"
    return "None was made yet. Make some: snakemake"


def _listed(ids: list[str]) -> str:
    more = f" and {len(ids) - MOST_SUGGESTED} more" if len(ids) > MOST_SUGGESTED else ""
    return ", ".join(ids[:MOST_SUGGESTED]) + more


def _lineage(member: Member, known: dict[str, Member]) -> list[Member]:
    """A member and its ancestors, as far as they are known, the oldest first."""
    line = [member]
    while (parent := known.get(line[0].parent_gen_id)) is not None:
        if parent.stage != PARENT_STAGE.get(line[0].stage):
            break
        line.insert(0, parent)
    return line


def _children(member: Member, known: dict[str, Member]) -> list[Member]:
    children = (m for m in known.values() if m.parent_gen_id == member.gen_id)
    return [child for child in children if PARENT_STAGE.get(child.stage) == member.stage]


def _concepts(layout: Layout, catalog: Catalog, oldest: Member) -> Iterator[str]:
    combo = read_mappings(layout).get(oldest.combo_id)
    if oldest.stage != "draft":
        yield f"The {PARENT_STAGE[oldest.stage]} of {oldest.gen_id} is not in the store."
    if combo is None:
        yield f"Concepts: unknown (combo {oldest.combo_id or 'unknown'})"
        return
    names = {concept.concept_id: concept.name for concept in catalog.all_concepts}
    yield f"Concepts ({combo.combo_id}, {combo.level}):"
    for concept_id in combo.concept_ids:
        yield f"  {concept_id}: {names.get(concept_id, 'no longer in the catalog')}"


def _section(layout: Layout, catalog: Catalog, member: Member) -> Iterator[str]:
    folder = layout.generation(member.stage, member.gen_id)
    facts = read_metadata(layout, member.stage, member.gen_id)
    yield ""
    yield f"==== {member.stage} {member.gen_id} ".ljust(WIDTH, "=")
    yield _key(member)
    yield from _call(facts)
    yield _outcome(layout, catalog, member)
    if facts.get("mode") == "copy":
        yield "It is its draft, word for word."
    elif member.stage == "evaluation":
        yield from _thoughts(folder, facts)
        yield from _text("reasoning", f"{folder}/raw.txt")
    else:
        yield from _text("prompt", f"{folder}/prompt.txt")
        made = exists(f"{folder}/parsed.txt")
        yield from _text("text" if made else "answer, not used", _answer_file(folder, made))


def _answer_file(folder: str, made: bool) -> str:
    return f"{folder}/{'parsed' if made else 'raw'}.txt"


def _key(member: Member) -> str:
    template, model = member.template_id or "unknown", member.llm_model_id or "unknown"
    return f"template {template}, model {model}, replicate {member.replicate}"


def _call(facts: dict[str, Any]) -> Iterator[str]:
    """What the answer in use took, where the metadata tell it."""
    usage = facts.get("usage")
    if not isinstance(usage, dict):
        return
    cost = facts.get("cost_usd")
    is_known = isinstance(cost, int | float) and (usage or cost)
    price = f"{cost:g} USD" if is_known else "price unknown"
    tokens = (
        f"{usage.get('prompt_tokens', '?')} tokens in, {usage.get('completion_tokens', '?')} out"
    )
    yield f"{facts.get('returned_model') or facts.get('model')}: {tokens}, {price}"


def _outcome(layout: Layout, catalog: Catalog, member: Member) -> str:
    state = state_of(layout, member)
    if state == "done":
        return _scored(layout, catalog, member) if member.stage == "evaluation" else "made"
    if state == "missing":
        return "not made"
    kind, message = failure_of(layout, member.stage, member.gen_id) or ("", "")
    return f"failed: {kind}: {message}"


def _scored(layout: Layout, catalog: Catalog, member: Member) -> str:
    scales = {t.template_id: t.scale for t in catalog.all_templates["evaluation"]}
    scale = scales.get(member.template_id)
    of = f" (from {scale.low:g} to {scale.high:g})" if scale else ""
    return f"score {score(layout, member)}{of}"


def score(layout: Layout, evaluation: Member) -> str:
    """An evaluation's score as its parsed.txt has it; "-" when there is none."""
    text = _read(layout.parsed("evaluation", evaluation.gen_id))
    return "-" if text is None else _printable(text.strip()).removesuffix(".0")


def _thoughts(folder: str, facts: dict[str, Any]) -> Iterator[str]:
    """What a reasoning model thought before the answer in use."""
    thoughts = [
        attempt.reasoning
        for attempt in read_attempts(folder)
        if attempt.reasoning and attempt.fingerprint == facts.get("fingerprint")
    ]
    if thoughts:
        yield "---- thoughts"
        yield _printable(thoughts[-1])


def _text(what: str, path: str) -> Iterator[str]:
    content = _read(path)
    if content is not None:
        yield f"---- {what} ({path})"
        yield _printable(content)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _printable(text: str) -> str:
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.rstrip("\n"))


def _list(
    layout: Layout, member: Member, children: list[Member], known: dict[str, Member]
) -> Iterator[str]:
    what = "essays" if member.stage == "draft" else "evaluations"
    yield ""
    yield f"==== {what} of {member.gen_id} ".ljust(WIDTH, "=")
    if not children:
        yield "none"
        return
    rows = [("gen_id", "template", "model", "state", "replicate", "score")]
    for child in children:
        key = (child.gen_id, child.template_id, child.llm_model_id, state_of(layout, child))
        rows.append((*key, str(child.replicate), _scores(layout, child, known)))
    yield from aligned(rows, texts=4)


def _scores(layout: Layout, member: Member, known: dict[str, Member]) -> str:
    if member.stage == "evaluation":
        return score(layout, member)
    return " ".join(score(layout, child) for child in _children(member, known)) or "-"
