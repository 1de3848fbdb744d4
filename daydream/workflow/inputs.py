"""The inputs of rules: which files a cohort, a generation or a table is made from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from daydream.store.layout import LEVELS, OPTIONAL_STAGES, STAGES, Stage, exists
from daydream.store.membership import PARENT_STAGE, Member, is_control
from daydream.workflow.definitions import changed_columns, changed_definition, changed_filters
from daydream.workflow.project import Project

Texts = dict[str, str | list[str]]
_ANY_ID, _NO_ID = "[A-Za-z0-9._-]+", "(?!)"


@dataclass(frozen=True)
class Inputs:
    """The input files of the rules of one experiment.

    Attributes:
        project: the experiment.
        texts: what prompts are rendered from besides the parents, remembered from one generation
            to the next; None: looked up for each. A DAG asks for 100,000 in a row.
    """

    project: Project
    texts: dict[tuple[str, ...], tuple[Texts, bool]] | None = None

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

        When existing essays are selected, drafts and essays are sources: of these, only the
        controls match.
        """
        design = self.project.design
        if design.makes(stage):
            return _ANY_ID
        return "|".join(sorted(design.control_ids)) or _NO_ID if stage == "essay" else _NO_ID

    def sources(self, stage: Stage, gen_id: str, dryrun: bool = False) -> Texts:
        """The files whose change makes a generation out of date, by the name of the input.

        Raises:
            CohortError: when the generation is not in the cohort.

        """
        member, layout = self.project.membership.member(stage, gen_id), self.project.layout
        if is_control(member):  # its text is in its id, or is that of an essay
            essay = member.second_gen_id
            return {"essay": layout.parsed("essay", essay)} if essay else {}
        files: Texts = {}
        if not self.project.design.catalog.template(stage, member.template_id).is_copy:
            files, shows_drafts = self._remembered_texts(member, dryrun)
            if shows_drafts and (drafts := self.project.prompts.sources.drafts(member)):
                paths = [self.project.layout.parsed("draft", draft) for draft in drafts]
                files = {**files, "drafts": paths}
        if stage == "draft":
            return files
        parents = [layout.parsed(PARENT_STAGE[stage], i) for i in member.parents]
        return files | ({"essays": parents} if stage == "comparison" else _one(stage, parents))

    def _remembered_texts(self, member: Member, dryrun: bool) -> tuple[Texts, bool]:
        if self.texts is None:
            return self._texts(member, dryrun)
        key = (member.stage, member.template_id, member.combo_id, member.second_gen_id)
        if key not in self.texts:
            self.texts[key] = self._texts(member, dryrun)
        return self.texts[key]

    def _texts(self, member: Member, dryrun: bool) -> tuple[Texts, bool]:
        """The researcher's texts that a prompt is rendered from, and whether it shows drafts."""
        sources = self.project.prompts.sources
        template, *system = sources.templates(member.stage, member.template_id)
        optional = {
            "system": system,
            "descriptions": sources.descriptions(member),
            "removed": self.project.vanished.files(member, dryrun),
        }
        files: Texts = {name: paths for name, paths in optional.items() if paths}
        return {"template": template, **files}, sources.shows_drafts(
            member.stage, member.template_id
        )

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


def _one(stage: Stage, parents: list[str]) -> Texts:
    (parent,) = parents
    return {PARENT_STAGE[stage]: parent}
