"""Prompts and requests of generations, made from templates, concepts and parents without a call.

What only wants to know what would be asked of a model (a plan, a preview, a check) needs no client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

from daydream.errors import PromptError
from daydream.experiment.cohort import Design
from daydream.experiment.fallbacks import fallback_of
from daydream.experiment.model import Model
from daydream.generation.ancestor_texts import AncestorTexts, StoredTexts
from daydream.generation.prompt_sources import PromptSources
from daydream.generation.prompt_text import Prompt
from daydream.generation.prompts import PromptConcept, combo_concepts, render, variables_of
from daydream.llm.request import Request
from daydream.store.layout import Layout, Stage
from daydream.store.membership import Member, parent_stage

Getters = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class PromptBuilder:
    """Renders the prompts of one cohort and builds the requests that carry them.

    ``texts`` tells the texts of ancestors; None: as they are in the store.
    """

    design: Design
    texts: AncestorTexts | None = None

    @property
    def layout(self) -> Layout:
        """Where the files are."""
        return self.design.layout

    @cached_property
    def sources(self) -> PromptSources:
        """The files that prompts are rendered from."""
        return PromptSources(self.design)

    @cached_property
    def _texts(self) -> AncestorTexts:
        return self.texts or StoredTexts(self.layout)

    def prompt(self, member: Member) -> Prompt:
        """The prompt of a generation whose parent exists.

        Raises:
            PromptError: when a file is missing or a template cannot be rendered.

        """
        return render_prompt(
            self.sources.templates(member.stage, member.template_id), self._getters(member)
        )

    def parents(self, member: Member) -> list[str]:
        """The texts of the parents: one, or the two essays of a comparison."""
        stage = parent_stage(member) or "draft"
        return [self._texts.text(stage, gen_id) for gen_id in member.parents]

    def requests(self, member: Member, prompt: Prompt) -> tuple[Request, ...]:
        """What would be asked of the member's model and, when that has one, of its fallback."""
        catalog = self.design.catalog
        model = catalog.model(member.llm_model_id)
        own = self._request(member, prompt, model)
        fallback = fallback_of(model, catalog.all_models)
        if fallback is None:
            return (own,)
        return own, replace(self._request(member, prompt, fallback), fallback=model.fallback)

    def _request(self, member: Member, prompt: Prompt, model: Model) -> Request:
        return Request.build(
            prompt.user,
            model,
            self.design.settings.stages[member.stage],
            member.replicate,
            self.design.catalog.template(member.stage, member.template_id),
            self.design.settings.endpoints[model.endpoint],
            member.gen_id,
            prompt.system,
        )

    def _getters(self, member: Member) -> Getters:
        """The variables that the stage's templates know; each is looked up when it is used."""
        if member.stage == "draft":
            return {"concepts": partial(self._concepts, member.combo_id)}
        if member.stage == "essay":
            draft = partial(self._text, "draft", member.parent_gen_id)
            lineage = self._lineage(member.combo_id, member.parent_gen_id)
            return {"draft_block": draft, "links_block": draft, **lineage}
        if member.stage == "comparison":
            sides = zip("ab", member.parents, strict=True)
            return {k: v for side, essay in sides for k, v in self._side(side, essay).items()}
        response = partial(self._text, "essay", member.parent_gen_id)
        return {"response": response, **self._lineage_of_essay(member.parent_gen_id)}

    def _side(self, side: str, essay: str) -> Getters:
        """The variables of one essay of a comparison, with its letter."""
        response = partial(self._text, "essay", essay)
        getters: Getters = {"response": response, **self._lineage_of_essay(essay)}
        return {f"{name}_{side}": getter for name, getter in getters.items()}

    def _lineage_of_essay(self, gen_id: str) -> Getters:
        def of_essay(name: str) -> object:
            essay = self.sources.essay(gen_id)
            return self._lineage(essay.combo_id, essay.parent_gen_id)[name]()

        return {name: partial(of_essay, name) for name in LINEAGE}

    def _lineage(self, combo_id: str, draft: str) -> Getters:
        return {
            "concepts": partial(self._concepts, combo_id),
            "draft": partial(self._text, "draft", draft),
            "prompt": partial(self._prompt_of_draft, draft),
        }

    def _concepts(self, combo_id: str) -> list[PromptConcept]:
        combo = self.sources.find_combo(combo_id)
        if combo is None:
            raise PromptError(
                f"the concepts behind '{combo_id}' are not known, and a template shows them. An "
                "essay from elsewhere has none: judge it by a template that does not ask for them."
            )
        return combo_concepts(self.layout, self.design.catalog, combo)

    def _text(self, stage: Stage, gen_id: str) -> str:
        self._check_is_known(gen_id)
        return self._texts.text(stage, gen_id)

    def _prompt_of_draft(self, gen_id: str) -> str:
        self._check_is_known(gen_id)
        return self._texts.prompt_of_draft(gen_id)

    @staticmethod
    def _check_is_known(gen_id: str) -> None:
        if not gen_id:
            raise PromptError(
                "a template shows the draft, and an essay from elsewhere has none. Judge it by a "
                "template that does not ask for `draft` or `prompt`."
            )


LINEAGE = ("concepts", "draft", "prompt")


def render_prompt(templates: list[str], getters: Getters) -> Prompt:
    """Render a template and its system prompt, if there is one.

    Args:
        templates: the files, the system prompt last.
        getters: gives the value of each variable that the templates may use.

    Raises:
        PromptError: naming the file, the line and the variable or the syntax.
    """
    used = frozenset().union(*map(variables_of, templates))
    values = {name: get() for name, get in getters.items() if name in used}
    texts = [render(path, values, known=getters) for path in templates]
    return Prompt(texts[0], *texts[1:])
