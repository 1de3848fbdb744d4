"""``daydream audit judges``: what to ask, what it costs, and how far planted texts move judges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from daydream.cli.console import aligned
from daydream.experiment.judge_audit import PLANTS, Planted, audit_name, planted_essays
from daydream.results.judge_audit import Move, moves
from daydream.results.scores import cohort_scores
from daydream.store.layout import exists
from daydream.store.membership import read_membership

if TYPE_CHECKING:
    from daydream.workflow.project import Project


def audited(project: Project, count: int) -> Iterator[str]:
    """Plant texts, say what asking the judges takes, and show what they have answered so far."""
    layout, catalog, cohort = project.layout, project.design.catalog, project.cohort
    templates, judges = catalog.templates("evaluation"), catalog.evaluation_models
    top = min(template.scale.high for template in templates)
    essays = [member.gen_id for member in project.membership.stage("essay")]
    planted = planted_essays(layout, cohort, essays, top, count)
    replicates = catalog.replicates["evaluation"]
    calls = len(planted) * len(templates) * len(judges) * replicates
    name = audit_name(cohort)
    yield (
        f"{len(planted) // len(PLANTS)} essays of {cohort}, each with {len(PLANTS)} planted texts: "
        f"at most {calls} calls, fewer where answers are there. The clean ones are scored already."
    )
    if not exists(layout.membership(name)):
        yield f"What is not there yet, and its cost: daydream plan --config cohort={name}"
        yield f"To ask the judges: snakemake evaluation --config cohort={name}"
        yield "Then this command again."
        return
    yield from _shown(project, name, planted)


def _shown(project: Project, name: str, planted: list[Planted]) -> Iterator[str]:
    membership = read_membership(project.layout.membership(name))
    of = {one.gen_id: (one.clean, one.plant) for one in planted}
    found = moves(cohort_scores(project.layout, membership), of)
    asked = {member.parent_gen_id for member in membership.stage("evaluation")}
    missing = sum(move.n_unpaired for move in found) + len(of.keys() - asked)
    if missing or not found:
        yield f"Answers are missing: snakemake evaluation --config cohort={name}"
    header = ("judge", "template", "planted", "pairs", "clean", "moved by", "went up")
    yield ""
    yield from aligned([header, *map(_cells, found)], texts=3)
    yield ""
    yield (
        "moved by: mean of planted less clean, the same essay before the same judge, in points of "
        "the template's scale."
    )


def _cells(move: Move) -> tuple[str, ...]:
    clean = "-" if move.clean is None else f"{move.clean:.2f}"
    difference = "-" if move.difference is None else f"{move.difference:+.2f}"
    went_up = f"{move.n_up} of {move.n_pairs}"
    return move.judge, move.template, move.plant, str(move.n_pairs), clean, difference, went_up
