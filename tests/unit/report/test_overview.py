"""The overview of a report: what was asked, what there is, what it cost, and what failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daydream.report.data import gather
from daydream.report.overview import EXAMPLES, Overview, overview
from daydream.results.scores import cohort_scores, write_scores
from tests.support.report_store import ReportStore, Size

FAILURE = ("timeout", "no answer after 60 s")


def overview_of(store: ReportStore, min_coverage: float = 0.9) -> Overview:
    """The overview without the tables of the summary, which it does not read."""
    layout = store.layout
    write_scores(layout.scores("trial"), list(cohort_scores(layout, store.membership)))
    tables = gather(layout, store.membership, min_coverage)
    return overview(layout, store.membership, tables)


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReportStore, Overview]:
    store = ReportStore(tmp_path_factory.mktemp("store"), Size(2, 1, 2, 2, 2, 1, 2, 1))
    return store, overview_of(store)


def test_what_was_asked_is_named_as_the_catalogs_name_it(
    complete: tuple[ReportStore, Overview],
) -> None:
    asked = {one.what: one.names for one in complete[1].asked}
    assert asked["concepts"] == ("Bees of the hive", "Tides", "Chess openings")
    assert len(asked["combinations"]) == 2
    assert asked["draft templates"] == ("Draft 0",)
    assert asked["essay templates"] == ("Essay 0", "Essay 1")
    assert asked["evaluation templates"] == ("Question 0",)
    assert len(asked["generation models"]) == len(asked["evaluator models"]) == 2
    assert asked["comparison templates"] == ("Closer to the idea",)
    assert asked["replicates of each evaluation"] == ("1", "2")
    assert "replicates of each essay" not in asked  # there is one


def test_a_complete_cohort_lacks_nothing_and_has_nothing_to_type(
    complete: tuple[ReportStore, Overview],
) -> None:
    store, found = complete
    evaluations = len(store.ids("evaluation"))
    assert found.coverage.text == f"{evaluations} of {evaluations}"
    assert not found.coverage.is_flagged
    assert found.essays == "8 of 8"
    assert (found.causes, found.commands) == ((), ())
    assert (found.not_made, found.refused, found.budget) == ("", "", "")


def test_times_are_those_of_the_first_and_last_answer_in_utc(
    complete: tuple[ReportStore, Overview],
) -> None:
    store, found = complete
    metadata = Path(store.layout.root).glob("gens/*/*/metadata.json")
    answered = sorted(
        fields["answered_at"]
        for fields in (json.loads(path.read_text()) for path in metadata)
        if "answered_at" in fields
    )
    assert found.first == f"{answered[0][:10]} {answered[0][11:16]} UTC"
    assert found.last == f"{answered[-1][:10]} {answered[-1][11:16]} UTC"


def test_stages_have_a_row_for_each_model_and_one_for_all_of_several(
    complete: tuple[ReportStore, Overview],
) -> None:
    _, found = complete
    titles = [column.title for column in found.stages.columns]
    rows = [dict(zip(titles, row, strict=True)) for row in found.stages.rows]
    drafts = [row for row in rows if row["Stage"].text == "draft"]
    assert [row["Model"].text for row in drafts] == [
        "(all models)",
        "The small model",
        "The middle model",
    ]
    assert [row["Wanted"].text for row in drafts] == ["4", "2", "2"]
    assert [row["Calls"].text for row in drafts] == ["4", "2", "2"]
    costs = [row["Cost, USD"].order or 0.0 for row in drafts]
    assert costs[0] == pytest.approx(costs[1] + costs[2]) and costs[1] > 0
    essays = next(row for row in rows if row["Stage"].text == "essay")
    assert (essays["Made"].text, essays["Calls"].text) == ("8", "4")  # copies take no call
    whole = sum(
        row["Cost, USD"].order or 0.0 for row in rows if row["Model"].text == "(all models)"
    )
    assert float(found.cost) == pytest.approx(whole, abs=1e-4)


def test_failures_of_one_cause_are_one_line_with_ways_to_a_few_of_them(tmp_path: Path) -> None:
    store = ReportStore(tmp_path, Size(3, 1, 2, 2, evaluators=1))
    evaluations = store.ids("evaluation")
    for gen_id in evaluations[: EXAMPLES + 2]:
        store.fail("evaluation", gen_id, *FAILURE)
    essay = store.ids("essay")[1]
    store.fail("essay", essay, "length", "cut off\x07 at 2048 tokens")
    draft = store.ids("draft")[-1]
    store.fail("draft", draft, "server", "it broke")
    found = overview_of(store)
    causes = {cause.stage: cause for cause in found.causes}
    several = causes["evaluation"]
    assert (several.times, several.kind, several.message) == (EXAMPLES + 2, *FAILURE)
    assert [one.gen_id for one in several.examples] == evaluations[:EXAMPLES]
    judged = store.membership.member("evaluation", evaluations[0]).parent_gen_id
    assert several.examples[0].href == f"essays/{judged}.html#{evaluations[0]}"
    assert causes["essay"].examples[0].href == f"essays/{essay}.html"
    assert "\x07" not in causes["essay"].message
    waiting = next(m for m in store.membership.stage("essay") if m.parent_gen_id == draft)
    assert causes["draft"].examples[0].href == f"essays/{waiting.gen_id}.html"
    assert found.commands and "allow_incomplete=true" in found.commands[-1].command


def test_coverage_is_flagged_below_the_share_asked_for_and_not_at_it(tmp_path: Path) -> None:
    store = ReportStore(tmp_path, Size(10, 1, 1, 1, 1, 1))  # 10 evaluations
    store.fail("evaluation", store.ids("evaluation")[0], *FAILURE)
    assert not overview_of(store, 0.9).coverage.is_flagged
    found = overview_of(store, 0.91)
    assert (found.coverage.text, found.coverage.is_flagged) == ("9 of 10", True)
    stages = [row[0].text for row in found.stages.rows]
    assert stages == ["draft", "essay", "evaluation"]  # no row for all of one model


def test_what_was_never_asked_is_counted_apart_from_what_a_budget_refused(tmp_path: Path) -> None:
    store = ReportStore(tmp_path, Size(2, 1, 2, 1))
    first, second, third = store.ids("evaluation")[:3]
    for gen_id in (first, second):
        for name in ("parsed.txt", "metadata.json", "attempts.jsonl", "raw.txt"):
            store.file("evaluation", gen_id, name).unlink(missing_ok=True)
    store.fail("evaluation", third, "BudgetError", "budget_usd is $1")
    found = overview_of(store)
    assert found.not_made == "2 evaluations"
    assert (found.refused, found.budget) == ("1 evaluation", "budget_usd is $1")
    assert found.causes == ()


def test_a_call_without_a_known_price_is_said_and_not_counted_as_free(tmp_path: Path) -> None:
    store = ReportStore(tmp_path, Size(2, 1, 1, 1))
    path = store.file("draft", store.ids("draft")[0], "attempts.jsonl")
    attempt = json.loads(path.read_text())
    path.write_text(json.dumps({**attempt, "cost_usd": None}) + "\n")
    assert overview_of(store).cost.endswith(" + unknown")
