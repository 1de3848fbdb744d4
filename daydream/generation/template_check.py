"""Every template rendered with stand-ins, so that a wrong one is found before a call is paid."""

from __future__ import annotations

from collections.abc import Collection

from daydream.errors import PromptError
from daydream.experiment.cohort import Design
from daydream.experiment.model import Template
from daydream.generation.prompts import PromptConcept, render
from daydream.store.layout import Stage

_CONCEPT, _DRAFT, _ESSAY, _SECOND = (f"stand-in-{n}-8f3a" for n in ("concept", "draft", "a", "b"))


def template_problems(design: Design, stages: Collection[Stage]) -> list[str]:
    """What is wrong with the templates of some stages, a message for each.

    Args:
        design: the experiment.
        stages: those of which something is going to be made.

    """
    problems = []
    for stage in design.stages:
        if stage in stages and design.makes(stage):
            for template in design.catalog.templates(stage):
                problems += [] if template.is_copy else _problems(design, stage, template)
    return problems


def _problems(design: Design, stage: Stage, template: Template) -> list[str]:
    path = design.layout.template(stage, template.template_id)
    values, needed, what = _stand_ins(stage)
    try:
        prompt = render(path, values)
    except PromptError as error:
        return [str(error)]
    if all(text in prompt for text in needed):
        return []
    return [f"{path}: its prompt does not show {what}. Add it where the model is to read it."]


def _stand_ins(stage: Stage) -> tuple[dict[str, object], tuple[str, ...], str]:
    """Values for a template, the texts that its prompt must hold, and how to write them."""
    if stage == "draft":
        concepts = [PromptConcept(f"{_CONCEPT}-{n}", _CONCEPT, _CONCEPT) for n in (1, 2)]
        return {"concepts": concepts}, (_CONCEPT,), "the concepts (`{% for c in concepts %}`)"
    if stage == "essay":
        values: dict[str, object] = {"draft_block": _DRAFT, "links_block": _DRAFT}
        return values, (_DRAFT,), "the draft (`{{ draft_block }}`)"
    if stage == "comparison":
        both = "both essays (`{{ response_a }}` and `{{ response_b }}`)"
        return {"response_a": _ESSAY, "response_b": _SECOND}, (_ESSAY, _SECOND), both
    return {"response": _ESSAY}, (_ESSAY,), "the essay (`{{ response }}`)"
