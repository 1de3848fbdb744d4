"""Prompts and requests of generations, made from templates, concepts and parents without a call.

What only wants to know what would be asked of a model (a plan, a preview, a check) needs no client.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from daydream.errors import PromptError
from daydream.experiment.cohort import Design
from daydream.experiment.fallbacks import fallback_of
from daydream.experiment.model import Model
from daydream.generation.prompts import combo_concepts, decoded, read_bytes, render
from daydream.llm.request import Request
from daydream.store.layout import Layout, Stage, exists
from daydream.store.membership import PARENT_STAGE, Member
from daydream.store.metadata import is_as_written, read_metadata

PARENT_PATIENCE_S = 10.0
SETTLING_S = 1.0  # metadata are written a moment before the text


@dataclass(frozen=True)
class PromptBuilder:
    """Renders the prompts of one cohort and builds the requests that carry them."""

    design: Design

    @property
    def layout(self) -> Layout:
        """Where the files are."""
        return self.design.layout

    def prompt(self, member: Member) -> str:
        """The prompt of a generation whose parent exists.

        Raises:
            PromptError: when a file is missing or the template cannot be rendered.

        """
        path = self.layout.template(member.stage, member.template_id)
        return render(path, self._values(member))

    def parents(self, member: Member) -> list[str]:
        """The texts of the parents: one, or the two essays of a comparison."""
        stage = PARENT_STAGE[member.stage]
        return [_read_parent(self.layout, stage, gen_id) for gen_id in member.parents]

    def requests(self, member: Member, prompt: str) -> tuple[Request, ...]:
        """What would be asked of the member's model and, when that has one, of its fallback."""
        catalog = self.design.catalog
        model = catalog.model(member.llm_model_id)
        own = self._request(member, prompt, model)
        fallback = fallback_of(model, catalog.all_models)
        if fallback is None:
            return (own,)
        return own, replace(self._request(member, prompt, fallback), fallback=model.fallback)

    def _request(self, member: Member, prompt: str, model: Model) -> Request:
        return Request.build(
            prompt,
            model,
            self.design.settings.stages[member.stage],
            member.replicate,
            self.design.catalog.template(member.stage, member.template_id),
            self.design.settings.endpoints[model.endpoint],
            member.gen_id,
        )

    def _values(self, member: Member) -> dict[str, object]:
        if member.stage == "draft":
            combo = self.design.combo[member.combo_id]
            return {"concepts": combo_concepts(self.layout, self.design.catalog, combo)}
        if member.stage == "essay":
            (draft,) = self.parents(member)
            return {"draft_block": draft, "links_block": draft}
        if member.stage == "comparison":
            first, second = self.parents(member)
            return {"response_a": first, "response_b": second}
        return {"response": self.parents(member)[0]}


def _read_parent(layout: Layout, stage: Stage, gen_id: str) -> str:
    """A parent's text as it was written; another run may be writing it again just now.

    Raises:
        PromptError: when it is missing, or was changed after it was written.
    """
    path = layout.parsed(stage, gen_id)
    patience = time.monotonic() + PARENT_PATIENCE_S
    while not exists(path) and time.monotonic() < patience:
        time.sleep(0.1)
    content = read_bytes(path)
    settled = time.monotonic() + SETTLING_S
    while not is_as_written(read_metadata(layout, stage, gen_id), content):
        if time.monotonic() > settled:
            raise PromptError(
                f"{path} is not the text that was written: it was changed from outside, and what "
                "is built on it would not be what the ledger says. Delete it and run snakemake: it "
                "is made again from its ledger, without a call."
            )
        time.sleep(0.1)
        content = read_bytes(path)
    return decoded(path, content)
