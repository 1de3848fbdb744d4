"""What a failure is called, whether asking again can help, and what the user is told to do."""

from __future__ import annotations

from typing import Any

import pytest

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.advice import explain
from daydream.llm.faults import MAX_WORDS, Fault, beginning, is_of_endpoint, status_fault
from daydream.llm.response import read_answer
from tests.support.asking import model
from tests.unit.llm.test_request import build

SERVER = Endpoint("mock", base_url="http://127.0.0.1:9/v1", api_key_env="MOCK_KEY")


def told(kind: str, message: str = "Because.", attempts: int = 1) -> str:
    return explain(build(model=model()), Fault(kind, message, True), attempts, SERVER)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 524, 529])
def test_what_passes_with_time_is_retryable(status: int) -> None:
    assert status_fault(status, "why").is_retryable


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 415, 422, 451])
def test_what_asking_again_cannot_change_does_not_heal(status: int) -> None:
    assert not status_fault(status, "why").is_retryable


@pytest.mark.parametrize(("status", "refusal"), [(429, True), (503, False), (400, False)])
def test_only_too_many_requests_are_a_refusal(status: int, refusal: bool) -> None:
    assert status_fault(status, "why").is_refusal is refusal


@pytest.mark.parametrize(
    "body",
    [
        {"code": "insufficient_quota"},
        {"type": "insufficient_quota", "code": None},
        {"error": {"code": "insufficient_quota"}},
    ],
)
def test_a_429_for_want_of_money_is_no_refusal_and_does_not_heal(body: Any) -> None:
    found = status_fault(429, "You exceeded your current quota.", None, body)
    assert (found.kind, found.is_retryable, found.is_refusal) == (
        "insufficient_quota",
        False,
        False,
    )
    assert found.as_json()["status"] == 429
    assert "credit" in told(found.kind)


@pytest.mark.parametrize("body", [None, {}, {"code": "rate_limit_exceeded"}, {"error": "x"}, "x"])
def test_another_429_is_a_refusal_whatever_its_body(body: Any) -> None:
    assert status_fault(429, "Slow down.", None, body).is_refusal


@pytest.mark.parametrize("code", ["²", "٣", "-1", "1e3", "5 02", ""])
def test_an_odd_code_in_a_200_response_is_a_failure_and_no_traceback(code: str) -> None:
    with pytest.raises(Fault):
        read_answer(f'{{"error": {{"code": "{code}", "message": "hm"}}}}')


def test_a_response_nested_beyond_reason_is_a_failure_and_no_traceback() -> None:
    with pytest.raises(Fault, match="not JSON"):
        read_answer('{"choices":' + "[" * 100_000)


def test_a_thought_that_the_template_opened_and_the_answer_closes_is_split_off() -> None:
    body = '{"choices": [{"message": {"content": "Hm, SCORE: 2?\\n</think>\\n\\nSCORE: 7"}}]}'
    found = read_answer(body)
    assert (found.text, found.reasoning) == ("SCORE: 7", "Hm, SCORE: 2?")


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("http_401", "MOCK_KEY"),
        ("http_402", "credit"),
        ("http_403", "MOCK_KEY"),
        ("http_404", "'writer' in llm_models.csv"),
        ("http_413", "shorten"),
        ("http_422", "max_tokens"),
        ("http_429", "requests_per_minute"),
        ("content_filter", "filter"),
        ("timeout", "timeout_s"),
        ("connection", "http://127.0.0.1:9/v1"),
        ("http_599", "Run again"),
    ],
)
def test_every_failure_says_which_model_where_why_and_what_to_do(kind: str, hint: str) -> None:
    message = told(kind)
    assert message.startswith(f"lab/writer at mock: {kind}: Because. ")
    assert hint in message


def test_many_words_are_told_in_part_kept_and_never_cut_in_the_middle_of_a_key() -> None:
    key = "sk-" + "k" * 40
    words = "x" * (MAX_WORDS - 21) + f" {key} " + "y " * MAX_WORDS
    found = Fault("http_500", words, True)
    assert len(found.message) < MAX_WORDS + 10 and "sk-" not in found.message
    assert found.as_json()["body"] == words
    assert beginning("short", 10) == "short"


def test_attempts_are_counted_when_there_were_several() -> None:
    assert "(6 attempts)" in told("http_500", attempts=6)
    assert "attempt" not in told("http_500")


def test_braces_in_the_words_of_a_provider_are_just_words() -> None:
    assert "{key} {0}" in told("http_500", "bad {key} {0}")


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        *((f"http_{status}", True) for status in (401, 402, 404, 408, 429, 500, 503, 529)),
        *((cause, True) for cause in ("insufficient_quota", "timeout", "connection", "not_json")),
        *((cause, True) for cause in ("batch_expired", "batch_failed")),
        *((f"http_{status}", False) for status in (400, 403, 413, 422)),
        *((cause, False) for cause in ("content_filter", "empty_answer", "redirect", "no_key")),
        *((cause, False) for cause in ("budget", "stop_after_errors", "")),
    ],
)
def test_only_what_is_of_the_endpoint_lets_another_one_answer(cause: str, expected: bool) -> None:
    assert is_of_endpoint(CallError("no", cause=cause)) is expected
