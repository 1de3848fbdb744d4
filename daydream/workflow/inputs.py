"""The inputs of rules: which files a cohort, a generation or a table is made from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from daydream.store.layout import LEVELS, OPTIONAL_STAGES, STAGES, Stage, exists
from daydream.store.membership import PARENT_STAGE, Member, is_control
from daydream.workflow.definitions import changed_columns, changed_definition, changed_filters
from daydream.workflow.project import Project

_ANY_ID, _NO_ID = "[A-Za-z0-9._-]+", "(?!)"


@dataclass(frozen=True)
class Inputs:
    """The input files of the rules of one experiment."""

    project: Project

    @property
    def catalogs(self) -> list[str]:
        """Every CSV that decides what a cohort contains, those that are there."""
        layout = self.project.layout
        needed = (stage for stage in STAGES if stage not in OPTIONAL_STAGES)
        optional = (
            *map(layout.templates_csv, OPTIONAL_STAGES),
            layout.raw("replication_config.csv"),
            layout.curated_combos,
            layout.selected_essays,
        )
        return [
            layout.raw("concepts_metadata.csv"),
            layout.raw("llm_models.csv"),
            *map(layout.templates_csv, needed),
            *filter(exists, optional),
            *self.project.design.spec_files,
        ]

    @property
    def of_cohort(self) -> list[str]:
        """What the cohort is made from; for a slice it is made already, and stays as it is."""
        return self.catalogs if self.project.settings.part is None else []

    @property
    def descriptions(self) -> list[str]:
        """Every description of every concept, at every level that there is."""
        layout = self.project.layout
        paths = (
            layout.description(level, concept.concept_id)
            for concept in self.project.design.catalog.all_concepts
            for level in LEVELS
        )
        return list(filter(exists, paths))

    def definition(self, dryrun: bool) -> list[str]:
        """A file newer than the manifest of a cohort that is now asked for something else."""
        return [] if self.project.settings.part else changed_definition(self.project, dryrun)

    def columns(self, dryrun: bool) -> list[str]:
        """A file newer than the cohort's tables that an earlier version made with other columns."""
        return changed_columns(self.project, dryrun)

    def filters(self, dryrun: bool) -> list[str]:
        """A file newer than the tables over every cohort that were made with other filters."""
        return changed_filters(self.project, dryrun)

    def gen_id_pattern(self, stage: Stage) -> str:
        """A regular expression for the generations that the workflow may make.

        When existing essays are selected, nothing matches for drafts and essays: they are sources.
        """
        return _ANY_ID if self.project.design.makes(stage) else _NO_ID

    def sources(self, stage: Stage, gen_id: str) -> dict[str, str | list[str]]:
        """The files whose change makes a generation out of date, by the name of the input.

        Raises:
            CohortError: when the generation is not in the cohort.

        """
        member = self.project.membership.member(stage, gen_id)
        if is_control(member):
            return {}  # its text is in its id
        files: dict[str, str | list[str]] = {}
        if not self.project.design.catalog.template(stage, member.template_id).is_copy:
            files = self._texts(member)
        if stage == "draft":
            return files
        parents = [self.project.layout.parsed(PARENT_STAGE[stage], i) for i in member.parents]
        return files | ({"essays": parents} if stage == "comparison" else _one(stage, parents))

    def _texts(self, member: Member) -> dict[str, str | list[str]]:
        """What the prompt is rendered from besides the texts of the parents."""
        sources, layout = self.project.prompts.sources, self.project.layout
        template, *system = sources.templates(member.stage, member.template_id)
        drafts = [layout.parsed("draft", gen_id) for gen_id in sources.drafts(member)]
        optional: dict[str, list[str]] = {
            "system": system,
            "descriptions": sources.descriptions(member),
            "drafts": drafts,
        }
        return {"template": template, **{name: paths for name, paths in optional.items() if paths}}

    def parsed(self, stage: Stage) -> list[str]:
        """The parsed.txt of every member of a stage, or in a slice of its members."""
        members = self.project.part.by_stage[stage]
        return [self.project.layout.parsed(stage, gen_id) for gen_id in members]

    def awaited(self, generations: list[str]) -> list[str]:
        """What of them a table waits for: all, or with allow_incomplete those there are."""
        if self.project.settings.allow_incomplete:
            return list(filter(os.path.exists, generations))
        return generations

    @property
    def other_cohorts_scores(self) -> list[str]:
        """The scores of the cohorts that were made before: when they are newer, so is the store."""
        layout = self.project.layout
        folder = Path(layout.under("5_parsing"))
        names = sorted(path.parent.name for path in folder.glob("*/parsed_scores.csv"))
        return [layout.scores(name) for name in names if name != self.project.cohort]


def _one(stage: Stage, parents: list[str]) -> dict[str, str | list[str]]:
    (parent,) = parents
    return {PARENT_STAGE[stage]: parent}
