"""The trace of one score, step by step: pivot, scores, answer, prompt, essay, draft, concepts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

from daydream.archive.verify.cells import is_close, read_cells
from daydream.archive.verify.findings import Finding, Outcome, Skip, clipped, finding_lines
from daydream.archive.verify.folder import StoredGeneration, text_of
from daydream.archive.verify.run import Subject, tools
from daydream.archive.verify.table_checks import PARSED_AGAIN, ROUNDING, TABLES_AGAIN
from daydream.errors import DaydreamError, VerificationError
from daydream.experiment.combinations import read_mappings
from daydream.results.pivots import GENERATION
from daydream.results.scores import ScoreRow, cohort_scores
from daydream.results.summary import make_summaries
from daydream.store.index import find_id
from daydream.store.layout import exists
from daydream.store.membership import Member, Membership
from daydream.workflow.project import Project

PIVOT = "generation_scores_pivot"
_BLOCK = ("", "_min", "_max", "_n_expected", "_n")


class Step(NamedTuple):
    """What was looked at, and what came of it."""

    description: str
    outcome: Outcome


def walk(subject: Subject, gen_id_or_prefix: str) -> Iterator[str]:
    """Lines that follow one evaluation's score back to its concepts.

    Raises:
        CohortError: when the cohort has no such evaluation, or a parent of it is lost.
        VerificationError: at the end, when a step does not hold.
    """
    if subject.project is None:
        raise DaydreamError(subject.problem)
    steps = _steps(subject.project, gen_id_or_prefix)
    wrong = 0
    for step in steps:
        yield from _lines(step)
        wrong += isinstance(step.outcome, Finding)
    if subject.files is not None and subject.files.findings:
        yield from subject.files.described()
        wrong += len(subject.files.findings)
    if wrong:
        raise VerificationError(f"{wrong} step(s) do not hold. Each is named above, as BAD.")


def _lines(step: Step) -> Iterator[str]:
    if isinstance(step.outcome, Skip):
        yield f"-     {step.description}: not checkable, {step.outcome.reason}"
    elif step.outcome is None:
        yield f"ok    {step.description}"
    else:
        yield f"BAD   {step.description}"
        yield from finding_lines(step.outcome)


def _steps(project: Project, gen_id_or_prefix: str) -> Iterator[Step]:
    members = project.membership
    gen_id = find_id(gen_id_or_prefix, members.by_stage["evaluation"])
    lineage = members.lineage(members.member("evaluation", gen_id))
    (row,) = cohort_scores(project.layout, Membership(project.cohort, lineage.values()))
    yield from _pivot(project, row)
    yield from _scores(project, row)
    for stage in ("evaluation", "essay", "draft"):
        yield from _generation(project, lineage[stage])
    yield from _concepts(project, lineage["draft"])


def _pivot(project: Project, row: ScoreRow) -> Iterator[Step]:
    """The cells of the pivot that this score is part of."""
    layout = project.layout
    scores, pivot = layout.scores(project.cohort), layout.summary(project.cohort, PIVOT)
    name = layout.relative(pivot)
    if not exists(scores) or not exists(pivot):
        yield Step(name, Skip("it was not made"))
        return
    with tempfile.TemporaryDirectory(prefix="daydream-") as scratch:
        fresh = os.path.join(scratch, f"{PIVOT}.csv")
        scales = layout.templates_csv("evaluation")
        make_summaries(scores, scales, project.settings.min_coverage, [fresh])
        expected, has = _row(fresh, row), _row(pivot, row)
    label = f"{row.evaluation_llm_model}_{row.evaluation_template}"
    for column in (label + suffix for suffix in _BLOCK):
        should, stands = expected.get(column, "no such cell"), has.get(column, "no such cell")
        same = should == stands or is_close(should, stands, ROUNDING)
        description = f"{name}, row of {row.parent_gen_id}, column {column}"
        yield Step(
            f"{description}: {stands}",
            None if same else Finding(description, should, stands, TABLES_AGAIN),
        )


def _row(path: str, row: ScoreRow) -> dict[str, str]:
    """The pivot's row of a score, by column; empty when it has none."""
    table = read_cells(path)
    key = {name: getattr(row, name) for name in GENERATION}
    rows = (dict(zip(table.columns, cells, strict=True)) for cells in table.rows)
    return next((r for r in rows if key.items() <= r.items()), {})


def _scores(project: Project, row: ScoreRow) -> Iterator[Step]:
    """The row of ``parsed_scores.csv``."""
    path = project.layout.scores(project.cohort)
    name = project.layout.relative(path)
    if not exists(path):
        yield Step(name, Skip("it was not made"))
        return
    table = read_cells(path)
    rows = (dict(zip(table.columns, cells, strict=True)) for cells in table.rows)
    stored = next((r for r in rows if r.get("gen_id") == row.gen_id), {})
    for column, value in row._asdict().items():
        expected = "" if value is None else str(value)
        if stored.get(column) != expected:
            where, has = f"{name}, row {row.gen_id}, column {column}", stored.get(column)
            again = PARSED_AGAIN.format(path=path)
            finding = Finding(where, clipped(expected), clipped(str(has)), again)
            yield Step(where, finding)
            return
    yield Step(f"{name}, row {row.gen_id}: score {row.score}", None)


def _generation(project: Project, member: Member) -> Iterator[Step]:
    rows, generations = tools(project)
    stored, name = StoredGeneration(project.layout, member), f"{member.stage} {member.gen_id}"
    if stored.parsed is None:
        yield Step(f"{name}", Skip("it is not made"))
        return
    used = "its draft, word for word" if generations.is_copy(stored) else "what the parser takes"
    if member.stage == "evaluation":
        used = f"{text_of(stored.parsed).strip()}, {used}"
    yield Step(f"{name}: parsed.txt is {used}", generations.check_parsed(stored))
    if not generations.is_copy(stored):
        yield Step(f"{name}: raw.txt is the answer in the ledger", generations.check_answer(stored))
        yield Step(f"{name}: the answer is to prompt.txt", generations.check_fingerprint(stored))
        yield Step(
            f"{name}: prompt.txt is the one that was asked", generations.check_prompt(stored)
        )
        source = f"template {member.template_id} and what it shows"
        yield Step(f"{name}: prompt.txt renders from {source}", generations.check_rendering(stored))
    yield Step(f"{name}: its id is the hash of its row", rows.check_id(stored))
    yield Step(f"{name}: metadata.json says what the row says", rows.check_metadata(stored))


def _concepts(project: Project, draft: Member) -> Iterator[Step]:
    rows, _ = tools(project)
    combo = read_mappings(project.layout).get(draft.combo_id)
    names = ", ".join(combo.concept_ids) if combo else "unknown concepts"
    yield Step(f"combo {draft.combo_id}: {names}", rows.check_combo(draft.combo_id))
