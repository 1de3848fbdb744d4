"""The functions of the `daydream` commands: each looks at an opened experiment and yields lines."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from daydream.cli.opening import Opened, own_options
from daydream.store.index import find_cohort
from daydream.store.layout import STAGES, Layout
from daydream.store.status import count_states
from daydream.workflow.project import Project

if TYPE_CHECKING:
    from daydream.archive.verify.run import Subject


def prompts(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Render every prompt whose parent exists, without a call."""
    from daydream.cli.prompts import preview_prompts

    return preview_prompts(project, arguments.stages or STAGES, arguments.show)


def concepts(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """List the concepts that contain some words, with the levels they have."""
    from daydream.cli.concepts import search

    return search(project.design.catalog, project.layout, arguments.words)


def leaderboard(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Show which combinations, templates and models scored best."""
    from daydream.cli.leaderboard import show

    return show(project.layout, project.cohort, arguments.top)


def cohorts(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """List the cohorts: when, how much is made, at what cost, and what they differ in."""
    from daydream.cli.cohorts import show

    return show(Layout(opened[1].data_root))


def compare(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """Compare two cohorts on the essays, or the cells of their designs, that they share."""
    from daydream.cli.compare import compare

    layout = Layout(opened[1].data_root)
    names = [find_cohort(layout, name) for name in (arguments.first, arguments.second)]
    return compare(layout, *names)


def methods(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Print a methods paragraph filled from the cohort's tables."""
    from daydream.cli.methods import rendered
    from daydream.cli.query import opened

    options, cohort = own_options(arguments), arguments.read_cohort
    chosen = ("--cohort", project.cohort) if cohort else ()
    with opened(project.layout, project.membership, with_generations=True) as ask:
        yield from rendered(
            lambda sql: ask(sql).rows,
            arguments.sources,
            lambda command: options.command(command, *chosen),
        )


def status(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Count what of the cohort is wanted, done, missing and failed, by stage and model."""
    from daydream.cli.status import as_json, describe
    from daydream.cli.watch import Watch, look
    from daydream.store.status import count_fallbacks

    if arguments.watch:
        Watch(lambda: look(project)).until_over()
    counts = count_states(project.layout, project.part)
    replaceable = {model.id for model in project.design.catalog.all_models if model.fallback}
    fallbacks = count_fallbacks(project.layout, project.part, replaceable)
    state = (project.cohort, counts, project.design.is_stale())
    if arguments.json:
        return _as_json(as_json(*state, fallbacks))
    return describe(*state, own_options(arguments), fallbacks)


def doctor(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Look at the place: locks, clock, inodes, open files, keys, endpoints; without a paid call."""
    from daydream.cli.doctor import report

    return report(project)


def failures(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Say what of the cohort failed and why, grouped by cause."""
    from daydream.cli.failures import as_json, report
    from daydream.store.failures import find_missing

    missing = find_missing(project.layout, project.part)
    listed = (missing, project.layout, project.cohort)
    if arguments.targets:
        return (project.layout.parsed(f.stage, f.gen_id) for f in missing.failures)
    if arguments.json:
        return _as_json(as_json(*listed))
    return report(*listed, own_options(arguments))


def spend(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Add up calls, tokens and USD by cohort, stage and model, and what of it was wasted."""
    from daydream.cli.spend import as_json, describe
    from daydream.store.spending import of_cohort, of_store, spending

    layout, cohort = project.layout, None if arguments.all else project.cohort
    generations = of_store(layout) if arguments.all else of_cohort(project.part)
    spent = spending(layout, generations)
    title = f"Cohort {cohort}" if cohort else f"Every generation in {layout.under('gens')}"
    return _as_json(as_json(spent, cohort)) if arguments.json else describe(spent, title)


def show(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Show a generation with its concepts, ancestors and children, texts included."""
    from daydream.cli.show import show

    return show(project.layout, project.design.catalog, arguments.gen_id)


def query(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Ask SQL of the cohort's tables, its membership and the metadata of its generations."""
    from daydream.cli import query

    result = query.query(project.layout, project.membership, arguments.sql)
    return query.as_csv(result) if arguments.csv else query.aligned(result)


def plan(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Price what snakemake would do with these targets and options, and say why it would."""
    from daydream.cli.plan import planned

    return planned(project, arguments, own_options(arguments))


def export(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Write the cohort as one archive, with a manifest of hashes, to be given away."""
    from daydream.archive.export import export

    return export(project, arguments.output)


def push(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """Send to object storage what of the data root is newer here; nothing is deleted there."""
    from daydream.cli.push_pull import pushed

    return pushed(opened[1], arguments.address, arguments.overwrite)


def pull(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """Bring from object storage what is newer there; nothing is deleted here."""
    from daydream.cli.push_pull import pulled

    return pulled(opened[1], arguments.address, arguments.overwrite)


def serve(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """Start the one server of an endpoint, for all runs on the data root, until this is ended."""
    from daydream.cli.serve import served

    return served(opened[1], arguments.endpoint)


def snapshot(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """Keep cohorts as they are now, each in an archive under snapshots/ of the data root."""
    from daydream.cli.snapshot import snapshot

    config, settings = opened
    return snapshot(config, Layout(settings.data_root), arguments.cohorts)


def design(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """Show what a cohort's spec asks for and what it costs, before anything runs."""
    from daydream.cli.design import cohort_of, compiled, designed, spec_path

    config, settings = opened
    path = spec_path(arguments.spec, settings)
    if arguments.no_catalog:
        return compiled(path, arguments)
    if path is None:
        return designed(Project(config), arguments)
    cohort = cohort_of(path, settings)
    return designed(Project(config | {"cohort": cohort or settings.cohort}, path), arguments)


def import_essays(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """Put essays from elsewhere into the store, with a cohort that evaluates them."""
    from daydream.cli.design import imported

    return imported(arguments.path, arguments.source, opened[1])


def next_round(opened: Opened, arguments: argparse.Namespace) -> Iterator[str]:
    """Write the spec of a next cohort: the best essays, more replicates and judges."""
    from daydream.cli.rounds import next_round

    return next_round(arguments.cohort, arguments.n, arguments.name, opened[1])


def promote(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Make concepts of essays, so that the next round can build on them."""
    from daydream.cli.rounds import promoted

    return promoted(arguments.essays, project)


def audit(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Plant texts in essays of the cohort, and show how far they move each judge."""
    from daydream.cli.audit import audited

    return audited(project, arguments.n)


def verify(subject: Subject, arguments: argparse.Namespace) -> Iterator[str]:
    """Check that every number follows from the texts behind it, and that no file has changed."""
    from daydream.archive.verify import run, trace_score

    if arguments.score:
        return trace_score.walk(subject, arguments.score)
    if arguments.json:
        return (line for content in run.verify_json(subject) for line in _as_json(content))
    return run.verify(subject, arguments.all)


def _as_json(content: object) -> Iterator[str]:
    yield json.dumps(content, indent=2, ensure_ascii=False)
