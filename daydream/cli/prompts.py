"""Rendered prompts before they are paid for: `daydream prompts`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from daydream.errors import DaydreamError
from daydream.generation.prompt_text import Prompt
from daydream.generation.template_check import check_templates, stand_in_prompt, undescribed
from daydream.store.files import write_text
from daydream.store.layout import STAGES, exists
from daydream.store.membership import PARENT_STAGE, Member
from daydream.workflow.project import Project


def preview_prompts(project: Project, stages: Collection[str], show: bool) -> Iterator[str]:
    """Render the prompts of generations that are not made yet, each once, with how often asked.

    Where the parent is made, the prompt goes to the ``prompt.txt`` of each generation that asks it;
    where it is not, a stand-in is shown. What is made keeps the prompt that it was made from.

    Raises:
        DaydreamError: when a template cannot be rendered.
    """
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise DaydreamError(f"'{unknown[0]}' is no stage. Name some of: {', '.join(STAGES)}.")
    chosen = [stage for stage in STAGES if stage in stages]
    check_templates(project.design, chosen)
    if "draft" in chosen:
        yield from undescribed(project.design)
    members = [m for m in project.design.members() if m.stage in chosen and _has_prompt(project, m)]
    to_make = [m for m in members if not exists(project.layout.parsed(m.stage, m.gen_id))]
    ready = [m for m in to_make if _has_parent(project, m)]
    known = set(ready)
    waiting = [m for m in to_make if m not in known]
    for group in _alike(ready):
        yield from _render(project, group, show)
    yield from _stand_ins(project, waiting, show)
    yield (
        f"{len(ready)} prompt(s) rendered, {len(members) - len(to_make)} generation(s) already "
        f"made, {len(waiting)} prompt(s) wait for their parent. No call was made."
    )


def _has_prompt(project: Project, member: Member) -> bool:
    """Copies have none; selected essays and their drafts are taken as they are."""
    if not project.design.is_made(member):
        return False
    return not project.design.catalog.template(member.stage, member.template_id).is_copy


def _has_parent(project: Project, member: Member) -> bool:
    parent = PARENT_STAGE.get(member.stage)
    if parent is None:
        return True
    return all(exists(project.layout.parsed(parent, gen_id)) for gen_id in member.parents)


def _alike(members: Sequence[Member]) -> list[list[Member]]:
    """The generations that ask the same: of one template, combination and parents."""
    groups: dict[tuple[object, ...], list[Member]] = {}
    for member in members:
        key = (member.stage, member.template_id, member.combo_id, member.parents)
        groups.setdefault(key, []).append(member)
    return list(groups.values())


def _render(project: Project, group: Sequence[Member], show: bool) -> Iterator[str]:
    prompt = project.prompts.prompt(group[0])
    paths = [f"{project.layout.generation(m.stage, m.gen_id)}/prompt.txt" for m in group]
    for path in paths:
        write_text(path, prompt.text)
    yield from _shown(paths[0], prompt, group, show)


def _stand_ins(project: Project, waiting: Sequence[Member], show: bool) -> Iterator[str]:
    """A prompt for each template, with stand-ins for the texts that are not made yet."""
    by_template: dict[tuple[str, str], list[Member]] = {}
    for member in waiting:
        by_template.setdefault((member.stage, member.template_id), []).append(member)
    for group in by_template.values():
        template = project.design.catalog.template(group[0].stage, group[0].template_id)
        prompt = stand_in_prompt(project.design, template)
        yield from _shown(f"{group[0].stage}, with a stand-in", prompt, group, show)


def _shown(where: str, prompt: Prompt, group: Sequence[Member], show: bool) -> Iterator[str]:
    models = ", ".join(dict.fromkeys(member.llm_model_id for member in group))
    times = "once" if len(group) == 1 else f"{len(group)} times"
    words = len(prompt.text.split())
    yield f"{where}  {words} words, template {group[0].template_id}, asked {times}: {models}"
    if show:
        yield prompt.text
