"""Every call is counted once, what is unknown is said to be, and waste has a cause."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daydream.cli.spend import as_json, describe, dollars
from daydream.store.layout import Layout, Stage
from daydream.store.ledger import NAME, Attempt, Ledger
from daydream.store.membership import Member, Membership
from daydream.store.spending import (
    Group,
    Spending,
    Tally,
    cost_of,
    of_cohort,
    of_store,
    spending,
    wasted,
)

ANSWER = Attempt(
    at="2026-01-02T03:04:05+00:00",
    outcome="answer",
    fingerprint="f1",
    endpoint="mock",
    model="lab/writer",
    parameters={"max_tokens": 10},
    replicate=1,
    finish_reason="stop",
    usage={
        "prompt_tokens": 30,
        "completion_tokens": 20,
        "reasoning_tokens": 5,
        "cached_tokens": 8,
    },
    cost_usd=0.25,
    text="An idea.",
)
FREE_FAILURE = replace(
    ANSWER, outcome="failed", usage={}, cost_usd=0.0, text=None, error={"kind": "http_500"}
)
BILLED_FAILURE = replace(FREE_FAILURE, usage={"prompt_tokens": 30}, cost_usd=0.1)
TRUNCATED = replace(ANSWER, finish_reason="length")
USED: dict[str, Any] = {"status": "ok", "fingerprint": "f1"}
UNUSABLE = {"fingerprint": "f1", "error": {"kind": "ParseError", "message": "no score"}}
CALL_FAILED = {"error": {"kind": "CallError", "message": "refused"}}
DRAFT = Member("draft", "d_1", "trial", "", "c", "free", "gpt", 1)
ESSAY = Member("essay", "e_1", "trial", "d_1", "c", "long", "gpt", 1)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path))


def put(
    layout: Layout, stage: Stage, gen_id: str, *attempts: Attempt, metadata: dict[str, Any] = USED
) -> Path:
    folder = Path(layout.generation(stage, gen_id))
    with Ledger.open(str(folder)) as ledger:
        for attempt in attempts:
            ledger.append(attempt)
    (folder / "metadata.json").write_text(json.dumps(metadata))
    if metadata.get("status") == "ok":
        (folder / "parsed.txt").write_text("done")
    return folder


def causes(attempts: Sequence[Attempt], metadata: dict[str, Any], made: bool) -> list[str]:
    return [cause for cause, _ in wasted(attempts, metadata, made)]


def of_trial(layout: Layout, *members: Member) -> Spending:
    return spending(layout, of_cohort(Membership("trial", members)))


def told(spent: Spending) -> str:
    return "\n".join(describe(spent, "Cohort trial"))


def test_calls_answers_tokens_and_usd_are_added_up_by_stage_and_model(layout: Layout) -> None:
    put(layout, "draft", "d_1", BILLED_FAILURE, ANSWER)
    put(layout, "essay", "e_1", ANSWER)
    spent = of_trial(layout, DRAFT, ESSAY)
    assert spent.groups == {
        Group(("trial",), "draft", "gpt"): Tally(2, 1, 60, 20, 5, 8, 0.35, 0),
        Group(("trial",), "essay", "gpt"): Tally(1, 1, 30, 20, 5, 8, 0.25, 0),
    }
    assert spent.total.usd == 0.6


def test_a_copy_and_what_is_not_made_cost_nothing(layout: Layout) -> None:
    Path(layout.generation("essay", "e_1")).mkdir(parents=True)
    spent = of_trial(layout, DRAFT, ESSAY)
    assert not spent.groups
    assert "No call was made yet." in told(spent)


def test_an_unknown_price_is_unknown_and_never_0(layout: Layout) -> None:
    put(layout, "draft", "d_1", replace(ANSWER, cost_usd=None))
    spent = of_trial(layout, DRAFT)
    assert spent.total.usd is None
    assert as_json(spent, "trial")["total"]["usd"] is None
    lines = told(spent).splitlines()
    assert all(line.endswith(" unknown") for line in lines if line.startswith(("draft", "total")))
    assert "1 call(s)" in told(spent)


def test_an_answer_without_token_counts_has_no_known_price() -> None:
    assert cost_of(replace(ANSWER, usage={}, cost_usd=0.0)) is None
    assert cost_of(replace(ANSWER, usage={}, cost_usd=0.02)) == 0.02


def test_a_free_model_costs_0_and_so_does_a_refused_call() -> None:
    assert cost_of(replace(ANSWER, cost_usd=0.0)) == 0.0
    assert cost_of(FREE_FAILURE) == 0.0
    assert cost_of(replace(FREE_FAILURE, cost_usd=None)) == 0.0
    assert cost_of(replace(BILLED_FAILURE, cost_usd=None)) is None


@pytest.mark.parametrize(
    ("tally", "text"),
    [
        (Tally(), "0"),
        (Tally(usd_known=1.25), "1.2500"),
        (Tally(usd_known=0.00001), "<0.0001"),
        (Tally(usd_known=0.5, calls_of_unknown_price=1), "0.5000 + unknown"),
        (Tally(calls_of_unknown_price=1), "unknown"),
    ],
)
def test_dollars_are_told_as_far_as_they_are_known(tally: Tally, text: str) -> None:
    assert dollars(tally) == text


def test_the_answer_in_use_is_no_waste() -> None:
    assert causes([FREE_FAILURE, ANSWER], USED, made=True) == []


def test_failed_calls_are_waste_when_they_were_billed() -> None:
    assert causes([FREE_FAILURE, BILLED_FAILURE, ANSWER], USED, made=True) == ["retried"]


def test_a_truncated_answer_stays_truncated_when_it_was_bought_again() -> None:
    longer = replace(ANSWER, fingerprint="f2")
    assert causes([TRUNCATED], UNUSABLE, made=False) == ["truncated"]
    assert causes([TRUNCATED, longer], {"fingerprint": "f2"}, made=True) == ["truncated"]


def test_an_answer_that_could_not_be_parsed_is_unparsed() -> None:
    assert causes([ANSWER], UNUSABLE, made=False) == ["unparsed"]


def test_an_answer_is_superseded_by_a_newer_one() -> None:
    assert causes([ANSWER, replace(ANSWER, forced=True)], USED, made=True) == ["superseded"]


def test_an_answer_is_superseded_by_a_newer_prompt() -> None:
    newer = replace(ANSWER, fingerprint="f2")
    assert causes([ANSWER, newer], {"fingerprint": "f2"}, made=True) == ["superseded"]
    refused = replace(FREE_FAILURE, fingerprint="f2")
    assert causes([ANSWER, refused], CALL_FAILED, made=False) == ["superseded"]


def test_when_a_prompt_is_changed_back_its_old_answer_is_in_use_again() -> None:
    newer = replace(ANSWER, fingerprint="f2")
    assert list(wasted([ANSWER, newer], USED, made=True)) == [("superseded", newer)]


def test_an_answer_that_the_next_run_will_use_is_no_waste() -> None:
    assert causes([ANSWER], {}, made=False) == []
    assert causes([ANSWER, FREE_FAILURE], CALL_FAILED, made=False) == []


@given(
    st.lists(
        st.builds(
            replace,
            st.sampled_from([ANSWER, FREE_FAILURE, BILLED_FAILURE, TRUNCATED]),
            fingerprint=st.sampled_from(["f1", "f2"]),
        ),
        min_size=1,
    ),
    st.sampled_from([USED, UNUSABLE, CALL_FAILED, {}]),
    st.booleans(),
)
def test_no_call_is_wasted_twice(
    attempts: list[Attempt], facts: dict[str, Any], made: bool
) -> None:
    found = [attempt for _, attempt in wasted(attempts, facts, made)]
    assert len(found) <= len(attempts)
    answers = sum(a.is_answer for a in attempts)
    assert sum(a.is_answer for a in found) >= answers - 1
    assert FREE_FAILURE not in found


def test_torn_and_foreign_ledger_lines_are_passed_over(layout: Layout) -> None:
    folder = put(layout, "draft", "d_1", ANSWER)
    odd = {"usage": [1], "cost_usd": "dear", "error": "text", "model": 3}
    foreign = json.dumps({**vars(ANSWER), **odd})
    with (folder / NAME).open("ab") as file:
        file.write(b'{"at": "2026\n\xff\xfe\n[]\n' + foreign.encode() + b'\n{"torn')
    total = of_trial(layout, DRAFT).total
    assert (total.calls, total.tokens_in, total.calls_of_unknown_price) == (2, 30, 1)


def test_damaged_metadata_do_not_hide_what_was_paid(layout: Layout) -> None:
    folder = put(layout, "draft", "d_1", ANSWER)
    (folder / "metadata.json").write_text("{")
    assert of_trial(layout, DRAFT).total.usd == 0.25


def test_what_a_ledger_does_not_show_any_more_is_told(layout: Layout) -> None:
    folder = put(layout, "draft", "d_1", ANSWER)
    (folder / "raw.txt").write_text("An idea.")
    assert of_trial(layout, DRAFT).lost == []
    (folder / "attempts.jsonl").write_text("")
    spent = of_trial(layout, DRAFT)
    assert spent.total.usd == 0 and "attempts.jsonl has no answer" in told(spent)
    assert as_json(spent, None)["lost"] == spent.lost and len(spent.lost) == 1
    (folder / "attempts.jsonl").write_text('{"at" 1}\n')
    assert "attempts.jsonl, line 1 cannot be read" in told(of_trial(layout, DRAFT))


def test_other_software_that_keeps_no_ledger_has_lost_none(layout: Layout) -> None:
    folder = put(layout, "draft", "d_1", ANSWER, metadata={"llm_model_id": "gpt"})
    (folder / "raw.txt").write_text("An idea.")
    (folder / "attempts.jsonl").unlink()
    assert of_trial(layout, DRAFT).lost == []


def test_the_store_is_told_by_cohort_and_each_generation_once(layout: Layout) -> None:
    for cohort, members in (("one", [DRAFT]), ("two", [DRAFT, ESSAY])):
        membership = Membership(cohort, [m._replace(cohort_id=cohort) for m in members])
        membership.write(layout.membership(cohort))
    Path(layout.membership("torn")).parent.mkdir()
    Path(layout.membership("torn")).write_text("stage,gen_id\nnonsense,x\n")
    put(layout, "draft", "d_1", ANSWER)
    put(layout, "essay", "e_1", ANSWER)
    put(layout, "evaluation", "v_1", ANSWER, metadata={**USED, "llm_model_id": "judge"})
    put(layout, "evaluation", "v_2", ANSWER, metadata={})
    spent = spending(layout, of_store(layout))
    assert list(spent.groups) == [
        Group(("one", "two"), "draft", "gpt"),
        Group(("two",), "essay", "gpt"),
        Group((), "evaluation", "judge"),
        Group((), "evaluation", "lab/writer"),
    ]
    assert spent.total.calls == 4
    lines = told(spent).splitlines()
    heads = ["Shared by the cohorts one, two:", "Cohort two:", "In no cohort:"]
    assert [line for line in lines if line in heads] == heads


def test_an_empty_store_has_cost_nothing(layout: Layout) -> None:
    assert spending(layout, of_store(layout)).total == Tally()


def test_waste_is_told_by_cause_with_its_sum(layout: Layout) -> None:
    put(layout, "draft", "d_1", BILLED_FAILURE, TRUNCATED, ANSWER, replace(ANSWER, at="2027"))
    spent = of_trial(layout, DRAFT)
    content = as_json(spent, "trial")
    assert {cause: tally["usd"] for cause, tally in content["wasted"].items()} == {
        "truncated": 0.25,
        "unparsed": 0.0,
        "retried": 0.1,
        "superseded": 0.25,
    }
    assert content["total_wasted"]["usd"] == 0.6
    assert content["rows"][0]["cohorts"] == ("trial",)
    assert "cut off at max_tokens" in told(spent) and "0.6000" in told(spent)
    assert max(map(len, told(spent).splitlines())) <= 100


def test_without_waste_it_says_so(layout: Layout) -> None:
    put(layout, "draft", "d_1", ANSWER)
    assert "Nothing was wasted." in told(of_trial(layout, DRAFT))
