"""One generation with its lineage and its children, texts included: `daydream show`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daydream.cli.console import WIDTH, aligned
from daydream.cli.show_comparisons import meetings
from daydream.cli.text import lines_of, result_of
from daydream.errors import PromptError
from daydream.experiment.combinations import read_mappings
from daydream.experiment.model import Catalog
from daydream.formats import printable
from daydream.generation.prompt_text import Prompt
from daydream.generation.prompts import read_text
from daydream.store.index import children_of, find_id, known_members, lineage_of
from daydream.store.layout import JUDGING, Layout, exists
from daydream.store.ledger import read_attempts
from daydream.store.membership import PARENT_STAGE, Member
from daydream.store.metadata import failure_of, read_metadata
from daydream.store.status import state_of


def show(layout: Layout, catalog: Catalog, gen_id_or_prefix: str) -> Iterator[str]:
    """Lines of a generation's lineage and children.

    Args:
        layout: where the store is.
        catalog: names concepts and the scales of scores.
        gen_id_or_prefix: an id, the beginning of one, or a path into a generation's folder.

    Raises:
        CohortError: when there is no such generation, or more than one.
    """
    known = known_members(layout)
    member = known[find_id(gen_id_or_prefix, known)]
    lineage = lineage_of(member, known)
    for oldest in _oldest(lineage):
        yield from _concepts(layout, catalog, oldest)
    for ancestor in lineage:
        yield from _section(layout, catalog, ancestor)
    children = children_of(member, known)
    if member.stage == "draft":
        yield from _list(layout, member, children, known)
    if member.stage == "essay":
        evaluations = [child for child in children if child.stage == "evaluation"]
        yield from _list(layout, member, evaluations, known)
        yield from meetings(layout, member, children)
        for child in evaluations:
            yield from _section(layout, catalog, child)


def _oldest(lineage: list[Member]) -> list[Member]:
    """The members of which no parent is known, once for each combo."""
    known = {member.gen_id for member in lineage}
    roots = [member for member in lineage if known.isdisjoint(member.parents)]
    by_combo: dict[str, Member] = {}
    for member in roots:
        by_combo.setdefault(member.combo_id, member)
    return list(by_combo.values())


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
    metadata = read_metadata(layout, member.stage, member.gen_id)
    yield ""
    yield f"==== {member.stage} {member.gen_id} ".ljust(WIDTH, "=")
    yield _key(member)
    yield from _call(metadata)
    yield _outcome(layout, catalog, member)
    if metadata.get("mode") == "copy":
        yield "It is its draft, word for word."
    elif member.stage in JUDGING:
        yield from _system_prompt(folder, metadata)
        yield from _thoughts(folder, metadata)
        yield from lines_of("reasoning", f"{folder}/raw.txt")
    else:
        yield from lines_of("prompt", f"{folder}/prompt.txt")
        is_made = exists(f"{folder}/parsed.txt")
        yield from lines_of(
            "text" if is_made else "answer, not used", _answer_file(folder, is_made)
        )


def _answer_file(folder: str, is_made: bool) -> str:
    return f"{folder}/{'parsed' if is_made else 'raw'}.txt"


def _key(member: Member) -> str:
    template, model = member.template_id or "unknown", member.llm_model_id or "unknown"
    key = f"template {template}, model {model}, replicate {member.replicate}"
    if member.stage != "comparison":
        return key
    return f"A is {member.parent_gen_id}, B is {member.second_gen_id}; {key}"


def _call(metadata: dict[str, Any]) -> Iterator[str]:
    """What the answer in use took, where the metadata tell it."""
    usage = metadata.get("usage")
    if not isinstance(usage, dict):
        return
    cost = metadata.get("cost_usd")
    is_known = isinstance(cost, int | float) and (usage or cost)
    price = f"{cost:g} USD" if is_known else "price unknown"
    tokens = (
        f"{usage.get('prompt_tokens', '?')} tokens in, {usage.get('completion_tokens', '?')} out"
    )
    yield f"{metadata.get('returned_model') or metadata.get('model')}: {tokens}, {price}"
    if fallback := metadata.get("fallback"):
        notice = f"{fallback}, a fallback, answered in place of {metadata.get('llm_model_id')}"
        yield printable(f"{notice}: {metadata.get('fallback_reason')}")


def _outcome(layout: Layout, catalog: Catalog, member: Member) -> str:
    state = state_of(layout, member)
    if state == "done":
        if member.stage == "comparison":
            return f"verdict {result_of(layout, member)}"
        return _scored(layout, catalog, member) if member.stage == "evaluation" else "made"
    if state == "missing":
        return "not made"
    error = failure_of(layout, member.stage, member.gen_id)
    return f"{state}: {error.text if error else ''}"


def _scored(layout: Layout, catalog: Catalog, member: Member) -> str:
    scales = {t.template_id: t.scale for t in catalog.all_templates["evaluation"]}
    scale = scales.get(member.template_id)
    of = f" (from {scale.low:g} to {scale.high:g})" if scale else ""
    return f"score {result_of(layout, member)}{of}"


def _system_prompt(folder: str, metadata: dict[str, Any]) -> Iterator[str]:
    """What a judge was told before its prompt; the prompt itself repeats the essay."""
    try:
        prompt = Prompt.read(read_text(f"{folder}/prompt.txt"), metadata.get("system_sha256"))
    except PromptError:
        return
    if prompt.system:
        yield "---- system prompt"
        yield printable(prompt.system)


def _thoughts(folder: str, metadata: dict[str, Any]) -> Iterator[str]:
    """What a reasoning model thought before the answer in use."""
    thoughts = [
        attempt.reasoning
        for attempt in read_attempts(folder)
        if attempt.reasoning and attempt.fingerprint == metadata.get("fingerprint")
    ]
    if thoughts:
        yield "---- thoughts"
        yield printable(thoughts[-1])


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
        return result_of(layout, member)
    evaluations = (m for m in children_of(member, known) if m.stage == "evaluation")
    return " ".join(result_of(layout, child) for child in evaluations) or "-"
