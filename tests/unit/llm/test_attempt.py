"""The line of a call in its ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daydream.experiment.model import Prices
from daydream.llm.attempt import Call, attempt_of
from daydream.llm.faults import Fault
from daydream.llm.response import Answer


def call(**more: Any) -> Call:
    fields: dict[str, Any] = {
        "at": "2026-01-02T03:04:05.678+00:00",
        "fingerprint": "f",
        "endpoint": "mock",
        "model": "lab/writer",
        "parameters": {"max_tokens": 9},
        "replicate": 1,
        "attempt": 1,
        "forced": False,
        "latency_s": 1.23456,
        "prices": Prices(10.0, 100.0),
    }
    return Call(**fields | more)


USAGE = {"prompt_tokens": 50, "completion_tokens": 5}
ANSWER = Answer("Text.", None, "stop", "lab/writer", "r1", USAGE)


def test_an_answer_costs_list_prices_less_the_discount_of_a_batch() -> None:
    assert attempt_of(call(), ANSWER).cost_usd == pytest.approx(1e-3)
    assert attempt_of(call(discount=0.5), ANSWER).cost_usd == pytest.approx(0.5e-3)


@pytest.mark.parametrize("count", [{}, {"completion_tokens": 0}])
def test_what_an_answer_cost_is_unknown_when_a_count_is_missing_or_zero(count: Any) -> None:
    told = replace(ANSWER, usage={"prompt_tokens": 100, **count})
    assert attempt_of(call(), told).cost_usd is None
    assert attempt_of(call(prices=Prices(10.0, 0.0)), told).cost_usd == pytest.approx(1e-3)


def test_who_answered_in_place_of_the_model_is_told_and_else_nothing() -> None:
    own = attempt_of(call(), ANSWER)
    assert (own.fallback, own.fallback_reason, own.latency_s) == (None, None, 1.235)
    other = attempt_of(call(fallback="spare", fallback_reason="http_503"), ANSWER)
    assert (other.fallback, other.fallback_reason) == ("spare", "http_503")


def test_a_failure_is_free_unless_it_says_what_it_took() -> None:
    assert attempt_of(call(), Fault("http_500", "No.", True)).cost_usd == 0.0
    billed = Fault("content_filter", "No.", False, body={"usage": {"completion_tokens": 10}})
    attempt = attempt_of(call(), billed)
    assert (attempt.outcome, attempt.cost_usd) == ("failed", pytest.approx(1e-3))
