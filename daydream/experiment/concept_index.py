"""The concepts at a glance: which are active, what descriptions they have, how long these are."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from daydream.experiment.model import Catalog, Concept
from daydream.store.layout import LEVELS, Layout, exists

COLUMNS = ("concept_id", "name", "active", "levels", *(f"words_{level}" for level in LEVELS))


def concept_index(catalog: Catalog, layout: Layout) -> str:
    """The index as CSV, in the catalog's row order; a level that is missing counts no words."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for concept in catalog.all_concepts:
        writer.writerow(concept_row(concept, layout))
    return buffer.getvalue()


def concept_row(concept: Concept, layout: Layout) -> list[object]:
    """One concept's row of the index, in the order of ``COLUMNS``."""
    paths = {level: layout.description(level, concept.concept_id) for level in LEVELS}
    words = {level: _words(path) for level, path in paths.items() if exists(path)}
    return [
        concept.concept_id,
        concept.name,
        str(concept.active).lower(),
        " ".join(words),
        *(words.get(level, 0) for level in LEVELS),
    ]


def _words(path: str) -> int:
    return len(Path(path).read_text(encoding="utf-8", errors="replace").split())
