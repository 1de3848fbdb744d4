"""Search in the concepts' ids, names and descriptions: `daydream concepts`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from daydream.cli.console import aligned
from daydream.experiment.concept_index import concept_row
from daydream.experiment.model import Catalog, Concept
from daydream.store.layout import LEVELS, Layout, exists


def search(catalog: Catalog, layout: Layout, words: Sequence[str]) -> Iterator[str]:
    """Lines of the concepts whose id, name or descriptions contain all of the words."""
    rows: list[Sequence[object]] = [("concept_id", "active", "levels", "name")]
    for concept in catalog.all_concepts:
        if _contains(concept, layout, words):
            concept_id, name, active, levels, *_ = concept_row(concept, layout)
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
