"""Controls of a cohort: texts beside its essays whose scores say what a score is worth.

A judge that does not score an empty essay at the bottom, or the concepts' own text below the
essays on them, measures something else than what its rubric asks for. Controls are essays without
a draft and without a call, judged like every essay of the cohort and never ranked with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from daydream.errors import CatalogError
from daydream.experiment.catalog import description_file
from daydream.experiment.combinations import Combo
from daydream.experiment.model import Catalog, Template
from daydream.experiment.spec.model import ControlArm
from daydream.store.ids import copied_key, imported_id, sha256
from daydream.store.layout import Layout
from daydream.store.membership import CONTROL, IMPORT, Member

# What a control counts as in the catalog: an essay that takes no call.
TEMPLATE = Template("essay", IMPORT, IMPORT, "", "", "copy", active=False)


class Control(NamedTuple):
    """A control essay; ``combo_id`` is blank where it is of no combination.

    One that is an essay of the cohort, on another combination, has its id in ``essay`` and its
    writer in ``author``, and no text of its own.
    """

    gen_id: str
    source: str
    combo_id: str
    text: str
    essay: str = ""
    author: str = ""

    def member(self, cohort_id: str) -> Member:
        """Its row in a membership."""
        key = ("", self.combo_id, IMPORT, self.source, 1, self.essay)
        return Member("essay", self.gen_id, cohort_id, *key)


def control_essays(
    arms: Sequence[ControlArm],
    combos: Sequence[Combo],
    essays: Sequence[Member],
    catalog: Catalog,
    layout: Layout,
) -> Iterator[Control]:
    """The control essays of a cohort with these combinations and essays, each once.

    The text of concepts is made for every combination, or for as many as the arm says: chosen by
    a hash of their ids, so always the same ones, and more of them when the number grows. So is the
    choice of combinations for which an essay on others is judged.

    Raises:
        CatalogError: when a description cannot be read.

    """
    seen: set[str] = set()
    for arm in arms:
        source = f"{CONTROL}{arm.kind}"
        if arm.kind == "other_combo":
            yield from _essays_on_others(source, _chosen(arm, combos), combos, essays)
            continue
        for combo_id, text in _texts(arm, combos, catalog, layout):
            gen_id = imported_id(source, text)
            if gen_id not in seen:
                seen.add(gen_id)
                yield Control(gen_id, source, combo_id, text)


def _texts(
    arm: ControlArm, combos: Sequence[Combo], catalog: Catalog, layout: Layout
) -> Iterator[tuple[str, str]]:
    if arm.kind != "concepts":
        yield "", arm.text
        return
    for combo in _chosen(arm, combos):
        yield combo.combo_id, _concepts_text(combo, catalog, layout)


def _chosen(arm: ControlArm, combos: Sequence[Combo]) -> list[Combo]:
    return sorted(combos, key=_by_hash)[: arm.count]


def _by_hash(combo: Combo) -> str:
    return sha256(combo.combo_id)


def _essays_on_others(
    source: str, chosen: Sequence[Combo], combos: Sequence[Combo], essays: Sequence[Member]
) -> Iterator[Control]:
    """For each combination an essay on another one, with as few concepts in common as there is.

    The combinations stand in a ring by the hashes of their ids, and the next best is taken: each
    gives about as many essays as any other.
    """
    written: dict[str, list[Member]] = {}
    for essay in essays:
        written.setdefault(essay.combo_id, []).append(essay)
    ring = [combo for combo in sorted(combos, key=_by_hash) if combo.combo_id in written]
    place = {combo.combo_id: number for number, combo in enumerate(ring)}
    for combo in chosen:
        start = place.get(combo.combo_id, 0) + 1
        others = (ring[(start + step) % len(ring)] for step in range(len(ring)))
        other = _least_like(combo, others)
        if other is not None:
            key = partial(_place_of_essay, combo.combo_id)
            essay = min(written[other.combo_id], key=key)
            gen_id = imported_id(source, copied_key(combo.combo_id, essay.gen_id))
            yield Control(gen_id, source, combo.combo_id, "", essay.gen_id, essay.llm_model_id)


def _place_of_essay(combo_id: str, essay: Member) -> str:
    return sha256(copied_key(combo_id, essay.gen_id))


def _least_like(combo: Combo, others: Iterable[Combo]) -> Combo | None:
    """The first of the combinations that share the fewest concepts with one; None: it is alone."""
    own, best, min_shared = set(combo.concept_ids), None, len(combo.concept_ids)
    for other in others:
        shared = len(own.intersection(other.concept_ids))
        if other.combo_id != combo.combo_id and shared < min_shared:
            best, min_shared = other, shared
        if not min_shared:
            break
    return best


def _concepts_text(combo: Combo, catalog: Catalog, layout: Layout) -> str:
    """The names and descriptions of a combination's concepts, as an essay would stand there."""
    names = {concept.concept_id: concept.name for concept in catalog.all_concepts}
    parts = []
    for concept_id in combo.concept_ids:
        path = description_file(layout, concept_id, combo.level)
        name = names.get(concept_id, concept_id)
        parts.append(name if path is None else f"{name}\n{_read(path)}")
    return "\n\n".join(parts)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path} cannot be read: {error}. Save it as UTF-8.") from error
