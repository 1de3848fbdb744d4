"""A 200 that is no plain JSON is understood or told at once, and its text is kept."""

from __future__ import annotations

import json

import pytest

from daydream.llm.faults import MAX_RAW, Fault
from daydream.llm.response import read_answer
from daydream.store.finish_reason import ending_of


def chunk(text: str, finish: str | None = None) -> str:
    choice = {"delta": {"content": text}, "finish_reason": finish}
    return "data: " + json.dumps({"id": "c", "model": "m", "choices": [choice]}) + "\n\n"


USAGE = 'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}\n\n'


@pytest.mark.parametrize("mark", ["", "\ufeff", ": keep-alive\n\n", "event: message\n"])
def test_a_stream_that_nobody_asked_for_is_put_together(mark: str) -> None:
    body = mark + chunk("Two ") + chunk("words.", "stop") + USAGE + "data: [DONE]\n\n"
    answer = read_answer(body)
    assert (answer.text, answer.finish_reason) == ("Two words.", "stop")
    assert (answer.returned_model, answer.response_id) == ("m", "c")
    assert answer.usage == {"prompt_tokens": 3, "completion_tokens": 4}


def test_a_stream_that_broke_off_is_kept_and_not_taken_for_whole() -> None:
    answer = read_answer(chunk("Half a") + 'data: {"choices": [{"del')
    assert answer.text == "Half a"
    assert ending_of(answer.finish_reason) == "broken"


def test_an_error_in_a_stream_is_told_in_its_own_words() -> None:
    body = chunk("Half") + 'data: {"error": {"code": 429, "message": "Too fast."}}\n\n'
    with pytest.raises(Fault, match=r"Too fast\.") as caught:
        read_answer(body)
    assert caught.value.is_refusal


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", "data: soon", "[1]", "{" * 9])
def test_what_is_not_understood_is_kept_in_the_ledger(body: str) -> None:
    with pytest.raises(Fault) as caught:
        read_answer(body)
    assert caught.value.as_json()["body"] == body
    with pytest.raises(Fault) as long:
        read_answer("x" * 10**6)
    assert len(long.value.as_json()["body"]) == MAX_RAW - 300  # the last word may be half of a key
