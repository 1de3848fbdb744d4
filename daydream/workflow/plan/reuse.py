"""Which answers of a run are in the ledgers already, and which must be bought."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from daydream.errors import AnswerError, DaydreamError, PromptError
from daydream.generation.ancestor_texts import StoredTexts
from daydream.generation.answer_use import is_asked_again, usable_text
from daydream.generation.cached_answers import cached_answers
from daydream.generation.prompt_builder import PromptBuilder
from daydream.generation.prompt_text import Prompt
from daydream.generation.prompts import read_bytes, read_text
from daydream.store.layout import Stage, exists
from daydream.store.ledger import NAME, Reading, lost_answer, read_ledger
from daydream.store.membership import Member, parent_stage
from daydream.store.metadata import is_as_written, read_metadata
from daydream.workflow.out_of_date import FORCED, Required
from daydream.workflow.project import Project


class Reused(NamedTuple):
    """What a run makes of an answer in a ledger; ``text`` is None when it cannot be used."""

    text: str | None


@dataclass(frozen=True)
class ReusableAnswers:
    """Which generations of a run would use an answer in their ledger, and with what prompt.

    Prompts depend on ancestors that the run may make again: their texts are taken as they will be,
    which is not always as they are. What is computed is remembered. ``lost`` says of ledgers that
    were looked at how an answer is lost that was paid: the run does not buy it again.
    """

    project: Project
    required: Required
    members: dict[Stage, dict[str, Member]]
    lost: dict[tuple[Stage, str], str] = field(default_factory=dict)
    _there: dict[tuple[Stage, str], bool] = field(default_factory=dict)
    _answers: dict[tuple[Stage, str], Reused | None] = field(default_factory=dict)
    _copies: dict[tuple[Stage, str], bool] = field(default_factory=dict)

    @cached_property
    def _prompts(self) -> PromptBuilder:
        return PromptBuilder(self.project.design, self)

    def is_copy(self, member: Member) -> bool:
        """Whether a generation is made without a call."""
        key = (member.stage, member.template_id)
        if key not in self._copies:
            self._copies[key] = self.project.design.catalog.template(*key).is_copy
        return self._copies[key]

    def may_be_cached(self, member: Member) -> bool:
        """Whether an answer in the ledger, if there is one, would be used; looks at no prompt."""
        reuse = self.project.settings.reuse
        forced = self.required[member.stage][member.gen_id] == FORCED
        if reuse == "never" or (forced and reuse != "always"):
            return False
        folder = self._folder(member)
        return os.path.exists(f"{folder}/{NAME}") or os.path.exists(f"{folder}/raw.txt")

    def _folder(self, member: Member) -> str:
        return self.project.layout.generation(member.stage, member.gen_id)

    def is_cached(self, member: Member) -> bool:
        """Whether the ledger has the answer to the prompt as it will be."""
        return self._answer(member) is not None

    def is_blocked(self, member: Member) -> bool:
        """Whether a generation will not be made, as a text that it is made from will not be there.

        Its own answer may be lost too. What only a call can tell blocks nothing.
        """
        stage = parent_stage(member)
        if member.gen_id in self.project.design.controls:
            stage = None
        if stage and not all(self._will_be_there(stage, gen_id) for gen_id in member.parents):
            return True
        self._answer(member)  # which notes it when it is lost
        return (member.stage, member.gen_id) in self.lost

    def _will_be_there(self, stage: Stage, gen_id: str) -> bool:
        key = (stage, gen_id)
        if key not in self._there:
            self._there[key] = self._find_text(stage, gen_id)
        return self._there[key]

    def _find_text(self, stage: Stage, gen_id: str) -> bool:
        """Whether there is a usable text after the run, as far as that is known without a call."""
        layout = self.project.layout
        if gen_id not in self.required[stage]:
            try:
                content = read_bytes(layout.parsed(stage, gen_id))
            except (DaydreamError, OSError):
                return False
            return is_as_written(read_metadata(layout, stage, gen_id), content)
        member = self.members[stage][gen_id]
        if self.is_blocked(member):
            return False
        answer = self._answer(member)
        return answer is None or answer.text is not None

    def prompt(self, member: Member) -> Prompt | None:
        """The prompt as it will be; None when it cannot be known before an ancestor is made."""
        try:
            return self._prompts.prompt(member)
        except DaydreamError:  # its job will say so; here it only cannot be counted
            return None

    def text(self, stage: Stage, gen_id: str) -> str:
        """The text of a draft or an essay as it will be after the run.

        Raises:
            PromptError: when only its model knows, or it cannot be made.
        """
        if gen_id not in self.required[stage]:
            path = self.project.layout.parsed(stage, gen_id)
            if not exists(path):
                raise PromptError(f"{path} is not there, and no part of the run.")
            return read_text(path)
        text = self._remade(self.members[stage][gen_id])
        if text is None:
            raise PromptError(f"{stage} {gen_id} is not made yet.")
        return text

    def prompt_of_draft(self, gen_id: str) -> str:
        """What a draft's model will have been asked after the run.

        Raises:
            PromptError: when it is not known.
        """
        if gen_id not in self.required["draft"]:
            return StoredTexts(self.project.layout).prompt_of_draft(gen_id)
        return self._prompts.prompt(self.members["draft"][gen_id]).text

    def _answer(self, member: Member) -> Reused | None:
        """What the run makes of the ledger's answer; None when it uses none, as for a copy."""
        key = (member.stage, member.gen_id)
        if key not in self._answers:
            uses_none = self.is_copy(member) or not self.may_be_cached(member)
            self._answers[key] = None if uses_none else self._find(member)
        return self._answers[key]

    def _find(self, member: Member) -> Reused | None:
        prompt = self.prompt(member)
        # Without its lock, as a plan neither waits for a run nor holds one up.
        folder = self._folder(member)
        ledger = read_ledger(folder)
        if prompt is None:
            return self._lost(member, ledger)
        requests = self._prompts.requests(member, prompt)
        known = cached_answers(requests, ledger.attempts, folder)
        if not known:
            return self._lost(member, ledger)
        settings = self.project.settings
        template = self.project.design.catalog.template(member.stage, member.template_id)
        try:
            return Reused(usable_text(known[-1], template, settings))
        except AnswerError as error:
            again = is_asked_again(error, member.stage, len(known), settings)
            return None if again else Reused(None)

    def _lost(self, member: Member, ledger: Reading) -> Reused | None:
        """Nothing, or an answer that cannot be used, which the run refuses to buy again."""
        lost = lost_answer(self._folder(member), ledger)
        if not lost:
            return None
        self.lost[member.stage, member.gen_id] = lost
        return Reused(None)

    def _remade(self, member: Member) -> str | None:
        """The text of a draft or an essay that is made again; None when only its model knows."""
        if self.is_copy(member):
            return self.text("draft", member.parent_gen_id)
        answer = self._answer(member)
        return answer.text if answer else None
