"""Paths of all files under `data_root` (the grammar of the Snakefile's header)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Stage = Literal["draft", "essay", "evaluation", "comparison"]
STAGES: tuple[Stage, ...] = get_args(Stage)
# An experiment compares essays only when a template of comparisons is active.
OPTIONAL_STAGES: tuple[Stage, ...] = ("comparison",)
JUDGING: tuple[Stage, ...] = ("evaluation", "comparison")  # their answers hold a result
LEVELS = ("sentence", "paragraph", "article")
FORMS = ("csv", "parquet")
REMOVED = "removed_texts"  # below catalog


@dataclass(frozen=True)
class Layout:
    """Paths as Snakemake wants them: strings that begin with ``data_root`` as the user wrote it.

    Arguments may be wildcards such as ``{gen_id}``.
    """

    root: str

    def under(self, *parts: str) -> str:
        """A path below the data root."""
        return "/".join((self.root.rstrip("/") or "/", *parts))

    def relative(self, path: str) -> str:
        """A path as the tables write it: from the data root on."""
        return path.removeprefix(self.root.rstrip("/") + "/")

    def raw(self, name: str) -> str:
        """A catalog file."""
        return self.under("1_raw", name)

    @property
    def models_csv(self) -> str:
        """The catalog of models."""
        return self.raw("llm_models.csv")

    def templates_csv(self, stage: Stage) -> str:
        """The table of a stage's templates."""
        return self.raw(f"{stage}_templates.csv")

    def template(self, stage: Stage, template_id: str) -> str:
        """A template's text."""
        return self.raw(f"templates/{stage}/{template_id}.txt")

    def system_prompt(self, stage: Stage, template_id: str) -> str:
        """What a model is told before a template's prompt; optional."""
        return self.raw(f"templates/{stage}/{template_id}.system.txt")

    @property
    def seen_texts(self) -> str:
        """Which optional texts runs have seen: system prompts and descriptions."""
        return self.under("catalog", "seen_texts.json")

    def text_change(self, text: str) -> str:
        """A file that has the time when an optional text was found to be gone, or back."""
        return self.under("catalog", REMOVED, self.relative(text).partition("/")[2])

    def description(self, level: str, concept_id: str) -> str:
        """A concept's text at one level."""
        return self.raw(f"concepts/descriptions-{level}/{concept_id}.txt")

    @property
    def curated_combos(self) -> str:
        """The optional list of combos to use instead of all k-subsets."""
        return self.under("2_tasks", "selected_combo_mappings.csv")

    @property
    def selected_essays(self) -> str:
        """The optional list of existing essays to evaluate."""
        return self.under("2_tasks", "selected_essays.txt")

    @property
    def combo_mappings(self) -> str:
        """The append-only dictionary of combo ids."""
        return self.under("combo_mappings.csv")

    @property
    def combo_lock(self) -> str:
        """The file that is held while combos are added to the dictionary."""
        return self.under("combo_mappings.lock")

    @property
    def concept_index(self) -> str:
        """What ``raw_data`` writes: the concepts at a glance."""
        return self.under("catalog", "concept_index.csv")

    def parser_stamp(self, stage: Stage) -> str:
        """The hashes of the sources of a stage's parser, as new as their last change."""
        return self.under("catalog", f"{stage}_parser.json")

    def spec(self, cohort: str) -> str:
        """The optional design of a named cohort."""
        return self.under("cohorts", cohort, "spec", "config.yaml")

    def manifest(self, cohort: str) -> str:
        """What a cohort asks for."""
        return self.under("cohorts", cohort, "manifest.json")

    def definition(self, cohort: str) -> str:
        """What a named cohort was last asked for, written when that differs from its manifest."""
        return self.under("cohorts", cohort, "definition.json")

    def membership(self, cohort: str) -> str:
        """A cohort's generations, a row each."""
        return self.under("cohorts", cohort, "membership.csv")

    def generation(self, stage: Stage, gen_id: str) -> str:
        """The folder of a generation."""
        return self.under("gens", stage, gen_id)

    def parsed(self, stage: Stage, gen_id: str) -> str:
        """A generation's one declared output."""
        return self.under("gens", stage, gen_id, "parsed.txt")

    def scores(self, cohort: str, form: str = "csv") -> str:
        """A row per evaluation of the cohort, in one of ``FORMS``."""
        return self.under("5_parsing", cohort, f"parsed_scores.{form}")

    def comparisons(self, cohort: str, form: str = "csv") -> str:
        """A row per comparison of the cohort, in one of ``FORMS``."""
        return self.under("5_parsing", cohort, f"parsed_comparisons.{form}")

    def summary(self, cohort: str, table: str, form: str = "csv") -> str:
        """A table of the cohort, in one of ``FORMS``."""
        return self.under("6_summary", cohort, f"{table}.{form}")

    def cross(self, table: str, form: str = "csv") -> str:
        """A table over every cohort, in one of ``FORMS``."""
        return self.under("7_cross_experiment", f"{table}.{form}")

    def column_changes(self, cohort: str) -> str:
        """What tables of an earlier version had otherwise, if there were some."""
        return self.under("5_parsing", cohort, "column_changes.json")

    @property
    def cross_filters(self) -> str:
        """The filters with which the tables over every cohort were made, if there were some."""
        return self.under("7_cross_experiment", "filters.json")

    def figure(self, cohort: str, name: str) -> str:
        """A chart of the report as a picture."""
        return self.under("8_report", cohort, "figures", f"{name}.svg")

    @property
    def running_slices(self) -> str:
        """The folder in which each running slice holds a file."""
        return self.under("slices", "running")

    @property
    def runs(self) -> str:
        """The folder in which each run that is under way holds a file."""
        return self.under("runs")

    @property
    def at_work(self) -> str:
        """The folder in which each process that may have others beside it holds a file."""
        return self.under("slices", "at_work")

    def endpoint_file(self, endpoint: str) -> str:
        """Where the server of an endpoint says how it is reached."""
        return self.under("endpoints", f"{endpoint}.json")

    def server_log(self, endpoint: str, host: str) -> str:
        """What the server of an endpoint has said on a host."""
        return self.under("endpoints", f"{endpoint}.{host}.log")

    def slice_order(self, cohort: str, target: str, name: str) -> str:
        """What the job of a slice is to make; ``name`` is such as ``2-of-20``."""
        return self.under("slices", cohort, target, f"{name}.json")

    def slice_mark(self, cohort: str, target: str, name: str) -> str:
        """What the job of a slice leaves when it is over."""
        return self.under("slices", cohort, target, f"{name}.made")

    def snapshot(self, cohort: str, time: str) -> str:
        """An archive of a cohort as it was at some time."""
        return self.under("snapshots", f"{cohort}-{time}.zip")

    def report(self, cohort: str) -> str:
        """The page that a person opens."""
        return self.under("8_report", cohort, "index.html")


def is_given(path: str) -> bool:
    """Whether something stands where a file is optional; if it is no file, reading it says so.

    A folder, or a link that leads nowhere, was meant to be that file: to pass over it would ask for
    another experiment.
    """
    return os.path.lexists(path)


def exists(path: str) -> bool:
    """Whether a layout path is a file."""
    return Path(path).is_file()
