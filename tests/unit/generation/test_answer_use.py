"""What is used of an answer, and when a judge is asked once more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from daydream.errors import AnswerError, CallError, ParseError, TruncatedError
from daydream.experiment.model import Template
from daydream.generation.answer_use import is_asked_again, usable_text
from daydream.store.layout import Stage
from daydream.store.ledger import Attempt

SETTINGS: Any = SimpleNamespace(stages={"draft": SimpleNamespace(min_lines=3)}, resample=1)
THREE = "a\n\nb\nc"


def template(stage: Stage = "draft", parser: str = "identity") -> Template:
    return Template(stage, "t", "t", "", parser, "llm", True)


def answer(text: str | None, **changes: Any) -> Attempt:
    values: dict[str, Any] = {
        "at": "2026-01-01T00:00:00",
        "outcome": "answer",
        "fingerprint": "f",
        "endpoint": "mock",
        "model": "m",
        "parameters": {"max_tokens": 50},
        "replicate": 1,
        "finish_reason": "stop",
        "text": text,
    }
    return Attempt(**values | changes)


def test_a_whole_answer_is_used() -> None:
    assert usable_text(answer(THREE), template(), SETTINGS) == THREE


def test_an_answer_that_was_cut_off_says_at_how_many_tokens() -> None:
    cut = answer(THREE, finish_reason="MAX_TOKENS", usage={"completion_tokens": 50})
    with pytest.raises(
        TruncatedError, match=r"50 of 50 tokens.*stages\.draft\.max_tokens"
    ) as caught:
        usable_text(cut, template(), SETTINGS)
    assert caught.value.cause == "max_tokens"


@pytest.mark.parametrize("reason", ["because", "error"])
def test_an_ending_that_nobody_knows_is_not_taken_for_whole(reason: str) -> None:
    with pytest.raises(AnswerError, match=f"finish_reason '{reason}'"):
        usable_text(answer(THREE, finish_reason=reason), template(), SETTINGS)


@pytest.mark.parametrize("text", ["", " \n", None])
def test_thinking_without_an_answer_is_an_error_of_its_own(text: str | None) -> None:
    with pytest.raises(ParseError, match=r"thought .2 words, kept in the ledger") as caught:
        usable_text(answer(text, reasoning="well well"), template(), SETTINGS)
    assert caught.value.cause == "all_thinking"


def test_blank_lines_do_not_count_and_a_judge_may_be_short() -> None:
    with pytest.raises(AnswerError, match=r"2 non-empty lines.*asks for 3"):
        usable_text(answer("a\n\n\nb"), template(), SETTINGS)
    judged = usable_text(answer("SCORE: 7"), template("evaluation", "in_last_line"), SETTINGS)
    assert float(judged) == 7


@pytest.mark.parametrize(
    ("error", "stage", "answers", "again"),
    [
        (ParseError("no score"), "evaluation", 1, True),
        (ParseError("no verdict"), "comparison", 1, True),
        (ParseError("no score"), "evaluation", 2, False),  # resample allows one more
        (ParseError("no block"), "draft", 1, False),
        (CallError("down"), "evaluation", 1, False),
    ],
)
def test_only_judges_are_asked_again_and_no_more_often_than_allowed(
    error: Any, stage: Stage, answers: int, again: bool
) -> None:
    assert is_asked_again(error, stage, answers, SETTINGS) is again
