"""The score of an answer in JSON."""

from __future__ import annotations

import pytest

from daydream.errors import ParseError
from daydream.parsers.score_json import (
    number_in,
    objects_as_lines,
    objects_in,
    read_json_score,
)
from daydream.parsers.score_range import ScoreRange

TEN = ScoreRange(0, 10)


@pytest.mark.parametrize(
    "text",
    [
        '{"reasoning": "fresh", "score": 7}',
        'Here it is:\n```json\n{"reasoning": "fresh", "score": "7"}\n```',
        '{"reasoning": "two\nlines", "score": 7,}',
        '<think>{"score": 1}</think>{"reasoning": "", "score": 7.0}',
        '{"reasoning": "a", "score": 7} and again {"reasoning": "b", "score": 7}',
    ],
)
def test_the_score_of_the_object_is_read(text: str) -> None:
    assert read_json_score(text, TEN) == 7


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("7", "no_score"),
        ('{"reasoning": "x"}', "no_score"),
        ('{"reasoning": "a", "score": 7} {"reasoning": "b", "score": 8}', "two_scores"),
        ('{"score": true}', "not_a_number"),
        ('{"score": "high"}', "not_a_number"),
        ('{"score": 11}', "out_of_range"),
    ],
)
def test_what_gives_no_number_says_why(text: str, kind: str) -> None:
    with pytest.raises(ParseError) as error:
        read_json_score(text, TEN)
    assert error.value.cause == kind


def test_a_piece_of_a_broken_object_is_not_taken_for_the_result() -> None:
    assert list(objects_in('{"reasoning": "x", "parts": {"score": 3}')) == []
    assert list(objects_in('{"a": {"score": 3}} {"score": 4}')) == [
        {"a": {"score": 3}},
        {"score": 4},
    ]


def test_a_wall_of_braces_is_cheap() -> None:
    assert list(objects_in("{" * 100_000)) == []


def test_objects_stand_for_score_lines_and_those_of_criteria_for_nothing() -> None:
    assert objects_as_lines('So: {"final_score": 7}').split("\n")[1] == "SCORE: 7"
    assert "SCORE" not in objects_as_lines('{"criterion": "depth", "score": 3}')
    assert objects_as_lines('{"evaluation": {"score": 7}}').strip() == "SCORE: 7"
    assert objects_as_lines('{"colour": "red"}') == '{"colour": "red"}'


def test_a_number_may_be_a_text_but_not_a_truth() -> None:
    assert number_in(" 7.5 ", TEN) == 7.5
    with pytest.raises(ParseError, match="bool"):
        number_in(False, TEN)
