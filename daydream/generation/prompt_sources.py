"""The files that a prompt is rendered from: template, system prompt, descriptions, and drafts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from daydream.errors import PromptError
from daydream.experiment.catalog import description_candidates, description_file
from daydream.experiment.cohort import Design
from daydream.experiment.combinations import Combo, read_mappings
from daydream.generation.prompts import text_hash, variables_of
from daydream.store.index import stored_member
from daydream.store.layout import Stage, exists
from daydream.store.membership import Member

_SIDES = ("", "_a", "_b")  # a comparison shows the lineages of two essays
_CONCEPTS = frozenset(f"concepts{side}" for side in _SIDES)
_DRAFTS = frozenset(f"{name}{side}" for name in ("draft", "prompt") for side in _SIDES)


@dataclass(frozen=True)
class PromptSources:
    """What the prompts of one cohort are rendered from, besides the texts of parents."""

    design: Design

    def templates(self, stage: Stage, template_id: str) -> list[str]:
        """The template and, when there is one, its system prompt."""
        layout = self.design.layout
        system = layout.system_prompt(stage, template_id)
        return [layout.template(stage, template_id), *([system] if exists(system) else [])]

    def variables(self, stage: Stage, template_id: str) -> frozenset[str]:
        """The variables that a template and its system prompt use.

        Raises:
            PromptError: when one of them cannot be read or compiled.
        """
        paths = self.templates(stage, template_id)
        return frozenset().union(*map(variables_of, paths))

    def shows_drafts(self, stage: Stage, template_id: str) -> bool:
        """Whether a template shows the draft of an essay, or the prompt of that."""
        return stage not in ("draft", "essay") and bool(self._used(stage, template_id) & _DRAFTS)

    def _used(self, stage: Stage, template_id: str) -> frozenset[str]:
        """As ``variables``; of a template that is broken, which its check tells, nothing."""
        try:
            return self.variables(stage, template_id)
        except PromptError:
            return frozenset()

    def descriptions(self, member: Member) -> list[str]:
        """The description files of the concepts that a prompt shows; a draft's own always."""
        concepts, layout = self._concepts(member), self.design.layout
        paths = (description_file(layout, concept, level) for concept, level in concepts)
        return list(dict.fromkeys(path for path in paths if path))

    def optional(self, member: Member) -> list[str]:
        """Every file that a prompt would show if it were there: system prompt and descriptions."""
        layout = self.design.layout
        descriptions = (
            path
            for concept, level in self._concepts(member)
            for path in description_candidates(layout, concept, level)
        )
        return [layout.system_prompt(member.stage, member.template_id), *descriptions]

    def _concepts(self, member: Member) -> Iterator[tuple[str, str]]:
        """The concepts that a prompt shows, each with the level asked for."""
        if member.stage != "draft" and not self._used(member.stage, member.template_id) & _CONCEPTS:
            return
        for combo_id in self._combo_ids(member):
            combo = self.find_combo(combo_id)
            if combo is not None:
                yield from ((concept, combo.level) for concept in combo.concept_ids)

    def _combo_ids(self, member: Member) -> list[str]:
        if member.stage != "comparison":
            return [member.combo_id]
        return [self.essay(gen_id).combo_id for gen_id in member.parents]

    def drafts(self, member: Member) -> list[str]:
        """The drafts that a prompt shows, or whose prompt it shows, beyond its own parents."""
        if not self.shows_drafts(member.stage, member.template_id):
            return []
        ids = (self.essay(gen_id).parent_gen_id for gen_id in member.parents)
        return list(dict.fromkeys(filter(None, ids)))

    def hashes(self, member: Member) -> dict[str, str]:
        """The SHA-256 of each text that the researcher wrote, by its path below the data root."""
        paths = self.templates(member.stage, member.template_id) + self.descriptions(member)
        return {self.design.layout.relative(path): text_hash(path) for path in paths}

    def essay(self, gen_id: str) -> Member:
        """An essay as its metadata describe it or, before it is made, as the design does."""
        stored = stored_member(self.design.layout, "essay", gen_id)
        return stored if stored.combo_id else self._essays.get(gen_id, stored)

    def find_combo(self, combo_id: str) -> Combo | None:
        """A combo of the design, or of an earlier cohort of the data root."""
        return self.design.combo.get(combo_id) or self._remembered.get(combo_id)

    @cached_property
    def _essays(self) -> dict[str, Member]:
        return {m.gen_id: m for m in self.design.members() if m.stage == "essay"}

    @cached_property
    def _remembered(self) -> dict[str, Combo]:
        return read_mappings(self.design.layout)


def changed_sources(recorded: dict[str, str], now: dict[str, str]) -> list[str]:
    """The paths whose text is not the recorded one any more; none when nothing was recorded."""
    return sorted(p for p in {*recorded, *now} if recorded and recorded.get(p) != now.get(p))


def source_name(path: str) -> str:
    """How a text of the researcher's is called in messages, by its path below the data root."""
    parts = Path(path)
    if "templates" not in parts.parts:
        return f"the description {path}"
    if parts.name.endswith(".system.txt"):
        return f"the system prompt of template {parts.name.removesuffix('.system.txt')}"
    return f"template {parts.stem}"
