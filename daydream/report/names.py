"""Names of combinations, templates and models as a reader sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daydream.experiment.catalog import MODEL_COLUMNS, TEMPLATE_COLUMNS
from daydream.experiment.combinations import Combo, read_mappings
from daydream.experiment.concept_names import catalog_names, concept_names, joined_names
from daydream.store.layout import Layout

_MODELS = ("generation_model", "evaluation_llm_model", "llm_model_id", "judge")


@dataclass(frozen=True)
class Names:
    """Names by id. What a catalog does not name, or names like another, goes by its id.

    ``concepts``, ``models`` and ``templates`` map an id to a name; ``templates`` has the templates
    of a stage under its column in the tables, such as ``draft_template``.
    """

    combos: Mapping[str, Combo]
    concepts: Mapping[str, str]
    models: Mapping[str, str]
    templates: Mapping[str, Mapping[str, str]]

    def combo(self, combo_id: str) -> str:
        """The concepts of a combo, in the order in which a prompt shows them."""
        found = self.combos.get(combo_id)
        if found is None:
            return combo_id or "unknown combo"
        return joined_names(found.concept_ids, self.concepts)

    def of(self, column: str, key: str) -> str:
        """The name of a value of some column of the tables; other values stay as they are.

        Args:
            column: such as ``combo_id``, ``generation_model`` or ``draft_template``.
            key: the value.
        """
        if column == "combo_id":
            return self.combo(key)
        names = self.models if column in _MODELS else self.templates.get(column, {})
        return names.get(key, key)


def read_names(layout: Layout) -> Names:
    """The names that the catalogs give.

    Raises:
        CatalogError: when a catalog cannot be read.

    """
    columns = {
        "draft_template": "draft",
        "generation_template": "essay",
        "evaluation_template": "evaluation",
        "comparison_template": "comparison",
    }
    return Names(
        combos=read_mappings(layout),
        concepts=concept_names(layout),
        models=catalog_names(layout.raw("llm_models.csv"), MODEL_COLUMNS, "id", "display_name"),
        templates={
            column: catalog_names(
                layout.raw(f"{stage}_templates.csv"),
                TEMPLATE_COLUMNS,
                "template_id",
                "template_name",
            )
            for column, stage in columns.items()
        },
    )
