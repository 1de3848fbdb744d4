"""The parser of an answer is that of its stage, its template and the shape that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daydream.errors import ParseError
from daydream.experiment.model import Template
from daydream.generation.parse import parse
from daydream.parsers import Criterion, ScoreRange

JUDGE = Template("evaluation", "j", "J", "", "in_last_line", "llm", True, ScoreRange(0, 10))
DUEL = Template("comparison", "c", "C", "", "verdict", "llm", True)
ESSAY = Template("essay", "e", "E", "", "identity", "llm", True)
SCHEMA = {"structured": "score_schema"}


@pytest.mark.parametrize(
    ("template", "parameters", "text", "parsed"),
    [
        (JUDGE, {}, "Good.\nSCORE: 7", "7.0\n"),
        (JUDGE, SCHEMA, '{"reasoning": "SCORE: 1", "score": 8.5}', "8.5\n"),
        (DUEL, {}, "Better.\nVERDICT: B", "B\n"),
        (DUEL, {"structured": "verdict_schema"}, '{"reasoning": "", "verdict": "A"}', "A\n"),
        (ESSAY, {}, " As it is.\n", " As it is.\n"),
    ],
)
def test_each_answer_is_read_as_it_was_asked_for(
    template: Template, parameters: dict[str, Any], text: str, parsed: str
) -> None:
    assert parse(template, parameters, text) == parsed


def test_criteria_are_kept_as_marks_without_weights() -> None:
    criteria = (Criterion("novelty", 0.9), Criterion("clarity", 0.1))
    text = "Fine.\nnovelty: 3\nclarity: 9"
    parsed = parse(replace(JUDGE, criteria=criteria), {}, text)
    assert "novelty" in parsed and "clarity" in parsed and "0.9" not in parsed


@pytest.mark.parametrize("text", ["", "SCORE: 11", "SCORE:", '{"score": 11}'])
def test_what_has_no_score_of_the_scale_is_an_error(text: str) -> None:
    for parameters in ({}, SCHEMA):
        with pytest.raises(ParseError):
            parse(JUDGE, parameters, text)
