"""Controls of a cohort: texts beside its essays whose scores say what a score is worth.

A judge that does not score an empty essay at the bottom, or the concepts' own text below the
essays on them, measures something else than what its rubric asks for. Controls are essays without
a draft and without a call, judged like every essay of the cohort and never ranked with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from daydream.errors import CatalogError
from daydream.experiment.catalog import description_file
from daydream.experiment.combinations import Combo
from daydream.experiment.model import Catalog, Template
from daydream.experiment.spec.model import ControlArm
from daydream.store.ids import imported_id, sha256
from daydream.store.layout import Layout
from daydream.store.membership import CONTROL, IMPORT, Member

# What a control counts as in the catalog: an essay that takes no call.
TEMPLATE = Template("essay", IMPORT, IMPORT, "", "", "copy", active=False)


class Control(NamedTuple):
    """A control essay; ``combo_id`` is blank where it is of no combination."""

    gen_id: str
    source: str
    combo_id: str
    text: str

    def member(self, cohort_id: str) -> Member:
        """Its row in a membership."""
        return Member("essay", self.gen_id, cohort_id, "", self.combo_id, IMPORT, self.source, 1)


def control_essays(
    arms: Sequence[ControlArm], combos: Sequence[Combo], catalog: Catalog, layout: Layout
) -> Iterator[Control]:
    """The control essays of a cohort with these combinations, each once.

    The text of concepts is made for every combination, or for as many as the arm says: chosen by
    a hash of their ids, so always the same ones, and more of them when the number grows.

    Raises:
        CatalogError: when a description cannot be read.

    """
    seen: set[str] = set()
    for arm in arms:
        source = f"{CONTROL}{arm.kind}"
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
    chosen = sorted(combos, key=lambda combo: sha256(combo.combo_id))[: arm.count]
    for combo in chosen:
        yield combo.combo_id, _concepts_text(combo, catalog, layout)


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
