"""What the Snakefile and the command line hold in their hands: one experiment, opened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from daydream.errors import CatalogError, DaydreamError
from daydream.experiment.catalog import description_file
from daydream.experiment.cohort import Design, write_cohort
from daydream.experiment.concept_index import concept_index
from daydream.experiment.settings import PACKAGE_ROOT, Settings
from daydream.generation.generator import Generator
from daydream.llm.budget import check_prices
from daydream.llm.pool import Clients
from daydream.llm.pricing import price
from daydream.llm.stopping import listen
from daydream.store.failures import find_missing
from daydream.store.files import write_text
from daydream.store.layout import LEVELS, OPTIONAL_STAGES, STAGES, Layout, Stage, exists
from daydream.store.membership import Member
from daydream.workflow.failure_summary import describe
from daydream.workflow.job_log import logged
from daydream.workflow.progress import Ticker
from daydream.workflow.tables import Results, noted

FORCED_VARIABLE = "DAYDREAM_FORCED"
PARSERS = PACKAGE_ROOT / "daydream" / "parsers"


class Project(Results):
    """An experiment: its settings, its design, and what of its cohort is on disk."""

    def __init__(self, config: Mapping[str, Any], spec: str | None = None) -> None:
        """Read and check configuration and catalogs.

        Raises:
            ConfigError: when a key is unknown or a value cannot be used.
            CatalogError: when a catalog cannot be used.

        """
        self.settings = Settings.from_config(config)
        self.layout = Layout(self.settings.data_root)
        self._check_data_root()
        self.design = Design.load(self.settings, self.layout, spec)
        check_prices(self.settings.budget, self._unpriced_models())
        self.cohort = self.design.cohort_id
        if self.settings.batch:
            listen()

    def _check_data_root(self) -> None:
        if not Path(self.layout.under("1_raw")).is_dir():
            raise CatalogError(
                f"there is no {self.layout.under('1_raw')} in {Path.cwd()}. Name a directory that "
                "has one (--config data_root=DIR), or start from a copy of the shipped experiment: "
                f"mkdir -p {self.layout.root} && cp -r {PACKAGE_ROOT / 'data' / '1_raw'} "
                f"{self.layout.root}/"
            )

    def _unpriced_models(self) -> list[str]:
        catalog = self.design.catalog
        models = {m.id: m for m in (*catalog.generation_models, *catalog.evaluation_models)}
        return [m.id for m in models.values() if price(m, 1, 1) is None]

    @property
    def catalog_files(self) -> list[str]:
        """Every CSV that decides what a cohort contains, those that are there."""
        layout = self.layout
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
            *self.design.spec_files,
        ]

    @property
    def score_parser_sources(self) -> list[str]:
        """The source files that decide which score an answer has."""
        return sorted(map(str, (*PARSERS.glob("score*.py"), PARSERS / "thinking.py")))

    @property
    def verdict_parser_sources(self) -> list[str]:
        """The source files that decide which verdict an answer has."""
        names = ("score_json", "score_text", "thinking", "verdict")
        return [str(PARSERS / f"{name}.py") for name in names]

    def gen_id_pattern(self, stage: Stage) -> str:
        """A regular expression for the generations that the workflow may make.

        When existing essays are selected, nothing matches for drafts and essays: they are sources.
        """
        return "[A-Za-z0-9._-]+" if self.design.makes(stage) else "(?!)"

    @property
    def description_files(self) -> list[str]:
        """Every description of every concept, at every level that there is."""
        paths = (
            self.layout.description(level, concept.concept_id)
            for concept in self.design.catalog.all_concepts
            for level in LEVELS
        )
        return list(filter(exists, paths))

    def write_concept_index(self) -> None:
        """Write the table of the concepts."""
        write_text(self.layout.concept_index, concept_index(self.design.catalog, self.layout))

    def new_definition(self, dryrun: bool) -> list[str]:
        """A file newer than the manifest of a cohort that is now asked for something else.

        Snakemake compares times of files, and a configuration is none; with this file a named
        cohort is made again when, say, ``k_max`` has changed.
        """
        path = self.layout.definition(self.cohort)
        if not self.design.is_stale():
            return list(filter(exists, [path]))
        return [noted(path, self.design.manifest, dryrun)]

    def announcement(self) -> str:
        """What a cohort that is not made yet is going to contain; blank when it is made."""
        if exists(self.layout.membership(self.cohort)):
            return ""
        counts = Counter(member.stage for member in self.design.members())
        asked = ", ".join(f"{counts[stage]} {stage}(s)" for stage in self.design.stages)
        return f"Cohort {self.cohort} is not made yet. It asks for {asked}."

    def make_cohort(self) -> None:
        """Write the cohort's manifest and membership."""
        self._roster = (0, write_cohort(self.design))
        if not self.design.compares:
            self.remove_comparison_tables()

    @cached_property
    def generator(self) -> Generator:
        """What makes generations, with one client per endpoint."""
        return Generator(self.design, Clients(self.settings))

    def ticker(self, wanted: Callable[[], Mapping[Stage, int]]) -> Ticker:
        """The line that tells how far the run is; ``wanted`` counts its generations by stage."""
        return Ticker(self.generator.meter, wanted, lambda: self.generator.clients.in_flight)

    def parsed(self, *stages: Stage) -> list[str]:
        """The parsed.txt of every member of some stages."""
        return [
            self.layout.parsed(stage, gen_id)
            for stage in stages
            for gen_id in self.membership.by_stage[stage]
        ]

    def sources(self, stage: Stage, gen_id: str) -> dict[str, Any]:
        """The files whose change makes a generation out of date, by name.

        Raises:
            CohortError: when the generation is not in the cohort.

        """
        member = self.membership.member(stage, gen_id)
        template = self.design.catalog.template(stage, member.template_id)
        files: dict[str, Any] = {}
        if not template.is_copy:
            files["template"] = self.layout.template(stage, member.template_id)
        if stage == "draft":
            files["descriptions"] = self._descriptions(member)
        elif stage == "essay":
            files["draft"] = self.layout.parsed("draft", member.parent_gen_id)
        elif stage == "comparison":
            files["essays"] = [self.layout.parsed("essay", gen_id) for gen_id in member.parents]
        else:
            files["essay"] = self.layout.parsed("essay", member.parent_gen_id)
        return files

    def _descriptions(self, member: Member) -> list[str]:
        combo = self.design.combo[member.combo_id]
        files = (description_file(self.layout, c, combo.level) for c in combo.concept_ids)
        return [path for path in files if path is not None]

    def make(self, stage: Stage, gen_id: str, log: str, forced: bool = False) -> None:
        """Make one generation; a failure is told in its log.

        Raises:
            DaydreamError: shown to the user as it is.

        """
        with logged(log, f"{stage} {gen_id}"), self.generator.meter.making(stage):
            self.generator.make(self.membership.member(stage, gen_id), forced)

    def failures(self) -> str:
        """What the cohort lacks and why, for the end of a run that failed."""
        try:
            missing = find_missing(self.layout, self.membership)
        except DaydreamError as error:
            return str(error)
        return "\n".join(describe(missing, self.layout))


def share_package(folder: str) -> None:
    """Let ``script:`` processes import the package from where it was imported here."""
    known = os.environ.get("PYTHONPATH", "")
    if folder not in known.split(os.pathsep):
        os.environ["PYTHONPATH"] = folder + (os.pathsep + known if known else "")


def forced_targets(
    forceall: bool, forcetargets: bool, targets: Iterable[str], forcerun: Iterable[str]
) -> str:
    """What ``-F``, ``-f`` and ``-R`` name, in one string that child processes inherit.

    Children are started with a force of their own, so they must not look at their own flags.
    """
    if forceall:
        return "*"
    names = {*forcerun, *(targets if forcetargets else ())}
    return "\n".join(sorted(os.path.normpath(name) for name in names))


def is_forced(rule: str, output: str) -> bool:
    """Whether the user asked for this job by force."""
    names = os.environ.get(FORCED_VARIABLE, "").split("\n")
    return "*" in names or rule in names or os.path.normpath(output) in names
