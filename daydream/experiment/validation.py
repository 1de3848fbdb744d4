"""What no single row of the catalogs can tell: whether they make an experiment together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from daydream.errors import CatalogError
from daydream.store.layout import LEVELS, OPTIONAL_STAGES, STAGES, Layout, exists, is_given

if TYPE_CHECKING:
    from daydream.experiment.model import Catalog


def check_catalog(catalog: Catalog, layout: Layout) -> None:
    """Check filters, axes and the files of templates.

    Raises:
        CatalogError: when a filter names no active row, nothing of a kind is active, an active
            template has no text, or two ids have one file where letter case tells none apart.
    """
    _check_filters(catalog)
    _check_axes(catalog, layout)
    _check_template_files(catalog, layout)
    _check_system_prompts(catalog, layout)
    _check_letter_case(catalog, layout)


def _check_filters(catalog: Catalog) -> None:
    filters = catalog.filters
    models = [m.id for m in catalog.all_models if m.for_generation or m.for_evaluation]
    every = (t for stage in STAGES for t in catalog.all_templates.get(stage, ()))
    templates = [t.template_id for t in every if t.active]
    concepts = [c.concept_id for c in catalog.all_concepts if c.active]
    for name, filtered, known in (
        ("concepts", filters.concepts, concepts),
        ("templates", filters.templates, templates),
        ("models", filters.models, models),
    ):
        for item in filtered or ():
            if item not in known:
                raise CatalogError(
                    f"config: filters.{name}: '{item}' is not an active row of the catalog. "
                    f"Active are: {_listed(known)}."
                )


def _listed(names: Sequence[str], limit: int = 12) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return (", ".join(names[:limit]) or "none") + more


def _check_axes(catalog: Catalog, layout: Layout) -> None:
    """Every axis of the experiment needs at least one value."""
    axes: list[tuple[str, Sequence[object], str]] = [
        (layout.raw("concepts_metadata.csv"), catalog.concepts, "concept is active"),
        *(
            (layout.templates_csv(s), catalog.templates(s), f"{s} template is active")
            for s in STAGES
            if s not in OPTIONAL_STAGES
        ),
        (layout.raw("llm_models.csv"), catalog.generation_models, "model is for_generation"),
        (layout.raw("llm_models.csv"), catalog.evaluation_models, "model is for_evaluation"),
    ]
    for path, values, what in axes:
        if not values:
            raise CatalogError(f"{path}: no {what}. Set the flag of at least one row to true.")


def _check_system_prompts(catalog: Catalog, layout: Layout) -> None:
    """No file is the text of one template and the system prompt of another."""
    for stage in catalog.stages:
        ids = {template.template_id for template in catalog.all_templates.get(stage, ())}
        if both := [name for name in sorted(ids) if f"{name}.system" in ids]:
            raise CatalogError(
                f"{layout.templates_csv(stage)}: {layout.system_prompt(stage, both[0])} would be "
                f"the text of '{both[0]}.system' and the system prompt of '{both[0]}'. Rename one."
            )


def _check_template_files(catalog: Catalog, layout: Layout) -> None:
    for stage in catalog.stages:
        for template in catalog.templates(stage):
            path = layout.template(stage, template.template_id)
            if not template.is_copy and not exists(path):
                wrong = "is no file" if is_given(path) else "does not exist"
                raise CatalogError(
                    f"{layout.templates_csv(stage)}: template '{template.template_id}' is active "
                    f"but {path} {wrong}. Write the file, or set active to false."
                )


def _check_letter_case(catalog: Catalog, layout: Layout) -> None:
    """No two ids share a text because the file system does not tell their letter case apart."""
    concepts = [concept.concept_id for concept in catalog.concepts]
    files = [(layout.description(level, name), name) for level in LEVELS for name in concepts]
    for stage in catalog.stages:
        ids = (template.template_id for template in catalog.templates(stage))
        files += [(layout.template(stage, name), name) for name in ids]
    seen: dict[str, tuple[str, str]] = {}
    for path, name in files:
        other_path, other = seen.setdefault(path.casefold(), (path, name))
        is_pair = other != name and exists(path) and exists(other_path)
        if is_pair and os.path.samefile(path, other_path):
            raise CatalogError(
                f"{path} is the text of '{name}' and of '{other}': this file system does not tell "
                "capitals from small letters. Rename one of the two."
            )
