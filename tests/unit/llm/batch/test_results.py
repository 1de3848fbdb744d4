"""What a line of a finished batch means, however oddly a provider writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.batch.api import Status, read_status
from daydream.llm.batch.results import Outcome, is_recorded, outcome_of, read_results, request_line
from daydream.llm.batch.state import BatchState, Line
from daydream.llm.faults import Fault, is_of_endpoint
from daydream.llm.response import read_answer
from tests.unit.llm.test_request import build

SERVER = Endpoint("mock", base_url="http://127.0.0.1:9/v1", batch=True)
LINE = Line.of(build(), forced=False)
STATE = BatchState("ab12", "2026-01-02T03:04:05+00:00", (LINE,))
DONE = Status("batch_1", "completed", 1, "file_1", None, 7.0, "")
COMPLETION = {"choices": [{"message": {"content": "paid"}, "finish_reason": "stop"}]}


def outcome(result: dict[str, Any] | None, status: Status = DONE) -> Outcome:
    return outcome_of(LINE, result, status, STATE, SERVER)


@pytest.mark.parametrize("code", [200, "200", None, 201, "ok", {}])
@pytest.mark.parametrize("body", [COMPLETION, json.dumps(COMPLETION)], ids=["object", "text"])
def test_a_paid_answer_is_read_whatever_its_status_is_written_as(code: Any, body: Any) -> None:
    found = outcome({"response": {"status_code": code, "body": body}})
    assert (found.fault, found.attempt.text, found.attempt.latency_s) == (None, "paid", 7.0)


@pytest.mark.parametrize("code", [429, "429", 503])
def test_a_refusal_inside_a_line_keeps_status_and_words(code: Any) -> None:
    found = outcome({"response": {"status_code": code, "body": {"error": {"message": "Wait."}}}})
    assert found.fault is not None and found.fault.is_retryable
    assert (found.fault.kind, found.fault.message) == (f"http_{code}", "Wait.")


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ({"error": {"code": "billing_hard_limit_reached", "message": "Add credit."}}, DONE),
        (None, DONE._replace(status="failed", code="insufficient_quota", message="Add credit.")),
        (
            {
                "response": {
                    "status_code": 429,
                    "body": {"error": {"type": "insufficient_quota", "message": "Add credit."}},
                }
            },
            DONE,
        ),
    ],
    ids=["line", "batch", "response"],
)
def test_no_money_is_final_wherever_a_batch_says_it(result: Any, status: Status) -> None:
    fault = outcome(result, status).fault
    assert fault is not None
    assert (fault.kind, fault.is_retryable, fault.message) == (
        "insufficient_quota",
        False,
        "Add credit.",
    )


@pytest.mark.parametrize(
    ("error", "kind", "is_retryable", "is_endpoint"),
    [
        ({"code": "server_error"}, "http_500", True, True),
        ({"code": "INTERNAL"}, "http_500", True, True),
        ({"code": 500}, "http_500", True, True),
        ({"code": "503"}, "http_503", True, True),
        ({"type": "overloaded_error"}, "http_503", True, True),
        ({"code": "rate_limit_exceeded"}, "http_429", True, True),
        ({"code": 8, "status": "RESOURCE_EXHAUSTED"}, "http_429", True, True),
        ({"code": "Too Many Requests"}, "http_429", True, True),
        ({"type": "authentication_error"}, "http_401", False, True),
        ({"code": "model_not_found"}, "http_404", False, True),
        ({"code": "insufficient_quota"}, "insufficient_quota", False, True),
        ({"type": "billing_error", "code": None}, "http_402", False, True),
        ({"code": "permission_denied"}, "http_403", False, False),
        ({"type": "invalid_request_error"}, "http_400", False, False),
        ({"code": "context_length_exceeded"}, "http_400", False, False),
        ({"code": "content_filter"}, "http_400", False, False),
        ({"code": "a_new_one"}, "http_500", True, True),
        ({}, "http_500", True, True),
    ],
)
def test_an_error_of_a_line_is_the_one_of_a_direct_call_whatever_the_provider_calls_it(
    error: dict[str, Any], kind: str, is_retryable: bool, is_endpoint: bool
) -> None:
    error = {"message": "Why.", **error}
    line = outcome({"response": None, "error": error}).fault
    answered = outcome({"response": {"status_code": 200, "body": {"error": error}}}).fault
    with pytest.raises(Fault) as direct:
        read_answer(json.dumps({"error": error}))
    for fault in (line, answered, direct.value):
        assert fault is not None and "Why." in fault.message
        assert (fault.kind, fault.is_retryable) == (kind, is_retryable)
        assert is_of_endpoint(CallError("no", cause=fault.kind)) is is_endpoint


def test_a_code_without_a_status_stays_in_the_words() -> None:
    fault = outcome({"error": {"code": "a_new_one", "message": "Why."}}).fault
    assert fault is not None and fault.message == "a_new_one: Why."


@pytest.mark.parametrize("code", ["batch_expired", "batch_cancelled"])
def test_a_line_that_its_batch_left_is_asked_again(code: str) -> None:
    fault = outcome({"error": {"code": code, "message": "Late."}}).fault
    assert fault is not None and (fault.kind, fault.is_retryable) == (code, True)


def test_a_batch_that_failed_for_its_model_is_not_made_again() -> None:
    fault = outcome(None, DONE._replace(status="failed", code="model_not_found")).fault
    assert fault is not None and (fault.kind, fault.is_retryable) == ("http_404", False)


def test_the_code_of_a_failed_batch_is_read() -> None:
    errors = {"data": [{"message": "No file."}, {"code": "token_limit_exceeded", "message": "Big"}]}
    status = read_status({"id": "b", "status": "failed", "errors": errors})
    assert (status.code, status.message) == ("token_limit_exceeded", "No file.; Big")
    fault = outcome(None, status).fault
    assert fault is not None and (fault.kind, fault.is_retryable) == ("batch_failed", True)


def test_lines_are_found_by_their_id_and_damaged_ones_passed_over() -> None:
    lines = '{"custom_id": "b", "n": 1}\nnot json\n[1]\n{"n": 2}\n{"custom_id": "a"}\n{"custom'
    assert list(read_results(lines, "")) == ["b", "a"]


def test_a_request_is_one_line_whatever_its_prompt_has() -> None:
    line = request_line(build("Two\nlines\u2028and \U0001f41d"))
    assert line.count("\n") == 1 and line.endswith("\n")
    assert json.loads(line)["body"]["messages"][0]["content"] == "Two\nlines\u2028and \U0001f41d"


def test_a_result_that_was_recorded_is_known_again() -> None:
    found = outcome({"response": {"status_code": 200, "body": COMPLETION | {"id": "r1"}}}).attempt
    other = outcome({"response": {"status_code": 200, "body": COMPLETION | {"id": "r2"}}}).attempt
    assert is_recorded(found, [found]) and not is_recorded(found, [other])
