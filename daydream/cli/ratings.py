"""Ratings by people: sheets to fill in, their storage, what to rate next: `daydream ratings`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from daydream.cli.opening import own_options
from daydream.errors import CohortError, DaydreamError
from daydream.experiment.essay_title import read_opening
from daydream.experiment.model import Template
from daydream.experiment.ratings import add_ratings, rating_files, read_ratings
from daydream.generation.prompts import read_text
from daydream.generation.template_check import stand_in_prompt
from daydream.report.rating_sheet import SheetEssay, choose, write_sheet
from daydream.results.csv_text import csv_text
from daydream.store.layout import exists
from daydream.workflow.project import Project

HIDDEN = "[the essay]"
_HEADER = ("gen_id", "evaluation_template", "score", "comment", "title", "file")


def ratings(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Write blind rating sheets for people, store their scores, or name what to rate next."""
    return _ACTIONS[arguments.action](project, arguments)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions ``sheet``, ``add`` and ``next``, with their options."""
    parser.add_argument(
        "action",
        choices=sorted(_ACTIONS),
        help="sheet: pages to rate on; next: a CSV of what to rate next; add: store ratings",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="add: a CSV that was filled in")
    parser.add_argument("--rater", metavar="NAME", help="add: who rated")
    parser.add_argument("--n", type=int, default=60, help="sheet, next: essays (default 60)")
    parser.add_argument("--raters", type=int, default=1, help="sheet: pages to write (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="sheet: of the random choice")
    parser.add_argument("--template", metavar="ID", help="evaluation template (default: the first)")


def sheet(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Write a page and a CSV for each rater, the same essays in an order of each one's own."""
    template = _template(project, arguments.template)
    if arguments.n < 1 or arguments.raters < 1:
        raise DaydreamError("--n and --raters count from 1.")
    chosen = choose(_essays(project), arguments.n, arguments.seed)
    layout = project.layout
    texts = [SheetEssay(i, read_text(layout.parsed("essay", i))) for i in chosen]
    rubric = _rubric(project, template)
    folder = layout.under("8_report", project.cohort, "ratings")
    for rater in range(1, arguments.raters + 1):
        path = f"{folder}/{template.template_id}-{rater}"
        seed = 1000 * arguments.seed + rater
        yield from write_sheet(path, texts, template.template_id, rubric, template.scale, seed)
    yield f"{len(chosen)} essay(s), chosen at random with seed {arguments.seed}. Open a page, rate,"
    yield f"save its file (or fill in the CSV beside it), then: {_add_command(arguments)}"


def add(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Check a file of ratings and store it; with a fault nothing is stored."""
    if not arguments.file or not arguments.rater:
        raise DaydreamError("ratings add: name the file and the rater: FILE --rater NAME.")
    scales = {t.template_id: t.scale for t in project.design.catalog.all_templates["evaluation"]}
    essays = set(_essays(project))
    new = add_ratings(project.layout, arguments.file, arguments.rater, essays, scales)
    yield f"{new} new rating(s) stored in {project.layout.raw(f'ratings/{arguments.rater}.csv')}"
    yield "Make their tables: snakemake results_analysis"


def next_essays(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """The essays whose rating would narrow the corrected means most, as a CSV to fill in.

    What to do with it goes to standard error, so that the CSV can be written to a file.

    The variance of a level's human mean, s^2 / n, falls most where n is least; so essays are
    taken from the levels (generation model x essay template) with the fewest ratings, at random
    within a level.
    """
    template = _template(project, arguments.template)
    if arguments.n < 1:
        raise DaydreamError("--n counts from 1.")
    rated = {
        rating.gen_id
        for rating in read_ratings(rating_files(project.layout))
        if rating.evaluation_template == template.template_id
    }
    essays = {i: project.membership.member("essay", i) for i in _essays(project)}
    levels = {i: (m.llm_model_id, m.template_id) for i, m in essays.items()}
    counts = Counter(levels[gen_id] for gen_id in rated & set(levels))
    waiting = choose(sorted(set(essays) - rated), len(essays), arguments.seed)
    if not waiting:
        yield f"Every essay is rated under {template.template_id}."
        return
    chosen = list(_least_rated_first(waiting, levels, counts, arguments.n))
    rows = (_to_fill_in(project, template, gen_id) for gen_id in chosen)
    yield csv_text([_HEADER, *rows]).removesuffix("\n")
    print(_how_to_rate(template, arguments), file=sys.stderr)


def _to_fill_in(project: Project, template: Template, gen_id: str) -> tuple[str, ...]:
    path = project.layout.parsed("essay", gen_id)
    return (gen_id, template.template_id, "", "", read_opening(read_text(path)).name, path)


def _how_to_rate(template: Template, arguments: argparse.Namespace) -> str:
    scale = f"{template.scale.low:g} to {template.scale.high:g}"
    return (
        f"Read each file and write a score, {scale}, into a copy of these lines (the command with\n"
        "> ratings.csv makes one); leave it blank to skip an essay. Then:\n"
        f"  {_add_command(arguments)}\n"
        "`daydream show` would tell what judges have given. With a browser: daydream ratings sheet"
    )


def _add_command(arguments: argparse.Namespace) -> str:
    options = own_options(arguments)
    return options.command("daydream ratings add", "ratings.csv", "--rater", "NAME")


def _least_rated_first(
    waiting: list[str],
    levels: Mapping[str, tuple[str, str]],
    counts: Counter[tuple[str, str]],
    count: int,
) -> Iterator[str]:
    for _ in range(min(count, len(waiting))):
        gen_id = min(waiting, key=lambda i: counts[levels[i]])  # ties: the random order
        waiting.remove(gen_id)
        counts[levels[gen_id]] += 1
        yield gen_id


def _essays(project: Project) -> list[str]:
    """The essays of the cohort that are made."""
    members = project.membership.essays
    gen_ids = [m.gen_id for m in members if exists(project.layout.parsed("essay", m.gen_id))]
    if not gen_ids:
        raise CohortError("no essay of this cohort is made yet. Make them: snakemake")
    return gen_ids


def _template(project: Project, template_id: str | None) -> Template:
    catalog = project.design.catalog
    if template_id is None:
        return catalog.templates("evaluation")[0]
    return catalog.template("evaluation", template_id)


def _rubric(project: Project, template: Template) -> str:
    path = project.layout.template("evaluation", template.template_id)
    if not Path(path).is_file():
        return ""
    return stand_in_prompt(project.design, template, essay=HIDDEN).text


_ACTIONS = {"sheet": sheet, "add": add, "next": next_essays}
