"""The texts and prompts of a run as they will be, from the ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import LedgerError, PromptError
from daydream.store.layout import STAGES
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.plan.planning import make_plan
from daydream.workflow.plan.reasons import by_times
from daydream.workflow.plan.reuse import ReusableAnswers
from daydream.workflow.project import Project
from tests.support.workspace import Workspace
from tests.unit.workflow.conftest import Open

DRAFT = Path("data/1_raw/templates/draft/plain.txt")


def reusable(project: Project) -> ReusableAnswers:
    members = list(project.design.members())
    by_stage = {s: {m.gen_id: m for m in members if m.stage == s} for s in STAGES}
    return ReusableAnswers(project, by_times(project), by_stage)


def make_all(project: Project) -> None:
    generator = GenerationJobs(project).generator
    for member in project.design.members():
        generator.make(member)


def test_what_is_not_made_is_not_known(open_project: Open) -> None:
    answers = reusable(open_project())
    draft = next(iter(answers.members["draft"].values()))
    essay = next(iter(answers.members["essay"].values()))
    assert answers.prompt(draft) is not None and not answers.may_be_cached(draft)
    assert answers.prompt(essay) is None
    with pytest.raises(PromptError, match="not made yet"):
        answers.text("draft", draft.gen_id)


def test_an_earlier_answer_gives_the_text_that_its_children_will_see(
    open_project: Open, work: Workspace
) -> None:
    make_all(open_project())
    draft = next(m.gen_id for m in open_project().design.members() if m.stage == "draft")
    before, text = work.gen("draft", draft).read_text(), DRAFT.read_text()
    work.edit(DRAFT, "Otherwise: {% for c in concepts %}{{ c.name }} {% endfor %}")
    make_all(open_project())
    assert work.gen("draft", draft).read_text() != before
    work.edit(DRAFT, text)
    answers = reusable(open_project())
    assert answers.text("draft", draft) == before
    assert all(map(answers.is_cached, answers.members["draft"].values()))
    assert answers.prompt_of_draft(draft).startswith("[plain] Connect these")
    essay = next(m for m in answers.members["essay"].values() if not answers.is_copy(m))
    assert answers.is_cached(essay)


def test_a_draft_that_stays_is_read_from_the_store(open_project: Open, work: Workspace) -> None:
    make_all(open_project())
    answers = reusable(open_project())
    draft = next(iter(answers.members["draft"]))
    assert answers.text("draft", draft) == work.gen("draft", draft).read_text()
    assert answers.prompt_of_draft(draft) == work.gen("draft", draft, "prompt.txt").read_text()
    work.gen("draft", draft).unlink()
    with pytest.raises(PromptError, match="no part of the run"):
        answers.text("draft", draft)


@pytest.mark.parametrize("is_gone", [False, True])
def test_an_answer_that_was_lost_is_neither_reused_nor_bought_and_the_plan_says_so(
    is_gone: bool, open_project: Open, work: Workspace
) -> None:
    make_all(open_project())
    draft = next(m.gen_id for m in open_project().design.members() if m.stage == "draft")
    ledger = work.gen("draft", draft, "attempts.jsonl")
    work.gen("draft", draft).unlink()
    if is_gone:
        ledger.unlink()
    else:
        ledger.write_text("")
    plan = make_plan(open_project())
    (row,) = (row for row in plan.rows if row.stage == "draft")
    assert (row.made, row.reused, row.to_buy, row.blocked) == (2, 0, 0, 1)
    assert (plan.to_buy, plan.blocked) == (0, 1 + 1 + 2) and plan.copies == 0
    (warning,) = (text for text in plan.warnings if "not be made" in text)
    assert f"{draft}/attempts.jsonl has no answer" in warning
    with pytest.raises(LedgerError, match="has no answer"):
        make_all(open_project())
