"""Usage and cost are read as they were meant, and whatever they say, a paid answer is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daydream.experiment.model import Prices
from daydream.llm.faults import Fault
from daydream.llm.pricing import cost_usd
from daydream.llm.response import read_answer
from daydream.llm.usage import billed_usd, read_usage
from daydream.store.finish_reason import ending_of
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


def test_with_a_key_of_ones_own_the_upstream_cost_counts() -> None:
    usage = {"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.036}}
    assert billed_usd(usage) == 0.036
    assert billed_usd(usage | {"cost": 0.002}) == pytest.approx(0.038)
    assert billed_usd({"cost": 0, "is_byok": True}) is None  # unknown, and not free
    assert billed_usd({"cost": 0.01, "is_byok": False}) == 0.01
    parts = {"upstream_inference_prompt_cost": 0.01, "upstream_inference_completions_cost": 0.02}
    split = {"cost": 0, "is_byok": True, "cost_details": parts}
    assert billed_usd(split) == pytest.approx(0.03)
    del parts["upstream_inference_prompt_cost"]
    assert billed_usd(split) is None


def test_reasoning_that_only_the_total_counts_is_output() -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 1150}
    assert read_usage(usage) == {"prompt_tokens": 100, "completion_tokens": 1050}
    beside = {"prompt_tokens": 100, "completion_tokens": 50, "reasoning_tokens": 900}
    assert read_usage(beside)["completion_tokens"] == 950  # Perplexity's names
    usage["total_tokens"] = 120  # a total that is too small takes nothing away
    assert read_usage(usage) == {"prompt_tokens": 100, "completion_tokens": 50}


def test_cached_input_is_read_inside_the_prompt_and_beside_it() -> None:
    inside = {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 80}}
    assert read_usage(inside) == {"prompt_tokens": 100, "cached_tokens": 80}
    assert read_usage({"prompt_tokens": 100, "cached_tokens": 80}) == read_usage(inside)
    beside = {"input_tokens": 20, "output_tokens": 5, "cache_read_input_tokens": 80}
    assert read_usage(beside) == {
        "prompt_tokens": 100,
        "completion_tokens": 5,
        "cached_tokens": 80,
    }


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e308", "9" * 5000, "-5", "1e999", "NaN"])
def test_numbers_that_cannot_be_counts_are_unknown_and_the_answer_is_kept(number: str) -> None:
    body = (
        '{"choices": [{"message": {"content": "paid"}, "finish_reason": "stop"}], '
        f'"usage": {{"prompt_tokens": {number}, "completion_tokens": 7, "cost": {number}}}}}'
    )
    answer = read_answer(body)
    assert (answer.text, answer.usage, answer.billed_usd) == (
        "paid",
        {"completion_tokens": 7},
        None,
    )


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        *((reason, "truncated") for reason in ("length", "MAX_TOKENS", "max_tokens")),
        *((reason, "truncated") for reason in ("model_length", "max_output_tokens")),
        ("model_context_window_exceeded", "truncated"),
        *((reason, "finished") for reason in ("stop", "eos", "end_turn", "STOP", "COMPLETE")),
        *((reason, "finished") for reason in ("stop_sequence", None, "endTurn", "Stop Sequence")),
        *((reason, "truncated") for reason in ("maxTokens", "MaxOutputTokens", "\tlength")),
        *((reason, "broken") for reason in ("insufficient_system_resource", "Timeout")),
        *((reason, "filtered") for reason in ("content_filter", "SAFETY", "refusal")),
        *((reason, "unknown") for reason in ("tired", 7, ["stop"])),
    ],
)
def test_how_an_answer_ended_is_understood_in_every_spelling(reason: Any, ending: str) -> None:
    assert ending_of(reason) == ending


def test_an_odd_finish_reason_loses_no_answer() -> None:
    choice = {"message": {"content": "paid"}, "finish_reason": "tired"}
    answer = read_answer(json.dumps({"choices": [choice]}))
    assert (answer.text, answer.finish_reason) == ("paid", "tired")


@pytest.mark.parametrize("place", ["code", "type"])
def test_a_200_that_says_that_there_is_no_money_left_is_final_and_keeps_its_words(
    place: str,
) -> None:
    error = {"message": "Add 10 credits.", place: "insufficient_quota"}
    with pytest.raises(Fault) as caught:
        read_answer(json.dumps({"error": error}))
    fault = caught.value
    assert (fault.kind, fault.is_retryable) == ("insufficient_quota", False)
    assert "Add 10 credits" in fault.message


def test_a_byte_order_mark_before_an_answer_loses_no_answer() -> None:
    body = {"choices": [{"message": {"content": "paid"}, "finish_reason": "stop"}]}
    assert read_answer("\ufeff" + json.dumps(body)).text == "paid"


# Budgets, end to end: what a provider says in its own way is counted before the next call starts.


def with_usage(server: MockServer, **usage: Any) -> None:
    """Let every answer of a server carry some usage."""
    server.usage = usage


def test_a_budget_in_dollars_holds_with_a_key_of_ones_own_at_the_upstream_provider(
    work: Workspace, server: MockServer
) -> None:
    details = {"upstream_inference_cost": 0.009}
    with_usage(server, cost=0, is_byok=True, cost_details=details)
    work.models({"writer": "both"}, price_in="1", price_out="10")
    work.config["budget_usd"] = 0.05
    run = work.run(ok=False)
    spent = json.loads((work.data / "budget" / "spent.json").read_text())
    assert spent["spent"]["usd"] == pytest.approx(0.009 * server.paid)
    assert 0 < spent["spent"]["usd"] <= 0.05
    assert "Stopped: the budget of $0.05 is spent" in run.output


def test_a_budget_in_tokens_holds_with_reasoning_that_only_the_total_counts(
    work: Workspace, server: MockServer
) -> None:
    with_usage(server, prompt_tokens=100, completion_tokens=50, total_tokens=1150)
    work.config["budget_tokens"] = 6000
    work.config["stages"] = {"draft": {"max_tokens": 1100}, "essay": {"max_tokens": 1100}}
    work.config["endpoints"]["mock"]["max_concurrency"] = 1
    work.run(ok=False)
    spent = json.loads((work.data / "budget" / "spent.json").read_text())["spent"]
    assert spent["tokens"] == 1150 * server.paid
    assert 0 < spent["tokens"] <= 6000


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e308"])
def test_absurd_numbers_lose_no_answer_and_count_as_much_as_the_call_could_take(
    number: str, work: Workspace, server: MockServer
) -> None:
    with_usage(server, prompt_tokens=number, completion_tokens=number, cost=number)
    work.config["budget_tokens"] = 6000
    work.run(ok=False)
    paid = server.paid
    answers = [
        text
        for stage in ("draft", "essay", "evaluation")
        for gen_id in work.ids(stage)
        for text in work.answers(stage, gen_id)
    ]
    assert 0 < len(answers) == paid
    spent = json.loads((work.data / "budget" / "spent.json").read_text())["spent"]
    assert 0 < spent["tokens"] <= 6000
    work.run(ok=False)
    assert server.paid == paid


@pytest.mark.parametrize(
    "usage",
    [
        {
            "prompt_tokens": 1000,
            "completion_tokens": 100,
            "prompt_tokens_details": {"cached_tokens": 800},
        },
        {"input_tokens": 200, "output_tokens": 100, "cache_read_input_tokens": 800},
    ],
    ids=["inside the prompt", "beside it"],
)
def test_cached_input_has_a_price_of_its_own_in_both_conventions(usage: dict[str, Any]) -> None:
    used = read_usage(usage)
    assert cost_usd(used, Prices(10.0, 20.0, 1.0)) == pytest.approx(
        (200 * 10 + 800 * 1 + 100 * 20) / 1e6
    )
    assert cost_usd(used, Prices(10.0, 20.0)) == pytest.approx((1000 * 10 + 100 * 20) / 1e6)


def test_the_price_of_cached_input_is_read_from_the_catalog_and_used(
    work: Workspace, server: MockServer
) -> None:
    with_usage(server, prompt_tokens=1000, prompt_tokens_details={"cached_tokens": 800})
    work.models({"writer": "both"}, price_in="10", price_out="0", price_cached="1")
    work.run("generation_draft")
    costs = [work.metadata("draft", gen_id)["cost_usd"] for gen_id in work.ids("draft")]
    assert costs == [pytest.approx((200 * 10 + 800) / 1e6)] * 3
