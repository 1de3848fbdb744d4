"""Generations that show an earlier text of an ancestor, which was made again since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from daydream.archive.verify.earlier import earlier_text_of
from daydream.archive.verify.folder import StoredGeneration
from daydream.errors import DaydreamError, PromptError
from daydream.experiment.cohort import Design
from daydream.generation.ancestor_texts import StoredTexts
from daydream.generation.parse import parse
from daydream.generation.prompt_builder import PromptBuilder
from daydream.store.index import stored_member
from daydream.store.layout import Layout, Stage
from daydream.store.membership import PARENT_STAGE, Member

MAX_TRIED = 60  # prompts that are rendered to explain one


@dataclass(frozen=True)
class _Replaced:
    """The texts in the store, but for some."""

    stored: StoredTexts
    texts: Mapping[tuple[Stage, str], str | None]

    def text(self, stage: Stage, gen_id: str) -> str:
        found = self.texts.get((stage, gen_id))
        return self.stored.text(stage, gen_id) if found is None else found

    def prompt_of_draft(self, gen_id: str) -> str:
        return self.stored.prompt_of_draft(gen_id)


@dataclass(frozen=True)
class EarlierParents:
    """Tells which generations were right when they were made, and of what text."""

    design: Design

    @property
    def _layout(self) -> Layout:
        return self.design.layout

    def of_prompt(self, stored: StoredGeneration) -> str:
        """Why a prompt is not what it renders to now, if it was so before; else blank."""
        if stored.prompt is None:
            return ""
        ancestors = _ancestors(self._layout, stored.member)
        choices = [(None, *self._earlier(ancestor)) for ancestor in ancestors]
        keys = [(ancestor.stage, ancestor.gen_id) for ancestor in ancestors]
        for texts in islice(product(*choices), 1, MAX_TRIED):  # the first has those of now
            replaced = _Replaced(StoredTexts(self._layout), dict(zip(keys, texts, strict=True)))
            if _rendered(PromptBuilder(self.design, replaced), stored.member) == stored.prompt:
                return self._reason(stored.member, ancestors)
        return ""

    def of_copy(self, stored: StoredGeneration) -> str:
        """The same of a copy, whose draft had its text before."""
        ancestors = _ancestors(self._layout, stored.member)
        earlier = {_bytes(text) for ancestor in ancestors[:1] for text in self._earlier(ancestor)}
        return self._reason(stored.member, ancestors) if stored.parsed in earlier else ""

    def _reason(self, member: Member, ancestors: list[Member]) -> str:
        answer = f"made with an earlier answer of its {PARENT_STAGE[member.stage]}"
        return earlier_text_of(self._layout, ancestors) or answer

    def _earlier(self, member: Member) -> Iterator[str]:
        """The texts that a generation had before, the last first."""
        stored = StoredGeneration(self._layout, member)
        if stored.own_metadata.get("mode") == "copy":
            for draft in _ancestors(self._layout, member)[:1]:
                yield from self._earlier(draft)
            return
        in_use = stored.own_metadata.get("answered_at")
        for attempt in reversed(stored.attempts or ()):
            if attempt.is_answer and attempt.at != in_use:
                try:
                    template = self.design.catalog.template(member.stage, member.template_id)
                    yield parse(template, attempt.parameters, attempt.text or "")
                except (DaydreamError, KeyError):
                    continue


def _ancestors(layout: Layout, member: Member) -> list[Member]:
    """The ancestors of a generation as the store knows them, the nearest first."""
    stage = PARENT_STAGE.get(member.stage)
    if stage is None:
        return []
    parents = [stored_member(layout, stage, gen_id) for gen_id in member.parents if gen_id]
    return [*parents, *(ancestor for parent in parents for ancestor in _ancestors(layout, parent))]


def _rendered(prompts: PromptBuilder, member: Member) -> bytes:
    try:
        return _bytes(prompts.prompt(member).text)
    except (PromptError, KeyError):
        return b""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
