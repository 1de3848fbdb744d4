"""The overview of a report: what ran, when, at what cost, what is missing and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from daydream.experiment.next_steps import NextStep, Options, next_steps
from daydream.formats import known_usd, printable
from daydream.report import grid
from daydream.report.data import ReportTables
from daydream.report.essays import essays_of
from daydream.report.grid import Cell, Column, Grid
from daydream.report.text import link, plural
from daydream.store.failures import Failure, Missing, by_cause, find_missing
from daydream.store.layout import JUDGING, Layout, Stage
from daydream.store.membership import Membership
from daydream.store.spending import Spending, Tally, of_cohort, spending
from daydream.store.status import STATES

EXAMPLES = 5


class Asked(NamedTuple):
    """One kind of thing that the cohort was made of, and which there were."""

    what: str
    names: tuple[str, ...]


class Example(NamedTuple):
    """A generation that failed, and where to read of it."""

    gen_id: str
    href: str


class Cause(NamedTuple):
    """Failures that have a cause in common."""

    times: int
    stage: str
    kind: str
    message: str
    examples: tuple[Example, ...]


class Overview(NamedTuple):
    """What a reader should know before any number.

    ``coverage`` is scored of expected evaluations; ``first`` and ``last`` are UTC, blank when no
    metadata tell.
    """

    asked: tuple[Asked, ...]
    first: str
    last: str
    coverage: Cell
    essays: str
    cost: str
    stages: Grid
    causes: tuple[Cause, ...]
    not_made: str
    refused: str
    budget: str
    commands: tuple[NextStep, ...]


def overview(layout: Layout, membership: Membership, tables: ReportTables) -> Overview:
    """Count what there is, and read the ledgers for what it cost."""
    spent = spending(layout, of_cohort(membership))
    missing = find_missing(layout, membership)
    answered = sorted(tables.generations["answered_at"].dropna())
    return Overview(
        asked=tuple(_asked(tables)),
        first=_moment(answered[:1]),
        last=_moment(answered[-1:]),
        coverage=_coverage(tables),
        essays=_essays(tables.generations),
        cost=_dollars(spent.total),
        stages=_stages(tables, spent),
        causes=tuple(_causes(missing, membership)),
        not_made=_counts(missing.not_made),
        refused=_counts(missing.refused),
        budget=printable(missing.budget),
        commands=tuple(next_steps(missing.failures, layout, Options())),
    )


def _asked(tables: ReportTables) -> Iterable[Asked]:
    names, members = tables.names, tables.generations
    drafts, essays = members[members["stage"] == "draft"], essays_of(members)
    combos = list(dict.fromkeys(drafts["combo_id"]))
    known = [names.combos[combo] for combo in combos if combo in names.combos]
    concepts = dict.fromkeys(concept_id for combo in known for concept_id in combo.concept_ids)
    yield Asked(
        "concepts", tuple(names.concepts.get(concept_id, concept_id) for concept_id in concepts)
    )
    yield Asked("combinations", tuple(names.combo(combo) for combo in combos))
    yield _used(tables, "draft templates", "draft_template", drafts["template_id"])
    yield _used(tables, "essay templates", "generation_template", essays["template_id"])
    scores = tables.scores
    for what, column in (
        ("evaluation templates", "evaluation_template"),
        ("generation models", "generation_model"),
        ("evaluator models", "evaluation_llm_model"),
    ):
        yield _used(tables, what, column, scores[column])
    compared = members[members["stage"] == "comparison"]
    if len(compared):
        yield _used(tables, "comparison templates", "comparison_template", compared["template_id"])
    for stage, part in members.groupby("stage", sort=False):
        count = int(part["replicate"].max())
        if count > 1:
            yield Asked(f"replicates of each {stage}", tuple(str(n + 1) for n in range(count)))


def _used(tables: ReportTables, what: str, column: str, values: pd.Series) -> Asked:
    return Asked(
        what, tuple(tables.names.of(column, value) for value in dict.fromkeys(values) if value)
    )


def _moment(times: list[str]) -> str:
    return f"{times[0][:16].replace('T', ' ')} UTC" if times else ""


def _coverage(tables: ReportTables) -> Cell:
    expected, valid = len(tables.scores), int(tables.scores["score"].notna().sum())
    is_ok = expected > 0 and valid >= tables.min_coverage * expected - 1e-9
    return grid.coverage(valid, expected, is_ok)


def _essays(generations: pd.DataFrame) -> str:
    essays = essays_of(generations)
    return f"{(essays['status'] == 'done').sum():,} of {len(essays):,}"


def _stages(tables: ReportTables, spent: Spending) -> Grid:
    texts, counts = ("Stage", "Model"), ("Wanted", "Made", "Not made", "Failed", "Refused")
    spendings = ("Calls", "Tokens in", "Tokens out", "Cost, USD")
    columns = [Column(text) for text in texts] + [Column(n, True) for n in (*counts, *spendings)]
    costs: dict[tuple[str, str], Tally] = {}
    for group, tally in spent.groups.items():
        key = (group.stage, group.model)
        costs[key] = costs.get(key, Tally()) + tally
    rows: list[tuple[Cell, ...]] = []
    for stage, part in tables.generations.groupby("stage", sort=False):
        models = {
            str(model): rows_of for model, rows_of in part.groupby("llm_model_id", sort=False)
        }
        own = {model: costs.get((str(stage), model), Tally()) for model in models}
        if len(models) > 1:
            rows.append(_stage(str(stage), grid.every("models"), part, sum(own.values(), Tally())))
        for model, rows_of in models.items():
            name = tables.names.of("llm_model_id", model)
            rows.append(_stage(str(stage), name, rows_of, own[model]))
    caption = "Generations, calls and cost by stage and model"
    note = (
        "Calls and cost are of all attempts in the ledgers, failed and replaced ones too. "
        "Copied essays take no call."
    )
    return Grid("stages", caption, tuple(columns), tuple(rows), note)


def _stage(stage: str, model: str, part: pd.DataFrame, tally: Tally) -> tuple[Cell, ...]:
    states = part["status"].value_counts()
    counts = [len(part), *(int(states.get(state, 0)) for state in STATES)]
    return (
        Cell(stage),
        Cell(model),
        *(grid.whole(count) for count in counts),
        *(grid.whole(count) for count in (tally.calls, tally.tokens_in, tally.tokens_out)),
        Cell(_dollars(tally) if tally.calls else "0", tally.usd_known),
    )


def _causes(missing: Missing, membership: Membership) -> Iterable[Cause]:
    for shared, group in by_cause(missing.failures).items():
        examples = tuple(_example(failure, membership) for failure in group[:EXAMPLES])
        message = printable(group[0].message)
        yield Cause(len(group), shared.stage, shared.kind, message, examples)


def _example(failure: Failure, membership: Membership) -> Example:
    """The page of the essay that failed, or of the first one that waits for the draft."""
    if failure.stage == "essay":
        return Example(failure.gen_id, f"essays/{link(failure.gen_id)}.html")
    if failure.stage in JUDGING:
        essay = membership.member(failure.stage, failure.gen_id).parent_gen_id
        return Example(failure.gen_id, f"essays/{link(essay)}.html#{link(failure.gen_id)}")
    essays = (
        member for member in membership.stage("essay") if member.parent_gen_id == failure.gen_id
    )
    waiting = next(essays, None)
    return Example(failure.gen_id, f"essays/{link(waiting.gen_id)}.html" if waiting else "")


def _counts(counts: Mapping[Stage, int]) -> str:
    return ", ".join(plural(count, stage) for stage, count in counts.items() if count)


def _dollars(tally: Tally) -> str:
    return known_usd(tally.usd_known, tally.calls_of_unknown_price)
