"""At the end of a run with failures a person reads how many failed, why, and what to type next."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.errors import BudgetError, CallError
from daydream.store.failures import Failure, Missing, by_cause, find_missing
from daydream.store.layout import Layout, Stage
from daydream.store.membership import Member, Membership
from daydream.store.metadata import failure_of, record_error
from daydream.store.record import read_generation
from daydream.store.status import count_states, state_of
from daydream.workflow.failure_summary import describe

DRAFTS = [Member("draft", f"d_{n}", "trial", "", "c", "free", "gpt", 1) for n in range(4)]
ESSAYS = [Member("essay", f"e_{n}", "trial", f"d_{n}", "c", "copy", "gpt", 1) for n in range(4)]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path))


def done(layout: Layout, member: Member) -> None:
    path = Path(layout.parsed(member.stage, member.gen_id))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("done")


def failed(layout: Layout, member: Member, kind: str, message: str) -> None:
    folder = Path(layout.generation(member.stage, member.gen_id))
    folder.mkdir(parents=True, exist_ok=True)
    error = {"kind": kind, "message": message}
    (folder / "metadata.json").write_text(json.dumps({"error": error}))


def failure(message: str, stage: Stage = "draft", kind: str = "CallError", n: int = 0) -> Failure:
    return Failure(stage, f"x_{n}", "gpt", kind, message)


def told(missing: Missing, layout: Layout) -> str:
    return "\n".join(describe(missing, layout))


def test_a_whole_cohort_lacks_nothing_and_nothing_is_said(layout: Layout) -> None:
    for member in DRAFTS:
        done(layout, member)
    missing = find_missing(layout, Membership("trial", DRAFTS))
    none = {"draft": 0, "essay": 0, "evaluation": 0}
    assert missing == Missing([], none, none)
    assert told(missing, layout) == ""


def test_failed_and_waiting_generations_are_told_apart(layout: Layout) -> None:
    done(layout, DRAFTS[0])
    failed(layout, DRAFTS[1], "TruncatedError", "cut off")
    missing = find_missing(layout, Membership("trial", [*DRAFTS, *ESSAYS]))
    assert missing.failures == [Failure("draft", "d_1", "gpt", "TruncatedError", "cut off")]
    assert missing.not_made == {"draft": 2, "essay": 4, "evaluation": 0}


def test_a_failure_that_was_mended_since_is_none(layout: Layout) -> None:
    failed(layout, DRAFTS[0], "ParseError", "no score")
    done(layout, DRAFTS[0])
    assert find_missing(layout, Membership("trial", DRAFTS[:1])).failures == []


def test_a_damaged_metadata_json_counts_as_not_made(layout: Layout) -> None:
    folder = Path(layout.generation("draft", "d_0"))
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_bytes(b"\xff{")
    assert find_missing(layout, Membership("trial", DRAFTS[:1])).not_made["draft"] == 1


def test_failures_of_one_cause_are_one_group_whatever_their_messages_quote() -> None:
    groups = by_cause(
        [
            failure("line 3: '7/8' is no score")._replace(cause="no_score"),
            failure("line 14: 'it's great' is no score")._replace(cause="no_score"),
            failure("line 3: nothing")._replace(cause="blank"),
            failure("another model's")._replace(cause="no_score", model="claude"),
        ]
    )
    assert [len(group) for group in groups.values()] == [2, 1, 1]


def test_a_call_that_the_budget_refused_is_a_state_of_its_own_everywhere(layout: Layout) -> None:
    failed(layout, DRAFTS[0], "CallError", "no key")
    failed(layout, DRAFTS[1], "BudgetError", "the budget is spent")
    membership = Membership("trial", DRAFTS)
    assert [state_of(layout, member) for member in DRAFTS] == [
        *("failed", "refused"),
        *("missing", "missing"),
    ]
    missing = find_missing(layout, membership)
    assert [failure.gen_id for failure in missing.failures] == ["d_0"]
    assert (missing.refused["draft"], missing.not_made["draft"]) == (1, 2)
    assert missing.budget == "the budget is spent"
    (count,) = count_states(layout, membership)
    assert count == ("draft", "gpt", 4, 0, 2, 1, 1)
    text = told(missing, layout)
    assert "Refused by the budget: 1 draft(s)." in text
    assert "Left to buy: 3 draft(s)." in text
    later = find_missing(layout, membership, since_ns=time.time_ns() + 10**9)  # a run that failed
    assert (later.refused["draft"], later.not_made["draft"], later.budget) == (0, 3, "")
    assert later.failures == missing.failures


def test_an_error_is_kept_as_data_and_read_back(layout: Layout) -> None:
    folder = Path(layout.generation("draft", "d_0"))
    folder.mkdir(parents=True)
    error = CallError("lab/gpt: http_401: no such key", cause="http_401")
    (folder / "metadata.json").write_text(json.dumps(record_error("draft", error)))
    fields = json.loads((folder / "metadata.json").read_text())
    assert fields["status"] == "failed"
    assert fields["error"]["stage"] == "draft"
    assert failure_of(layout, "draft", "d_0") == ("CallError", str(error), "http_401")
    row = read_generation(layout, DRAFTS[0])
    assert (row.status, row.error_kind, row.error_cause) == ("failed", "CallError", "http_401")
    assert record_error("draft", BudgetError("spent"))["status"] == "refused"


def test_causes_are_told_apart_by_stage_and_kind_and_the_most_frequent_is_first() -> None:
    groups = by_cause(
        [
            failure("x", stage="draft"),
            failure("x", stage="essay"),
            failure("x", kind="ParseError"),
            failure("x", stage="essay"),
        ]
    )
    assert [(s, k, len(g)) for (s, k, *_), g in groups.items()] == [
        ("essay", "CallError", 2),
        ("draft", "CallError", 1),
        ("draft", "ParseError", 1),
    ]


@settings(deadline=None)
@given(st.lists(st.builds(failure, st.text(max_size=9)), max_size=12))
def test_grouping_loses_no_failure(failures: list[Failure]) -> None:
    groups = by_cause(failures)
    assert sorted(f for g in groups.values() for f in g) == sorted(failures)
    sizes = [len(g) for g in groups.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_the_summary_says_how_many_why_where_and_what_to_type(layout: Layout) -> None:
    failures = [failure(f"no score in line {n}", kind="ParseError", n=n) for n in range(5)]
    text = told(Missing(failures, {"draft": 0, "essay": 5, "evaluation": 10}, {}), layout)
    assert "5 generation(s) failed" in text
    assert "5 x draft: ParseError: no score in line 0" in text
    assert layout.generation("draft", "x_0") in text
    assert "and 3 more" in text
    assert "Not made: 5 essay(s), 10 evaluation(s)." in text
    assert f"snakemake -f {layout.parsed('draft', 'x_0')}" in text
    assert "allow_incomplete=true" in text


def test_an_answer_that_was_cut_off_is_not_proposed_to_be_forced(layout: Layout) -> None:
    text = told(Missing([failure("cut off", kind="TruncatedError")], {}, {}), layout)
    assert "1 generation(s) failed" in text
    assert "snakemake -f" not in text


def test_a_spent_budget_is_told_with_what_is_left_to_buy(layout: Layout) -> None:
    text = told(
        Missing(
            [], {"essay": 0, "evaluation": 10}, {"essay": 5, "evaluation": 0}, "the budget is spent"
        ),
        layout,
    )
    assert "Stopped: the budget is spent" in text
    assert "Refused by the budget: 5 essay(s)." in text
    assert "Left to buy: 5 essay(s), 10 evaluation(s)." in text
    assert "daydream plan" in text


def test_few_failures_are_all_named(layout: Layout) -> None:
    text = told(Missing([failure("x", n=1), failure("x", n=2)], {}, {}), layout)
    assert "more" not in text.split("What to type")[0]
    assert "x_1" in text
    assert "x_2" in text


def test_without_failures_nothing_is_proposed(layout: Layout) -> None:
    text = told(Missing([], {"draft": 3, "essay": 0, "evaluation": 0}, {}), layout)
    assert text == "Not made: 3 draft(s)."


def test_comparisons_are_told_of_only_where_there_are_some(layout: Layout) -> None:
    assert "comparison" not in find_missing(layout, Membership("trial", DRAFTS)).not_made
    comparison = DRAFTS[0]._replace(stage="comparison", gen_id="c_1", second_gen_id="e_2")
    missing = find_missing(layout, Membership("trial", [*DRAFTS, comparison]))
    assert missing.not_made["comparison"] == 1
    assert "1 comparison(s)" in told(missing, layout)
