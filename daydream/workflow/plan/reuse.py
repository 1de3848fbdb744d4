"""Which answers of a run are in the ledgers already, and which must be bought."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from io import FileIO

from daydream.errors import DaydreamError
from daydream.generation.cached_answers import cached_answers
from daydream.generation.prompts import read_text
from daydream.parsers import DRAFT_PARSERS
from daydream.store.finish_reason import ending_of
from daydream.store.layout import Stage
from daydream.store.ledger import NAME, Attempt, Ledger
from daydream.store.membership import PARENT_STAGE, Member
from daydream.workflow.plan.reasons import FORCED, Required
from daydream.workflow.project import Project


@dataclass(frozen=True)
class ReusableAnswers:
    """Which generations of a run would use an answer in their ledger, and with what prompt.

    Prompts depend on parents that the run may make again; what is computed is remembered.
    """

    project: Project
    required: Required
    members: dict[Stage, dict[str, Member]]
    _answers: dict[tuple[Stage, str], Attempt | None] = field(default_factory=dict)
    _copies: dict[tuple[Stage, str], bool] = field(default_factory=dict)

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
        return os.path.exists(self._ledger(member))

    def _ledger(self, member: Member) -> str:
        return f"{self.project.layout.generation(member.stage, member.gen_id)}/{NAME}"

    def is_cached(self, member: Member) -> bool:
        """Whether the ledger has the answer to the prompt as it will be."""
        return self.may_be_cached(member) and self._answer(member) is not None

    def prompt(self, member: Member) -> str | None:
        """The prompt as it will be; None when it cannot be known before the parent is made."""
        parent = PARENT_STAGE.get(member.stage)
        if parent is not None and not all(self._stays(parent, i) for i in member.parents):
            return None
        try:
            return self.project.prompts.prompt(member)
        except DaydreamError:  # its job will say so; here it only cannot be counted
            return None

    def _answer(self, member: Member) -> Attempt | None:
        key = (member.stage, member.gen_id)
        if key not in self._answers:
            self._answers[key] = self._find(member)
        return self._answers[key]

    def _find(self, member: Member) -> Attempt | None:
        prompt = self.prompt(member)
        if prompt is None:
            return None
        requests = self.project.prompts.requests(member, prompt)
        # Without its lock, as a plan neither waits for a run nor holds one up.
        with FileIO(self._ledger(member)) as file:
            known = cached_answers(requests, Ledger(file))
        return known[-1] if known else None

    def _stays(self, stage: Stage, gen_id: str) -> bool:
        """Whether a generation's text, after the run, is the one that is on disk now."""
        path = self.project.layout.parsed(stage, gen_id)
        if not os.path.exists(path):
            return False
        if gen_id not in self.required[stage]:
            return True
        try:
            return self._remade(self.members[stage][gen_id]) == read_text(path)
        except DaydreamError:
            return False

    def _remade(self, member: Member) -> str | None:
        """The text of a draft or an essay that is made again; None when only its model knows."""
        if self.is_copy(member):
            draft = self.project.layout.parsed("draft", member.parent_gen_id)
            return read_text(draft) if self._stays("draft", member.parent_gen_id) else None
        answer = self._answer(member) if self.may_be_cached(member) else None
        if answer is None or answer.text is None or ending_of(answer.finish_reason) == "truncated":
            return None
        template = self.project.design.catalog.template(member.stage, member.template_id)
        is_draft = member.stage == "draft"
        return DRAFT_PARSERS[template.parser](answer.text) if is_draft else answer.text
