"""JSON of providers is read without fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daydream.llm.json_text import load_json, mapping


@given(st.text())
def test_any_text_is_read_or_is_none(text: str) -> None:
    load_json(text)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "{", "", "nul"])
def test_what_is_too_deep_or_cut_is_none(text: str) -> None:
    assert load_json(text) is None


def test_numbers_of_any_length_are_read() -> None:
    assert load_json('\ufeff{"n": 1' + "0" * 5000 + "}") == {"n": float("inf")}
    assert load_json('{"n": -' + "9" * 5000 + "}") is not None
    assert mapping([1]) == {} and mapping({"a": 1}) == {"a": 1}
