"""An answer's shape is asked for only where the endpoint can enforce it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daydream.experiment.model import Template
from daydream.experiment.settings import StageSettings
from daydream.llm.request import Request
from daydream.llm.structured import (
    SCORE_GRAMMAR,
    TEXT_GRAMMAR,
    VERDICT_GRAMMAR,
    constraint_for,
    earlier_bodies,
    request_body,
    score_grammar,
)
from daydream.parsers import ScoreRange, read_json_score
from daydream.store.layout import STAGES, Stage
from daydream.store.ledger import Attempt
from tests.support.asking import client_of, model
from tests.support.mock_server import MockServer

JUDGE = Template(
    "evaluation", "judge", "Judge", "", "in_last_line", "llm", True, ScoreRange(0, 9), "json_schema"
)


def sent(
    server: MockServer, root: Path, structured: tuple[str, ...], template: Template = JUDGE
) -> tuple[dict[str, Any], Attempt]:
    """The body that the server got, and the answer."""
    client = client_of(server, root, structured=structured)
    stage = StageSettings(max_tokens=200, temperature=0.0)
    request = Request.build("Judge this.", model(), stage, 1, template, client.endpoint)
    attempts: list[Attempt] = []
    client.complete(request, attempts.append)
    return server.calls[-1].body, attempts[-1]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("supported", [(), ("grammar",), ("json_schema",)])
def test_a_template_that_asks_for_no_shape_gets_none(
    stage: Stage, supported: tuple[str, ...]
) -> None:
    assert constraint_for("", supported, stage) == ""


@pytest.mark.parametrize(
    ("supported", "stage", "constraint"),
    [
        ((), "evaluation", ""),
        (("grammar",), "evaluation", "score_grammar"),
        (("grammar",), "draft", "text_grammar"),
        (("grammar",), "essay", "text_grammar"),
        (("json_schema",), "evaluation", "score_schema"),
        (("json_schema",), "draft", ""),
        (("json_schema",), "essay", ""),
        (("json_schema", "grammar"), "evaluation", "score_grammar"),
        (("grammar",), "comparison", "verdict_grammar"),
        (("json_schema",), "comparison", "verdict_schema"),
        ((), "comparison", ""),
    ],
)
def test_the_endpoint_decides_how_a_shape_is_enforced(
    supported: tuple[str, ...], stage: Stage, constraint: str
) -> None:
    for declared in ("grammar", "json_schema"):
        assert constraint_for(declared, supported, stage) == constraint


def test_a_schema_is_sent_where_it_is_supported_and_its_answer_has_a_score(
    server: MockServer, tmp_path: Path
) -> None:
    body, answer = sent(server, tmp_path, ("json_schema",))
    shape = body["response_format"]
    assert shape["type"] == "json_schema" and shape["json_schema"]["strict"] is True
    score = shape["json_schema"]["schema"]["properties"]["score"]
    assert (score["minimum"], score["maximum"]) == (0, 9)
    assert "grammar" not in body
    assert answer.parameters["structured"] == "score_schema"
    assert 0 <= read_json_score(answer.text or "", JUDGE.scale) <= 9


def test_a_grammar_is_sent_where_it_is_supported(server: MockServer, tmp_path: Path) -> None:
    body, answer = sent(server, tmp_path, ("grammar",))
    assert body["grammar"] == SCORE_GRAMMAR
    assert "response_format" not in body
    assert answer.parameters["structured"] == "score_grammar"


def test_an_endpoint_that_supports_nothing_is_sent_nothing(
    server: MockServer, tmp_path: Path
) -> None:
    body, answer = sent(server, tmp_path, ())
    assert set(body) == {"model", "messages", "max_tokens", "temperature"}
    assert "structured" not in answer.parameters


def test_a_template_without_a_shape_is_sent_plainly_even_where_one_could_be_enforced(
    server: MockServer, tmp_path: Path
) -> None:
    body, _ = sent(server, tmp_path, ("json_schema",), replace(JUDGE, structured=""))
    assert set(body) == {"model", "messages", "max_tokens", "temperature"}


def test_a_schema_is_strict_as_providers_want_it() -> None:
    shape = request_body("score_schema", ScoreRange(1, 5))["response_format"]["json_schema"]
    assert shape["schema"]["additionalProperties"] is False
    assert set(shape["schema"]["required"]) == set(shape["schema"]["properties"])
    assert next(iter(shape["schema"]["properties"])) == "reasoning"
    json.dumps(shape)


def test_a_verdict_is_held_to_one_of_the_two_texts() -> None:
    shape = request_body("verdict_schema", ScoreRange())["response_format"]["json_schema"]
    assert shape["schema"]["properties"]["verdict"]["enum"] == ["A", "B"]
    assert shape["schema"]["required"] == ["reasoning", "verdict"]
    grammar = request_body("verdict_grammar", ScoreRange())["grammar"]
    assert grammar == VERDICT_GRAMMAR and '"VERDICT: " [AB]' in grammar


def test_no_constraint_adds_nothing_to_a_request() -> None:
    assert request_body("", ScoreRange()) == {}
    assert request_body("text_grammar", ScoreRange()) == {"grammar": TEXT_GRAMMAR}


@pytest.mark.parametrize(
    ("scale", "scores"),
    [
        (ScoreRange(1, 5), '("5" | "4" | "3" | "2" | "1")'),
        (ScoreRange(-1, 1), '("1" | "0" | "-1")'),
        (ScoreRange(0, 1.5), '("1.5" | "1" | "0.5" | "0")'),
        (ScoreRange(0.1, 0.3), '("0.3" | "0.2" | "0.1")'),
    ],
)
def test_a_grammar_lets_through_the_scores_of_its_scale_only(
    scale: ScoreRange, scores: str
) -> None:
    assert score_grammar(scale).splitlines()[0] == f'root ::= reasoning "\\n" "SCORE: " {scores}'


def test_a_grammar_on_a_scale_to_ten_can_say_ten() -> None:
    for low in (0, 1):
        assert '("10" | "9" |' in score_grammar(ScoreRange(low, 10))
    assert '"100" | "99"' in score_grammar(ScoreRange(0, 100))


def test_a_scale_with_too_many_scores_gets_a_free_number() -> None:
    for scale in (ScoreRange(0, 5000), ScoreRange(0, 0.123)):
        assert '"SCORE: " ("-"? [0-9]{1,9} ("." [0-9]{1,6})?)' in score_grammar(scale)


def test_a_scale_to_nine_keeps_its_grammar_and_others_know_the_one_of_earlier_versions() -> None:
    assert score_grammar(ScoreRange(0, 9)) == SCORE_GRAMMAR
    assert earlier_bodies("score_grammar", ScoreRange(0, 9)) == ()
    assert earlier_bodies("score_grammar", ScoreRange(1, 5)) == ({"grammar": SCORE_GRAMMAR},)
    assert earlier_bodies("score_schema", ScoreRange(1, 5)) == ()
