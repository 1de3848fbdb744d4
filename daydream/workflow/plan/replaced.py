"""Texts that were edited after generations were made from them, and the cohorts that have those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from daydream.errors import DaydreamError
from daydream.experiment.combinations import Combo, read_mappings
from daydream.experiment.next_steps import Options
from daydream.generation.prompt_sources import source_name
from daydream.generation.prompts import text_hash
from daydream.store.index import memberships
from daydream.store.layout import LEVELS, STAGES, Layout, Stage, exists
from daydream.store.membership import Member, Membership
from daydream.store.metadata import read_metadata
from daydream.workflow.out_of_date import PROMPT_CHANGED, Required
from daydream.workflow.project import Project

SAMPLE = 40  # generations of a text that are looked at, of each cohort


class ReplacedText(NamedTuple):
    """A text that was edited after generations were made from it.

    Attributes:
        path: of the text.
        cohort: the one of this run.
        replaced: by cohort, how many of the generations made from the text are made again now.
        left: by cohort, how many others stay as they are.
    """

    path: str
    cohort: str
    replaced: Counter[str]
    left: Counter[str]

    @property
    def cohorts(self) -> list[str]:
        """All cohorts with such generations, this run's first."""
        names = sorted({*self.replaced, *self.left})
        return sorted(names, key=lambda name: name != self.cohort)


@dataclass(frozen=True)
class EditedTexts:
    """Looks for texts that a run uses and that are not what earlier generations were made from."""

    project: Project
    required: Required

    def find(self) -> Iterator[ReplacedText]:
        """Each such text that somebody has generations of."""
        for path in self._candidates:
            replaced: Counter[str] = Counter()
            left: Counter[str] = Counter()
            for membership in self._memberships:
                members = list(self._made_from(path, membership))
                sample = islice(filter(self._is_made, _spread(members)), SAMPLE)
                if any(self._is_earlier(m, path) for m in sample):
                    made = list(filter(self._is_made, members))
                    again = sum(m.gen_id in self.required[m.stage] for m in made)
                    replaced += Counter({membership.cohort_id: again})
                    left += Counter({membership.cohort_id: len(made) - again})
            if replaced or left:
                yield ReplacedText(path, self.project.cohort, replaced, left)

    @property
    def _candidates(self) -> list[str]:
        """The templates of what is made, and whatever else Snakemake found to be newer."""
        sources, members = self.project.prompts.sources, self.project.members()
        used = {(m.stage, m.template_id) for m in members if m.gen_id in self.required[m.stage]}
        copies = {t for t in used if self.project.design.catalog.template(*t).is_copy}
        templates = [path for key in sorted(used - copies) for path in sources.templates(*key)]
        reasons = {reason for stage in STAGES for reason in self.required[stage].values()}
        newer = (r.removeprefix(PROMPT_CHANGED) for r in reasons if r.startswith(PROMPT_CHANGED))
        return list(dict.fromkeys([*templates, *sorted(newer)]))

    @cached_property
    def _memberships(self) -> list[Membership]:
        return list(memberships(self.project.layout))

    @cached_property
    def _combos(self) -> dict[str, Combo]:
        return {**read_mappings(self.project.layout), **self.project.design.combo}

    def _made_from(self, path: str, membership: Membership) -> Iterator[Member]:
        """The members of a cohort that show a text."""
        parts = Path(path)
        if parts.parent.name in STAGES:
            stage: Stage = parts.parent.name
            template_id = parts.name.removesuffix(".txt").removesuffix(".system")
            yield from (m for m in membership.stage(stage) if m.template_id == template_id)
            return
        for member in membership.stage("draft"):
            combo = self._combos.get(member.combo_id)
            if combo is not None and parts.stem in combo.concept_ids:
                yield member

    def _is_made(self, member: Member) -> bool:
        return exists(self.project.layout.parsed(member.stage, member.gen_id))

    def _is_earlier(self, member: Member, path: str) -> bool:
        """Whether a generation was made from another text of a path than the one there now."""
        layout = self.project.layout
        metadata = read_metadata(layout, member.stage, member.gen_id)
        if metadata.get("mode") == "copy":
            return False
        recorded = metadata.get("sources")
        if isinstance(recorded, dict):
            return _differs(recorded, layout, path)
        return self._is_rendered_otherwise(member)

    def _is_rendered_otherwise(self, member: Member) -> bool:
        """The same of a generation whose metadata, by an earlier version, do not have its texts."""
        folder = Path(self.project.layout.generation(member.stage, member.gen_id))
        try:
            prompt = (folder / "prompt.txt").read_text(encoding="utf-8")
            return self.project.prompts.prompt(member).text != prompt
        except (DaydreamError, OSError, ValueError, KeyError):
            return False


def _differs(recorded: dict[str, str], layout: Layout, path: str) -> bool:
    name = layout.relative(path)
    if name in recorded:
        return recorded[name] != text_hash(path)
    # A description at a level that was not there is shown in place of another one now; so is a
    # system prompt that was added.
    if any(f"descriptions-{level}" in name for level in LEVELS):
        return any(Path(name).name == Path(other).name for other in recorded)
    return exists(path)


def _spread(members: Sequence[Member]) -> Iterator[Member]:
    """All members, so ordered that the first ones come from everywhere among them."""
    step = -(-len(members) // SAMPLE) or 1
    for first in range(step):
        yield from members[first::step]


def replaced_lines(texts: Iterable[ReplacedText], options: Options) -> Iterator[str]:
    """What a person is to know before a text is replaced, and what to type to keep what there is.

    Args:
        texts: those that were edited.
        options: with which the proposed command names the experiment.
    """
    texts = list(texts)
    cohorts: dict[str, None] = {}
    for text in texts:
        cohorts |= dict.fromkeys(text.cohorts)
        if exists(text.path):
            yield f"EDITED: {text.path} is not the text that these were made from:"
        else:
            yield f"REMOVED: {text.path} is gone, and these were made with it:"
        for name in text.cohorts:
            yield f"  cohort {name}: {_counts(text, name)}"
    if texts:
        yield "  The tables of these cohorts will be replaced, or be of an earlier text."
        yield f"  To keep them as they are, first: {options.command('daydream snapshot', *cohorts)}"
        yield "  Or restore the text, and give the new one an id and a row of its own."


def _counts(text: ReplacedText, cohort: str) -> str:
    parts = []
    if again := text.replaced[cohort]:
        parts.append(f"{again} generation(s) that this run makes again")
    if left := text.left[cohort]:
        name = source_name(text.path)
        parts.append(f"{left} that stay as they are, made with an earlier text of {name}")
    return ", ".join(parts)
