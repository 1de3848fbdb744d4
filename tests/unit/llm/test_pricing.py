"""Tokens and dollars before a call and after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daydream.experiment.model import Prices
from daydream.llm.pricing import cost_usd, estimate_tokens, max_amount, price
from tests.unit.llm.test_request import MODEL, build


def test_the_most_that_a_call_can_take_is_more_than_an_estimate_and_counts_all_of_max_tokens() -> (
    None
):
    request = build("x" * 4000, model=replace(MODEL, price_in=1.0, price_out=10.0))
    amount = max_amount(request)
    assert amount.tokens >= estimate_tokens(request.prompt) + request.max_tokens
    assert amount.usd == pytest.approx((2050 * 1.0 + 100 * 10.0) / 1e6)
    assert amount.calls == 1


def test_a_price_is_unknown_unless_both_are_known() -> None:
    assert price(Prices(1.0, None), 10, 10) is None
    assert price(Prices(None, 1.0), 10, 10) is None
    assert price(Prices(0.0, 0.0), 10, 10) == 0.0


def test_no_more_is_cached_than_was_sent() -> None:
    assert price(Prices(10.0, 0.0, 1.0), 100, 0, cached=500) == pytest.approx(100 / 1e6)


def test_a_cost_without_usage_is_unknown_but_of_free_models() -> None:
    assert cost_usd({}, Prices(1.0, 1.0)) is None
    assert cost_usd({}, Prices(0, 0)) == 0.0
    assert cost_usd({}, Prices(1.0, 1.0), billed_usd=0.02) == 0.02


@pytest.mark.parametrize(
    ("extra", "tokens"),
    [
        ({}, 100),
        ({"max_tokens": 5000}, 5000),
        ({"max_completion_tokens": 5000, "n": 3}, 15000),
        ({"max_tokens": 7}, 100),
        ({"n": True, "max_tokens": "many"}, 100),
    ],
)
def test_what_an_endpoint_adds_to_a_body_counts_in_what_a_call_can_take(
    extra: dict[str, Any], tokens: int
) -> None:
    plain = build()
    assert max_amount(replace(plain, extra=extra)).tokens - max_amount(plain).tokens == tokens - 100
