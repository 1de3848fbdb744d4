"""Every template rendered with stand-ins, so that a wrong one is found before a call is paid."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from daydream.errors import PromptError
from daydream.experiment.catalog import description_file
from daydream.experiment.cohort import Design
from daydream.experiment.model import Template
from daydream.generation.prompt_builder import LINEAGE, render_prompt
from daydream.generation.prompt_sources import PromptSources
from daydream.generation.prompt_text import Prompt
from daydream.generation.prompts import PromptConcept
from daydream.store.layout import Stage

# Without blanks, as a template may wrap lines, and looked for in any case, as it may change that.
_DESCRIPTION = "<<DESCRIPTION-OF-CONCEPT-{}>>"
_CONCEPTS = [
    PromptConcept(f"<<CONCEPT-{n}>>", f"<<NAME-OF-CONCEPT-{n}>>", _DESCRIPTION.format(n))
    for n in (1, 2)
]
_TEXTS = {"draft": "<<DRAFT>>", "prompt": "<<PROMPT-OF-THE-DRAFT>>", "response": "<<ESSAY>>"}
# Of each of these texts a prompt must hold one, and how to write them.
_NEEDED: Mapping[Stage, tuple[Sequence[Sequence[str]], str]] = {
    "draft": ([_CONCEPTS[0]], "the concepts (`{% for c in concepts %}`)"),
    "essay": ([[_TEXTS["draft"]]], "the draft (`{{ draft_block }}`)"),
    "evaluation": ([[_TEXTS["response"]]], "the essay (`{{ response }}`)"),
    "comparison": (
        [["<<ESSAY-A>>"], ["<<ESSAY-B>>"]],
        "both essays (`{{ response_a }}` and `{{ response_b }}`)",
    ),
}
_LISTED = 5


def template_problems(design: Design, stages: Collection[Stage]) -> list[str]:
    """What is wrong with the templates of some stages, a message for each.

    Args:
        design: the experiment.
        stages: those of which something is going to be made.

    """
    return [
        problem
        for stage in design.stages
        if stage in stages and design.makes(stage)
        for template in design.catalog.templates(stage)
        if not template.is_copy
        for problem in _problems(design, template)
    ]


def check_templates(design: Design, stages: Collection[Stage]) -> None:
    """Do nothing while the templates of some stages can be used.

    Raises:
        PromptError: with all that is wrong with them.
    """
    problems = template_problems(design, stages)
    if len(problems) > 1:
        listed = " ".join(f"({n}) {problem}" for n, problem in enumerate(problems, start=1))
        raise PromptError(f"{len(problems)} templates cannot be used: {listed}")
    if problems:
        raise PromptError(problems[0])


def stand_in_prompt(design: Design, template: Template, essay: str = "<<ESSAY>>") -> Prompt:
    """A template's prompt with stand-ins for the texts that are not made yet.

    Args:
        design: where the template is.
        template: of any stage.
        essay: what stands in for the essay of an evaluation.

    Raises:
        PromptError: when it cannot be rendered.
    """
    paths = PromptSources(design).templates(template.stage, template.template_id)
    values = _stand_ins(template.stage)
    if template.stage == "evaluation":
        values["response"] = essay
    return render_prompt(paths, {name: partial(_same, value) for name, value in values.items()})


def _same(value: object) -> object:
    return value


def _problems(design: Design, template: Template) -> Iterator[str]:
    path = design.layout.template(template.stage, template.template_id)
    needed, what = _NEEDED[template.stage]
    try:
        prompt = stand_in_prompt(design, template)
    except PromptError as error:
        yield str(error)
        return
    if not all(any(_is_in(prompt, text) for text in texts) for texts in needed):
        yield f"{path}: its prompt does not show {what}. Add it where the model is to read it."


def _is_in(prompt: Prompt, text: str) -> bool:
    return text.lower() in (prompt.system + prompt.user).lower()


def _stand_ins(stage: Stage) -> dict[str, object]:
    """A value for each variable that the templates of a stage know."""
    if stage == "draft":
        return {"concepts": _CONCEPTS}
    lineage: dict[str, object] = {"concepts": _CONCEPTS, **_TEXTS}
    if stage == "essay":
        draft = _TEXTS["draft"]
        return {"draft_block": draft, "links_block": draft, **{n: lineage[n] for n in LINEAGE}}
    if stage == "evaluation":
        return lineage
    return {
        f"{name}_{side}": f"<<ESSAY-{side.upper()}>>" if name == "response" else value
        for side in "ab"
        for name, value in lineage.items()
    }


def undescribed(design: Design) -> Iterator[str]:
    """A message when drafts show descriptions and concepts have none at the level asked for."""
    templates = design.catalog.templates("draft")
    if not design.makes("draft") or not any(_shows_content(design, t) for t in templates):
        return
    lacking = dict.fromkeys(
        (concept_id, combo.level)
        for combo in design.combos
        for concept_id in combo.concept_ids
        if description_file(design.layout, concept_id, combo.level)
        != design.layout.description(combo.level, concept_id)
    )
    if lacking:
        names = [_instead(design, *pair) for pair in lacking]
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        first = design.layout.description(*reversed(next(iter(lacking))))
        yield (
            f"{len(names)} concept(s) have no description at the level asked for, and drafts show "
            f"something else: {', '.join(names[:_LISTED])}{more}. To mend it, write {first}"
        )


def _instead(design: Design, concept_id: str, level: str) -> str:
    path = description_file(design.layout, concept_id, level)
    source = "its name alone" if path is None else path.split("descriptions-")[1].split("/")[0]
    return f"{concept_id} ({source})"


def _shows_content(design: Design, template: Template) -> bool:
    try:
        prompt = stand_in_prompt(design, template)
    except PromptError:
        return False
    return any(_is_in(prompt, concept.content) for concept in _CONCEPTS)
