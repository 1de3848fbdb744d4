"""Checks of parsed scores against the generations, and of the tables against those."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from daydream.archive.verify.cells import Comparison, compare, key_columns, unexplained
from daydream.archive.verify.earlier import EarlierAnswers
from daydream.archive.verify.findings import Check, Finding, Outcome, Skip, clipped
from daydream.errors import DaydreamError
from daydream.experiment.ratings import rating_files
from daydream.results.analyses import ANALYSIS, make_analyses
from daydream.results.comparisons import ComparisonRow, cohort_comparisons
from daydream.results.criterion_columns import kind_of
from daydream.results.human import make_human
from daydream.results.names import HUMAN_TABLES, PAIRWISE_TABLES, STORE_TABLES
from daydream.results.pairwise import make_pairwise
from daydream.results.parquet import arrow_table, write_parquet
from daydream.results.scores import ScoreRow, cohort_scores, write_rows
from daydream.results.selection import selection_note
from daydream.results.snapshots import make_snapshots
from daydream.results.summary import SUMMARY, make_summaries
from daydream.store.layout import FORMS, Layout, Stage, exists
from daydream.store.membership import Membership
from daydream.workflow.project import Project

ROUNDING = 1.5e-6  # tables are rounded to six decimals, and processors differ in the last digit
NOT_MADE = "files that were not made"
PARSED_AGAIN = "Make it again: rm {path} && snakemake {path}"
TABLES_AGAIN = (
    "Remove the file and make it again: snakemake results_summary results_analysis (with "
    "the min_coverage of the first time)"
)


class Parsed(NamedTuple):
    """A table of ``5_parsing``: a row for each generation of a stage."""

    name: str
    stage: Stage
    kind: type[NamedTuple]
    rows: Callable[[Layout, Membership], Iterable[NamedTuple]]


class Source(NamedTuple):
    """Tables of ``6_summary`` that one function makes from one table of ``5_parsing``."""

    tables: Iterable[str]
    source: str
    make: Callable[[Sequence[str]], None]


SCORES = Parsed("parsed_scores", "evaluation", ScoreRow, cohort_scores)
COMPARISONS = Parsed("parsed_comparisons", "comparison", ComparisonRow, cohort_comparisons)


def check_parsed(project: Project) -> Iterator[Check]:
    """The tables of ``5_parsing`` have a row per generation, with what its folder says."""
    for parsed in (SCORES, COMPARISONS) if _compares(project) else (SCORES,):
        check = Check(f"cells of {parsed.name} are what the generations say")
        with tempfile.TemporaryDirectory(prefix="daydream-") as scratch:
            yield check.add_all(_parsed(project, parsed, scratch))


def _compares(project: Project) -> bool:
    """Whether there are tables of comparisons; those of a single essay have no row."""
    return project.membership.compares or project.design.compares


def parsed_path(layout: Layout, cohort: str, name: str, form: str = "csv") -> str:
    """A table of ``5_parsing``."""
    return layout.under("5_parsing", cohort, f"{name}.{form}")


def _parsed(project: Project, parsed: Parsed, scratch: str) -> Iterator[Outcome]:
    layout, cohort = project.layout, project.cohort
    try:
        rows = list(parsed.rows(layout, project.membership))
    except DaydreamError as error:
        name = layout.relative(layout.membership(cohort))
        yield Finding(name, "a lineage for every row", str(error), "Restore the file.")
        return
    explain = EarlierAnswers(project).of_result(parsed.stage)
    fresh = {form: os.path.join(scratch, f"{parsed.name}.{form}") for form in FORMS}
    kind = kind_of(rows, parsed.kind)
    write_rows(fresh["csv"], kind, rows)
    write_parquet(fresh["parquet"], arrow_table(kind, rows))
    for form, expected in fresh.items():
        found = parsed_path(layout, cohort, parsed.name, form)
        if exists(found):
            again = PARSED_AGAIN.format(path=found)
            key = (["gen_id"], 0.0, again)
            this = Comparison(layout.relative(found), *key, is_whole=True, explain=explain)
            yield from compare(this, expected, found)
        else:
            yield Skip(NOT_MADE)


def check_tables(project: Project) -> Check:
    """Each table of ``6_summary`` is what the tables of ``5_parsing`` give."""
    check = Check("cells of 6_summary are what the tables of 5_parsing give")
    with tempfile.TemporaryDirectory(prefix="daydream-") as scratch:
        for group in _sources(project):
            check.notes += _older(project.layout, project.cohort, group)
            for table in group.tables:
                check.add_all(_table(project, group, table, scratch))
    unchecked = [project.layout.under("7_cross_experiment"), project.layout.report(project.cohort)]
    for path in map(project.layout.relative, filter(os.path.exists, unchecked)):
        check.notes.append(f"the numbers of {path} are not checked")
    return check.add_all(_unknown(project))


def _sources(project: Project) -> Iterator[Source]:
    layout, cohort, min_coverage = project.layout, project.cohort, project.settings.min_coverage
    scored = (layout.scores(cohort), layout.templates_csv("evaluation"), min_coverage)
    compared = (layout.comparisons(cohort), layout.membership(cohort), min_coverage)
    yield Source(SUMMARY, SCORES.name, partial(make_summaries, *scored))
    versions_of = partial(make_snapshots, layout.membership(cohort))
    yield Source(STORE_TABLES, SCORES.name, versions_of)
    versions = layout.summary(cohort, "snapshots")
    analyses = partial(
        make_analyses,
        *scored,
        snapshots=versions if exists(versions) else None,
        selection=selection_note(layout.membership(cohort)),
    )
    yield Source(ANALYSIS, SCORES.name, analyses)
    if _compares(project):
        yield Source(PAIRWISE_TABLES, COMPARISONS.name, partial(make_pairwise, *compared))
    if ratings := rating_files(layout):
        rated = (layout.scores(cohort), ratings, layout.membership(cohort), min_coverage)
        yield Source(HUMAN_TABLES, SCORES.name, partial(make_human, *rated))


def _older(layout: Layout, cohort: str, group: Source) -> Iterator[str]:
    source = parsed_path(layout, cohort, group.source)
    for path in (layout.summary(cohort, table) for table in group.tables):
        if exists(path) and exists(source) and _time(path) < _time(source):
            yield f"{layout.relative(path)} is older than {group.source}.csv"


def _time(path: str) -> int:
    return os.stat(path).st_mtime_ns


def _table(project: Project, group: Source, table: str, scratch: str) -> Iterator[Outcome]:
    layout, cohort = project.layout, project.cohort
    paths = [layout.summary(cohort, table, form) for form in FORMS]
    source = parsed_path(layout, cohort, group.source)
    if not exists(source) or not any(map(exists, paths)):
        yield from (Skip(NOT_MADE if exists(source) else f"no {group.source}.csv") for _ in paths)
        return
    fresh = [os.path.join(scratch, f"{table}.{form}") for form in FORMS]
    try:
        group.make(fresh)
    except Exception as error:  # of a table that was tampered with pandas may make anything
        problem = f"{type(error).__name__}: {clipped(str(error))}"
        again = PARSED_AGAIN.format(path=source)
        yield Finding(layout.relative(source), f"a table that makes {table}", problem, again)
        return
    keys = key_columns(fresh[FORMS.index("parquet")])
    # Of these tables alone the source is the store, which has the later answers.
    explain = EarlierAnswers(project).of_snapshots if table in STORE_TABLES else unexplained
    for expected, found in zip(fresh, paths, strict=True):
        this = Comparison(layout.relative(found), keys, ROUNDING, TABLES_AGAIN, explain=explain)
        yield from compare(this, expected, found) if exists(found) else [Skip(NOT_MADE)]


def _unknown(project: Project) -> Iterator[Outcome]:
    """Tables that somebody else made."""
    known = {table for group in _sources(project) for table in group.tables}
    folder = Path(project.layout.under("6_summary", project.cohort))
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else ():
        if path.stem not in known:
            yield Skip(f"{path.name} is no table of this workflow")
