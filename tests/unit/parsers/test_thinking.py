"""Thinking blocks are taken out of an answer whatever their tags, and kept beside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daydream.parsers.thinking import (
    THINKING_TAGS,
    SplitAnswer,
    known_tags,
    split_thinking,
    tags_of,
)
from tests.support.growth import assert_linear


@pytest.mark.parametrize("tags", THINKING_TAGS, ids=lambda tags: tags.opening)
def test_every_known_pair_of_tags_is_read_in_any_case(tags: tuple[str, str]) -> None:
    opening, closing = tags
    for change in (str.lower, str.upper, str.title):
        text = f"{change(opening)}\nwhy\n{change(closing)}\nThe essay."
        assert split_thinking(text) == SplitAnswer("\nThe essay.", "why")


@pytest.mark.parametrize(
    ("text", "answer", "thinking"),
    [
        ("plain \n", "plain \n", ""),
        ("<think>a</think>b<think>c</think>d", "bd", "a\n\nc"),
        ("<think>a <think> b</think>c", "c", "a <think> b"),
        ("<think>a<think>b</think>c</think>d", "d", "a<think>b</think>c"),
        (
            "<think>a[THINK]b[/THINK]c<think>d</think></think>e<think>f</think>g",
            "eg",
            "a[THINK]b[/THINK]c<think>d</think>\n\nf",
        ),
        ("<think>a<think>b</think>c<think>d</think>e", "ce", "a<think>b\n\nd"),
        ("the prompt opened it</think>c", "c", "the prompt opened it"),
        ("<think>a</think>The </think> tag closes.", "The </think> tag closes.", "a"),
        ("[THINK]a[/THINK]b", "b", "a"),
        ("< think >a</ think>b", "b", "a"),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b"
            "<|return|>",
            "b",
            "a",
        ),
        (
            "<|start|>assistant<|channel|>commentary to=x <|constrain|>json<|message|>{}<|call|>"
            "<|start|>assistant<|channel|>final<|message|>b",
            "b",
            "{}",
        ),
    ],
)
def test_the_answer_and_its_thinking_are_separated(text: str, answer: str, thinking: str) -> None:
    assert split_thinking(text) == SplitAnswer(answer, thinking)


def test_an_answer_behind_a_closing_tag_is_no_thinking() -> None:
    text = "<think>a <think> b</think><essay>c</essay></think>"
    split = split_thinking(text, answer_tag="<(/?)essay>")
    assert split.text.startswith("<essay>c</essay>")


def test_a_block_that_is_never_closed_takes_the_rest() -> None:
    assert split_thinking("a<think>b ") == SplitAnswer("a", "b", "b ")
    text = "<|channel|>analysis<|message|>cut off"
    assert split_thinking(text) == SplitAnswer("", "cut off", "cut off")


def test_reasoning_in_its_own_field_makes_a_lone_closing_tag_a_mention() -> None:
    text = "The tag </think> ends a thought."
    assert split_thinking(text, apart=True) == SplitAnswer(text, "")


def test_tags_can_be_named() -> None:
    pair = tags_of("<plan>")
    assert split_thinking("<plan>a</plan>b<think>c</think>", [pair]) == SplitAnswer(
        "b<think>c</think>", "a"
    )
    assert tags_of("[PLAN]") == ("[PLAN]", "[/PLAN]")
    for bad in ("plan", "<>", "</plan>", "<plan]extra"):
        with pytest.raises(ValueError, match="is not a tag"):
            tags_of(bad)


def test_a_model_names_tags_besides_the_known_ones_or_none() -> None:
    assert known_tags("") == THINKING_TAGS
    assert known_tags(" None ") == ()
    assert known_tags("<plan>  [NOTES]")[-2:] == (("<plan>", "</plan>"), ("[NOTES]", "[/NOTES]"))
    harmony = "<|channel|>analysis<|message|>a<|end|>"
    assert split_thinking(harmony, known_tags("none")).text == harmony


def test_no_tags_leave_everything() -> None:
    assert split_thinking("<think>a</think>", []).text == "<think>a</think>"


pieces = st.lists(
    st.sampled_from(["<think>", "</think>", "[THINK]", "[/THINK]", "</THINKING>", "word", " "]),
    max_size=20,
).map("".join)


@given(text=pieces, apart=st.booleans())
def test_no_word_is_lost(text: str, apart: bool) -> None:
    split = split_thinking(text, apart=apart)
    assert split.text.count("word") + split.thinking.count("word") == text.count("word")


@pytest.mark.parametrize(
    "text",
    [
        "<think>" * 140_000,
        "</think>" * 120_000,
        ("<think>" * 100 + "</think>" * 100) * 600,
        "<think><think></think>" * 40_000,
        "<" * 1_000_000,
        "<|channel|>final<|message|>" * 9_000,
    ],
)
def test_time_grows_with_the_length_of_a_text_and_no_faster(text: str) -> None:
    assert_linear(split_thinking, text)
