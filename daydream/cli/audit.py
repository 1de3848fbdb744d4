"""``daydream audit judges``: what to ask, what it costs, and how far planted texts move judges."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from daydream.cli.console import aligned
from daydream.experiment.judge_audit import PLANTS, Planted, audit_name, planted_essays
from daydream.results.judge_audit import Move, moves
from daydream.results.scores import cohort_scores
from daydream.store.ids import generation_id
from daydream.store.layout import exists
from daydream.store.membership import read_membership

if TYPE_CHECKING:
    from daydream.workflow.project import Project


def audited(project: Project, count: int) -> Iterator[str]:
    """Plant texts, say what asking the judges takes, and show what they have answered so far."""
    layout, catalog, cohort = project.layout, project.design.catalog, project.cohort
    top = min(template.scale.high for template in catalog.templates("evaluation"))
    essays = [member.gen_id for member in project.membership.essays]
    planted = planted_essays(layout, cohort, essays, top, count)
    name = audit_name(cohort)
    clean = list(dict.fromkeys(essay.clean for essay in planted))
    calls = _not_made(project, [*clean, *(essay.gen_id for essay in planted)])
    yield (
        f"{len(clean)} essays of {cohort}, each clean and with {len(PLANTS)} planted texts: "
        f"{calls} evaluations are not made yet"
    )
    if not exists(layout.membership(name)):
        yield f"What is not there yet, and its cost: daydream plan --config cohort={name}"
        yield f"To ask the judges: snakemake evaluation --config cohort={name}"
        yield "Then this command again."
        return
    yield from _shown(project, name, planted)


def _not_made(project: Project, essays: list[str]) -> int:
    """How many evaluations of these essays there are not, by all judges under all templates."""
    catalog, layout = project.design.catalog, project.layout
    axes = product(
        essays,
        catalog.templates("evaluation"),
        catalog.evaluation_models,
        range(1, catalog.replicates["evaluation"] + 1),
    )
    ids = (generation_id("evaluation", e, t.template_id, m.id, n) for e, t, m, n in axes)
    return sum(not exists(layout.parsed("evaluation", gen_id)) for gen_id in ids)


def _shown(project: Project, name: str, planted: list[Planted]) -> Iterator[str]:
    membership = read_membership(project.layout.membership(name))
    of = {essay.gen_id: (essay.clean, essay.plant) for essay in planted}
    found = moves(cohort_scores(project.layout, membership), of)
    judged = {member.parent_gen_id for member in membership.stage("evaluation")}
    missing = sum(move.n_unpaired for move in found) + len(of.keys() - judged)
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
