"""What a line of a finished batch means, however oddly a provider writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daydream.experiment.settings import Endpoint
from daydream.llm.batch.api import Status, read_status
from daydream.llm.batch.results import Outcome, is_recorded, outcome_of, read_results, request_line
from daydream.llm.batch.state import BatchState, Line
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
    assert found.fault is not None and found.fault.heals
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
    assert (fault.kind, fault.heals, fault.message) == ("insufficient_quota", False, "Add credit.")


def test_the_code_of_a_failed_batch_is_read() -> None:
    errors = {"data": [{"message": "No file."}, {"code": "token_limit_exceeded", "message": "Big"}]}
    status = read_status({"id": "b", "status": "failed", "errors": errors})
    assert (status.code, status.message) == ("token_limit_exceeded", "No file.; Big")
    fault = outcome(None, status).fault
    assert fault is not None and (fault.kind, fault.heals) == ("batch_failed", True)


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
