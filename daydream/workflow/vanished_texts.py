"""Optional texts that were taken away: a file that is not there has no time to be compared.

Which system prompts and descriptions there are is written down at the start of each run. One that
is gone since, or is back again, gets a file whose time is that of the change; it is an input of
what was made from the text, as the text itself would be.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from daydream.generation.prompt_sources import PromptSources
from daydream.store.files import write_json
from daydream.store.json_file import read_json, read_object
from daydream.store.layout import LEVELS, REMOVED, STAGES, Layout, exists
from daydream.store.membership import Member


class TextChange(NamedTuple):
    """A text that is gone, or that is back after it was gone.

    Attributes:
        text: its path.
        is_there: whether it is back.
        is_noted: whether the file that has the time of the change was written.
    """

    text: str
    is_there: bool
    is_noted: bool


class VanishedTexts:
    """The optional texts of an experiment that are gone, against those that earlier runs saw."""

    def __init__(self, layout: Layout, sources: PromptSources) -> None:
        """Prepare; nothing is read before something is asked."""
        self._layout, self._sources = layout, sources

    def note(self) -> None:
        """Write down which texts there are, and when each that is gone was found to be."""
        for change in self._changes.values():
            if not change.is_noted:
                _write(self._layout.text_change(change.text), change)
        present = map(self._layout.relative, filter(exists, self._optional()))
        seen = sorted({*self._seen, *present})
        if seen != sorted(self._seen):
            write_json(self._layout.seen_texts, seen)
        self.__dict__.pop("_changes", None)

    def of(self, member: Member) -> list[TextChange]:
        """The changes that concern the prompt of a generation."""
        changes = self._changes
        if not changes:  # nearly always, and 100,000 generations ask
            return []
        return [changes[text] for text in self._sources.optional(member) if text in changes]

    def files(self, member: Member, dryrun: bool) -> list[str]:
        """Files with the times of these changes; of what is not noted only in a dry run."""
        found = []
        for change in self.of(member):
            path = self._layout.text_change(change.text)
            if not change.is_noted and dryrun:
                path = _in_scratch(self._layout, path)
                _write(path, change)
            if change.is_noted or dryrun:
                found.append(path)
        return found

    @cached_property
    def _changes(self) -> dict[str, TextChange]:
        seen = self._seen
        if not seen:
            return {}
        found = (self._change(text, seen) for text in self._optional())
        return {change.text: change for change in found if change}

    def _change(self, text: str, seen: frozenset[str]) -> TextChange | None:
        """A change since some run saw the text; none of a text that no run ever saw."""
        if self._layout.relative(text) not in seen:
            return None
        noted, is_there = read_object(self._layout.text_change(text)), exists(text)
        if noted:
            return TextChange(text, is_there, noted.get("there") == is_there)
        return None if is_there else TextChange(text, is_there, is_noted=False)

    @property
    def _seen(self) -> frozenset[str]:
        seen = read_json(self._layout.seen_texts)
        return frozenset(map(str, seen)) if isinstance(seen, list) else frozenset()

    def _optional(self) -> Iterator[str]:
        catalog = self._sources.design.catalog
        for stage in STAGES:
            for template in catalog.templates(stage):
                yield self._layout.system_prompt(stage, template.template_id)
        for concept in catalog.all_concepts:
            yield from (self._layout.description(level, concept.concept_id) for level in LEVELS)


def changed_text(path: str, raw: str) -> str:
    """The text for whose change a file stands, below the folder ``raw``; else the path itself."""
    before, mark, name = path.rpartition(f"/{REMOVED}/")
    return f"{raw}/{name}" if mark and before else path


def _write(path: str, change: TextChange) -> None:
    # With the time, as Snakemake spares what only was touched.
    write_json(path, {"there": change.is_there, "at": datetime.now(UTC).isoformat()})


def _in_scratch(layout: Layout, path: str) -> str:
    name = layout.relative(path).partition("/")[2]
    return os.path.join(tempfile.gettempdir(), f"daydream-{os.getuid()}", name)
