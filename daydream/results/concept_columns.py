"""Columns of tables that say a combination by its concepts' names, beside its id."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

COMBO, CONCEPTS = "combo_id", "concepts"
LEVELS = ("level", "level_a", "level_b", "minus")
NAME = "_name"  # ends the column that names the levels of another
NAME_COLUMNS = frozenset(
    [CONCEPTS, "first_concepts", "second_concepts", *(level + NAME for level in LEVELS)]
)
ConceptNames = Mapping[str, str]


def with_concepts(table: pd.DataFrame, names: ConceptNames) -> pd.DataFrame:
    """Add names behind all other columns: of combos, and of the levels of an axis.

    ``concepts`` is beside ``combo_id``, unless the table has it; ``level_name`` and the like are
    beside the columns of ``LEVELS`` where a row has an ``axis``. Levels that are no combos, and
    combos without a name, go by their ids.
    """
    added = {}
    if COMBO in table and CONCEPTS not in table:
        added[CONCEPTS] = _named(table[COMBO], names)
    if "axis" in table:
        added |= {name + NAME: _named(table[name], names) for name in LEVELS if name in table}
    return table.assign(**added)


def _named(ids: pd.Series, names: ConceptNames) -> pd.Series:
    return ids.map(lambda concept_id: names.get(concept_id, concept_id)).astype("string")


def names_in(table: pd.DataFrame, concepts: str = CONCEPTS) -> dict[str, str]:
    """Names of the combos of a table that has both columns."""
    pairs = table[[COMBO, concepts]].drop_duplicates().itertuples(index=False)
    return {str(concept_id): str(name) for concept_id, name in pairs if name}
