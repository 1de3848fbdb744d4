"""The levels of a spec's axes: those the catalogs have active, and the check of those it names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from daydream.errors import SpecError
from daydream.experiment.combinations import Combo, read_mappings
from daydream.experiment.combos_rule import chosen_combos
from daydream.experiment.model import Catalog
from daydream.experiment.settings import Settings
from daydream.experiment.spec import AXES, Level, Rows, Spec
from daydream.experiment.spec.model import CombosRule
from daydream.store.layout import Layout, Stage, is_given

REPLICATED: Mapping[Stage, str] = {
    "draft": "draft_template_replicate",
    "essay": "essay_template_replicate",
    "evaluation": "evaluation_replicate",
}


def levels_used(rows: Rows) -> dict[str, tuple[Level, ...]]:
    """The levels that stand in the rows, by axis, each once."""
    columns = zip(rows.axes, zip(*rows.rows, strict=True), strict=True)
    return {axis: tuple(dict.fromkeys(column)) for axis, column in columns}


def mentioned_axes(spec: Spec) -> set[str]:
    """Every axis that a spec names anywhere."""
    bundled = (axis for bundle in spec.tuples.values() for axis in bundle.axes)
    tied = (axis for tie in spec.ties.values() for axis in tie.axes)
    paired = (side for pair in spec.pairs.values() for side in (pair.left, pair.right))
    excluded = (axis for exclusion in spec.exclude for axis in exclusion.levels)
    return {*spec.axes, *spec.subsets, *spec.field_order, *bundled, *tied, *paired, *excluded}


def _bundled_or_declared(spec: Spec) -> set[str]:
    """The axes whose levels are in the spec itself."""
    return {*spec.axes, *(axis for bundle in spec.tuples.values() for axis in bundle.axes)}


def check_only_judging(spec: Spec) -> None:
    """Refuse what an essay that exists has settled: how it was made."""
    for axis in mentioned_axes(spec):
        if axis in AXES and not axis.startswith("evaluation"):
            spec.fail("essays", f"the spec names {axis} too", "Existing essays keep theirs.")
    if spec.combos is not None:
        spec.fail("combos", "there are essays too", "Existing essays keep their concepts.")
    for exclusion in spec.exclude:
        if exclusion.levels and (exclusion.self_judging or exclusion.same_provider):
            spec.fail(exclusion.where, "mixes levels and a flag", "Write two rows.")


def known_combos(
    spec: Spec, catalog: Catalog, settings: Settings, layout: Layout
) -> dict[str, Combo]:
    """The combinations by id: those the spec asks for, or may name as levels of ``combo_id``."""
    if "combo_id" not in _bundled_or_declared(spec):
        chosen = chosen_combos(
            spec.combos or _default_rule(layout), catalog, settings, layout, spec.path
        )
        return {combo.combo_id: combo for combo in chosen}
    if spec.combos is not None:
        spec.fail("combos", "axis combo_id has levels too", "Keep one of the two.")
    known = read_mappings(layout)
    chosen = chosen_combos(_default_rule(layout), catalog, settings, layout, spec.path)
    return {**{combo.combo_id: combo for combo in chosen}, **known}


def _default_rule(layout: Layout) -> CombosRule:
    """As without a spec: the curated combinations when their file is there."""
    return CombosRule("curated" if is_given(layout.curated_combos) else "focused")


def default_levels(
    spec: Spec, catalog: Catalog, combos: Mapping[str, Combo]
) -> dict[str, tuple[Level, ...]]:
    """What the catalogs have active, for each axis."""
    writers = tuple(model.id for model in catalog.generation_models)
    levels: dict[str, tuple[Level, ...]] = {
        "combo_id": tuple(combos),
        "draft_llm": writers,
        "evaluation_llm": tuple(model.id for model in catalog.evaluation_models),
    }
    if "essay_llm" in mentioned_axes(spec):
        levels["essay_llm"] = writers
    for stage, axis in REPLICATED.items():
        ids = (template.template_id for template in catalog.templates(stage))
        levels[f"{stage}_template"] = tuple(ids)
        levels[axis] = tuple(range(1, catalog.replicates[stage] + 1))
    return levels


def check_levels(
    spec: Spec, used: Mapping[str, tuple[Level, ...]], catalog: Catalog, combos: Mapping[str, Combo]
) -> None:
    """Name all levels at once that no catalog has."""
    models = {model.id for model in catalog.all_models}
    known: dict[str, tuple[Collection[str], str]] = {"combo_id": (combos, "combo_mappings.csv")}
    for stage in REPLICATED:
        ids = {template.template_id for template in catalog.all_templates.get(stage, ())}
        known[f"{stage}_template"] = (ids, f"{stage}_templates.csv")
        known[f"{stage}_llm"] = (models, "llm_models.csv")
    unknown = [
        f"{axis} {', '.join(missing)} ({known[axis][1]})"
        for axis, levels in used.items()
        if axis in known and (missing := [str(v) for v in levels if v not in known[axis][0]])
    ]
    if unknown:
        raise SpecError(
            f"{spec.path}: levels that no catalog has: {'; '.join(unknown)}. "
            "Correct them, or add their rows to these files."
        )
