"""The looks at scores by which the essays of a cohort were chosen, as its manifest keeps them."""

from __future__ import annotations

from daydream.store.json_file import read_object
from daydream.store.layout import Layout


def looks_at(layout: Layout, cohort: str) -> tuple[str, ...]:
    """What a cohort's essays were chosen by, as scores that one chooses by are too high."""
    return looks_in(layout.manifest(cohort))


def looks_in(manifest: str) -> tuple[str, ...]:
    """The looks that a ``manifest.json`` keeps; none where there is none or it cannot be read."""
    try:
        return tuple(
            f"the {look['kept']} best of {look['of']} essays of {look['cohort']}"
            for look in read_object(manifest).get("spec", {}).get("looks", ())
        )
    except (AttributeError, KeyError, TypeError):
        return ()  # what cannot be read is told where the manifest is needed
