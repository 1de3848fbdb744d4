"""The catalog of a spec: what its rows use is active, whatever the catalog's own columns say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from daydream.experiment.catalog import Named, read_catalog
from daydream.experiment.combinations import Combo
from daydream.experiment.controls import TEMPLATE as CONTROL_TEMPLATE
from daydream.experiment.controls import Control
from daydream.experiment.model import Catalog
from daydream.experiment.settings import Filters, Settings
from daydream.experiment.spec import Level
from daydream.experiment.spec_levels import REPLICATED
from daydream.store.layout import Layout, Stage


def catalog_of_rows(
    used: Mapping[str, tuple[Level, ...]],
    combos: Mapping[str, Combo],
    settings: Settings,
    layout: Layout,
) -> Catalog:
    """The catalog with what the rows use as active, whatever its own columns say."""
    templates = {stage: frozenset(map(str, used[f"{stage}_template"])) for stage in REPLICATED}
    writers = frozenset(map(str, (*used["draft_llm"], *used.get("essay_llm", ()))))
    judges = frozenset(map(str, used["evaluation_llm"]))
    concepts = {c for name in used["combo_id"] for c in combos[str(name)].concept_ids}
    catalog = read_catalog(layout, settings, Named(templates, writers, judges))
    comparing = frozenset(t.template_id for t in catalog.templates("comparison"))
    used_ids: dict[Stage, frozenset[str]] = {**templates, "comparison": comparing}
    counts = {stage: max(map(int, used[axis])) for stage, axis in REPLICATED.items()}
    return replace(
        catalog,
        all_concepts=tuple(
            replace(c, active=c.concept_id in concepts) for c in catalog.all_concepts
        ),
        all_templates={
            stage: tuple(replace(t, active=t.template_id in used_ids[stage]) for t in rows)
            for stage, rows in catalog.all_templates.items()
        },
        replicates={**catalog.replicates, **counts},
        filters=Filters(),
    )


def catalog_of_judging(
    used: Mapping[str, tuple[Level, ...]],
    everything: Catalog,
    settings: Settings,
    layout: Layout,
) -> Catalog:
    """The catalog with what evaluations of existing essays use as active."""
    templates = {"evaluation": frozenset(map(str, used["evaluation_template"]))}
    writers = [model.id for model in everything.generation_models]
    named = Named(templates, writers, frozenset(map(str, used["evaluation_llm"])))  # type: ignore[arg-type]  # a stage
    catalog = read_catalog(layout, settings, named)
    judging = (
        replace(t, active=t.template_id in templates["evaluation"])
        for t in catalog.all_templates["evaluation"]
    )
    counts: dict[Stage, int] = {"evaluation": max(map(int, used["evaluation_replicate"]))}
    return replace(
        catalog,
        all_templates={**catalog.all_templates, "evaluation": tuple(judging)},
        replicates={**catalog.replicates, **counts},
        filters=Filters(),
    )


def with_controls(catalog: Catalog, controls: Collection[Control]) -> Catalog:
    """The catalog with what controls count as, where there are some."""
    if not controls:
        return catalog
    essays = (*catalog.all_templates["essay"], CONTROL_TEMPLATE)
    return replace(catalog, all_templates={**catalog.all_templates, "essay": essays})
