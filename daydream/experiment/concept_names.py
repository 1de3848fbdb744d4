"""What concepts and combinations are called, by their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from daydream.experiment.catalog import CONCEPT_COLUMNS
from daydream.experiment.combinations import read_mappings
from daydream.experiment.csv_rows import read_table
from daydream.store.layout import Layout, exists

AND = " + "  # between the concepts of a combo


def catalog_names(path: str, columns: Iterable[str], key: str, name: str) -> dict[str, str]:
    """Names by id of a catalog; none when there is no such file.

    What has no name goes by its id; what shares a name with another has its id behind it.

    Raises:
        CatalogError: when the catalog cannot be read.

    """
    if not exists(path):
        return {}
    names = {row.text(key): row.text(name) for row in read_table(path, columns)}
    used = Counter(names.values())
    return {
        key: key if not name else name if used[name] == 1 else f"{name} ({key})"
        for key, name in names.items()
    }


def concept_names(layout: Layout) -> dict[str, str]:
    """Names of the concepts by id.

    Raises:
        CatalogError: when the catalog cannot be read.

    """
    path = layout.raw("concepts_metadata.csv")
    return catalog_names(path, CONCEPT_COLUMNS, "concept_id", "name")


def joined_names(concept_ids: Iterable[str], names: Mapping[str, str]) -> str:
    """The names of a combo's concepts, in the order in which a prompt shows them."""
    return AND.join(names.get(concept, concept) for concept in concept_ids)


def combo_names(layout: Layout) -> dict[str, str]:
    """Every combo that was ever made in this data root, by its concepts' names.

    Raises:
        CatalogError: when a catalog cannot be read.

    """
    names, combos = concept_names(layout), read_mappings(layout)
    return {combo: joined_names(found.concept_ids, names) for combo, found in combos.items()}
