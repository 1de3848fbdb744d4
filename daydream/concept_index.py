"""The concepts at a glance: which are active, what descriptions they have, how long these are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from daydream.catalog import Catalog, Concept
from daydream.columns import aligned
from daydream.layout import LEVELS, Layout, exists

COLUMNS = ("concept_id", "name", "active", "levels", *(f"words_{level}" for level in LEVELS))


def concept_index(catalog: Catalog, layout: Layout) -> str:
    """The index as CSV, in the catalog's row order; a level that is missing counts no words."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for concept in catalog.all_concepts:
        writer.writerow(_row(concept, layout))
    return buffer.getvalue()


def _row(concept: Concept, layout: Layout) -> list[object]:
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


def search(catalog: Catalog, layout: Layout, words: Sequence[str]) -> Iterator[str]:
    """Lines of the concepts whose id, name or descriptions contain all of the words."""
    rows: list[Sequence[object]] = [("concept_id", "active", "levels", "name")]
    for concept in catalog.all_concepts:
        if _contains(concept, layout, words):
            concept_id, name, active, levels, *_ = _row(concept, layout)
            rows.append((concept_id, active, levels, name))
    if len(rows) > 1:
        yield from aligned(rows, texts=4)
    else:
        yield f"No concept contains: {' '.join(words)}"


def _contains(concept: Concept, layout: Layout, words: Sequence[str]) -> bool:
    paths = [layout.description(level, concept.concept_id) for level in LEVELS]
    texts = (
        Path(path).read_text(encoding="utf-8", errors="replace") for path in filter(exists, paths)
    )
    text = " ".join((concept.concept_id, concept.name, *texts)).lower()
    return all(word.lower() in text for word in words)
