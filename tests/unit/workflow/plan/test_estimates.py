"""Tokens and dollars of coming calls, from past ones."""

from __future__ import annotations

import pytest

from daydream.experiment.model import Model
from daydream.workflow.plan.estimates import MIN_SHARE, Estimator, History, Past
from tests.support.workspace import Workspace
from tests.unit.workflow.conftest import Open

PAST = tuple(Past("draft", "plain", "writer", 100, 200, out) for out in (10, 20, 30, 40, 50))


def model(**columns: object) -> Model:
    return Model("writer", "lab/writer", "W", True, True, "mock", **columns)  # type: ignore[arg-type]


def test_a_prompt_is_counted_as_its_model_has_billed_before(open_project: Open) -> None:
    project = open_project()
    draft = next(project.design.members())
    assert Estimator(project.design, History()).tokens_in(draft, "x" * 396) == 100
    assert Estimator(project.design, History(PAST)).tokens_in(draft, "x" * 396) == 200
    assert Estimator(project.design, History(PAST)).tokens_in(draft, None) == 200


def test_an_answer_is_within_what_was_seen_and_what_is_allowed(open_project: Open) -> None:
    design = open_project().design
    known, unknown = Estimator(design, History(PAST)), Estimator(design, History(PAST[:4]))
    assert known.tokens_out("draft", model()) == pytest.approx((14, 46))
    assert known.tokens_out("draft", model(max_tokens=30)) == (14, 30)
    assert unknown.tokens_out("draft", model(max_tokens=30)) == (MIN_SHARE * 30, 30)


def test_dollars_are_at_list_prices_and_unknown_without(open_project: Open) -> None:
    estimator = Estimator(open_project().design, History())
    assert estimator.usd(model(price_in=1.0, price_out=2.0), 1e6, 1e6) == pytest.approx(3)
    assert estimator.usd(model(), 1e6, 1e6) is None


def test_a_damaged_folder_of_the_store_is_no_history(open_project: Open, work: Workspace) -> None:
    for name, content in (("d_1", "{"), ("d_2", "[]"), ("d_3", "{}")):
        folder = work.data / "gens" / "draft" / name
        folder.mkdir(parents=True)
        (folder / "metadata.json").write_text(content)
        (folder / "prompt.txt").write_text("x")
    assert History.read(open_project().layout, 100).past == ()
