"""Rendered prompts before they are paid for: `daydream prompts`."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from daydream.errors import DaydreamError
from daydream.store.files import write_text
from daydream.store.layout import STAGES, exists
from daydream.store.membership import PARENT_STAGE, Member
from daydream.workflow.project import Project


def preview_prompts(project: Project, stages: Collection[str], show: bool) -> Iterator[str]:
    """Render the prompts of generations that are not made yet and whose parent is.

    Each goes to its generation's ``prompt.txt``. What is made keeps the prompt that it was made
    from.

    Raises:
        DaydreamError: when a template cannot be rendered.
    """
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise DaydreamError(f"'{unknown[0]}' is no stage. Name some of: {', '.join(STAGES)}.")
    rendered, waiting, done = 0, 0, 0
    for member in project.design.members():
        if member.stage not in stages or not _has_prompt(project, member):
            continue
        if exists(project.layout.parsed(member.stage, member.gen_id)):
            done += 1
        elif not _has_parent(project, member):
            waiting += 1
        else:
            rendered += 1
            yield from _render(project, member, show)
    yield (
        f"{rendered} prompt(s) rendered, {done} generation(s) already made, "
        f"{waiting} prompt(s) wait for their parent. No call was made."
    )


def _has_prompt(project: Project, member: Member) -> bool:
    """Copies have none; selected essays and their drafts are taken as they are."""
    if not project.design.makes(member.stage):
        return False
    return not project.design.catalog.template(member.stage, member.template_id).is_copy


def _has_parent(project: Project, member: Member) -> bool:
    parent = PARENT_STAGE.get(member.stage)
    if parent is None:
        return True
    return all(exists(project.layout.parsed(parent, gen_id)) for gen_id in member.parents)


def _render(project: Project, member: Member, show: bool) -> Iterator[str]:
    path = f"{project.layout.generation(member.stage, member.gen_id)}/prompt.txt"
    text = project.prompts.prompt(member)
    write_text(path, text)
    yield f"{path}  {len(text.split())} words, template {member.template_id}, {member.llm_model_id}"
    if show:
        yield text
