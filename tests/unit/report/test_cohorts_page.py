"""The page of the report with every cohort of a data root."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from daydream.report.cohorts_page import _levels, cohort_grids
from daydream.report.data import gather
from daydream.results.cross import make_cross
from daydream.results.scores import cohort_scores, store_scores, write_scores
from daydream.store.membership import Member, Membership
from tests.support.report_store import ReportStore, Size

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ReportStore:
    made = ReportStore(tmp_path_factory.mktemp("store"), Size(5, 1, 2, 2, 1, 1))
    made.tabulate()
    return made


def tabulate(store: ReportStore, *cohorts: str) -> None:
    layout = store.layout
    every = layout.cross("parsed_scores")
    write_scores(every, store_scores(layout))
    scales = layout.templates_csv("evaluation")
    tables = [layout.scores(name) for name in cohorts]
    make_cross(every, scales, tables, {}, 0.9, [layout.cross("cohort_levels")])


def half(membership: Membership) -> Membership:
    """A cohort of the same generations by one of the two models."""
    members: list[Member] = []
    texts: set[str] = set()
    for stage in ("draft", "essay", "evaluation"):
        for member in membership.stage(stage):
            is_wanted = member.parent_gen_id in texts or stage == "draft"
            if is_wanted and (stage == "evaluation" or member.llm_model_id == "small"):
                members.append(member._replace(cohort_id="half"))
                texts.add(member.gen_id)
    return Membership("half", members)


def test_the_only_cohort_has_nothing_beside_it(store: ReportStore) -> None:
    tabulate(store, "trial")
    assert cohort_grids(store.layout, gather(store.layout, store.membership, 0.9)) == []


def test_cohorts_stand_side_by_side_and_are_compared_on_what_they_share(store: ReportStore) -> None:
    layout, other = store.layout, half(store.membership)
    other.write(layout.membership("half"))
    write_scores(layout.scores("half"), cohort_scores(layout, other))
    tabulate(store, "trial", "half")
    grids = {one.name: one for one in cohort_grids(layout, gather(layout, store.membership, 0.9))}
    against = [[cell.text for cell in row] for row in grids["cohorts_against"].rows]
    assert against[0][:2] == ["half", "Question 0"]
    assert against[0][8].endswith("10 of 10 evaluations are in both")
    whole = [[cell.text for cell in row] for row in grids["cohorts_cohort"].rows]
    assert [row[0] for row in whole] == ["half", "trial"]
    assert [row[-2] for row in whole] == ["10 of 10", "20 of 20"]
    models = [[cell.text for cell in row][:2] for row in grids["cohorts_generation_model"].rows]
    assert models == [
        ["trial", "The middle model"],
        ["half", "The small model"],
        ["trial", "The small model"],
    ]
    text = Path(layout.cross("cohort_levels")).read_text()
    assert text.startswith("cohort_id,axis,level,evaluation_template,n_templates,mean,")


def test_a_composite_stands_behind_the_templates_that_it_is_made_of(store: ReportStore) -> None:
    tabulate(store, "trial")
    rows = pd.read_csv(store.layout.cross("cohort_levels"), keep_default_na=False)
    one = rows[rows["axis"] == "cohort"]
    composite = one.assign(evaluation_template="all", n_templates=2)
    tables = gather(store.layout, store.membership, 0.9)
    found = _levels(tables, "cohort", pd.concat([composite, one]))
    assert [row[1].text for row in found.rows] == ["Question 0", "composite of 2"]
