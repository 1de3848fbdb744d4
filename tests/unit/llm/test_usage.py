"""Counts and costs are read from anything, and nothing that is no count is one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daydream.llm.usage import (
    MAX_TOKENS,
    MAX_USD,
    billed_usd,
    read_usage,
    thinking_tokens,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = (
    *("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens"),
    *("prompt_tokens_details", "completion_tokens_details", "cost", "cost_details", "is_byok"),
    *("cache_read_input_tokens", "cache_creation_input_tokens", "prompt_cache_hit_tokens"),
)


@given(ANYTHING | st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_reading_never_fails_and_gives_counts_only(usage: Any) -> None:
    for count in read_usage(usage).values():
        assert isinstance(count, int) and 0 <= count <= 4 * MAX_TOKENS
    cost = billed_usd(usage)
    assert cost is None or 0 <= cost <= 2 * MAX_USD


def test_output_is_the_larger_of_what_is_told_and_what_the_total_leaves() -> None:
    told = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 40}
    assert read_usage(told)["completion_tokens"] == 30
    assert read_usage(told | {"total_tokens": 12})["completion_tokens"] == 5


def test_thinking_is_seen_wherever_it_is_counted() -> None:
    inside = {"completion_tokens": 310, "completion_tokens_details": {"reasoning_tokens": 300}}
    beside = {"completion_tokens": 10, "completion_tokens_details": {"reasoning_tokens": 300}}
    total = {"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 315}
    for usage in (inside, beside, total):
        assert read_usage(usage)["completion_tokens"] == 310
        assert thinking_tokens(usage) == 300
    assert thinking_tokens({"completion_tokens": 10}) == thinking_tokens(None) == 0
