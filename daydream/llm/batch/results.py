"""The lines of a batch: what is sent for a request, and what its result means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Prices
from daydream.llm.attempt import Call, attempt_of
from daydream.llm.batch.api import URL, Status
from daydream.llm.batch.state import BatchState, Line
from daydream.llm.faults import Fault, batch_fault, error_fault
from daydream.llm.json_text import load_json, mapping
from daydream.llm.request import Request
from daydream.llm.response import Answer, provider_words, read_answer, refused
from daydream.parsers import known_tags
from daydream.store.ledger import Attempt

Json = Mapping[str, Any]


class Outcome(NamedTuple):
    """What came of one line: an attempt for the ledger, and why it is no answer, if so."""

    line: Line
    attempt: Attempt
    fault: Fault | None


def request_line(request: Request) -> str:
    """A request as a line of a batch's input file."""
    body = {
        "model": request.model.model,
        "messages": request.messages,
        **request.body,
    }
    line = {"custom_id": request.gen_id, "method": "POST", "url": URL, "body": body}
    return json.dumps(line, ensure_ascii=False) + "\n"


def read_results(*files: str) -> dict[str, Json]:
    """The result lines by their custom_id, whatever their order; what is no JSON is passed over."""
    results: dict[str, Json] = {}
    for content in files:
        for raw in content.split("\n"):
            result = load_json(raw)
            if isinstance(result, dict) and "custom_id" in result:
                results[str(result["custom_id"])] = result
    return results


def outcome_of(
    line: Line, result: Json | None, status: Status, state: BatchState, endpoint: Endpoint
) -> Outcome:
    """What a finished batch says of one of its lines."""
    try:
        answer = _read(result, status, line)
    except Fault as fault:
        return failed(line, fault, state, endpoint, status.seconds)
    call = _call(line, state, endpoint, status.seconds)
    return Outcome(line, attempt_of(call, answer), None)


def failed(
    line: Line, fault: Fault, state: BatchState, endpoint: Endpoint, seconds: float = 0.0
) -> Outcome:
    """A line that brought no answer, after ``seconds`` of its batch."""
    return Outcome(line, attempt_of(_call(line, state, endpoint, seconds), fault), fault)


def is_recorded(attempt: Attempt, ledger: list[Attempt]) -> bool:
    """Whether a ledger has this attempt, booked by another process or before a kill.

    Two readings of one result are alike in all of this: ``at`` is the time at which the batch was
    noted first, not that of the reading.
    """
    return any(_identity(attempt) == _identity(known) for known in ledger)


def _identity(attempt: Attempt) -> tuple[str, str, int, str, str | None]:
    a = attempt
    return a.fingerprint, a.at, a.attempt, a.outcome, a.response_id


def _read(result: Json | None, status: Status, line: Line) -> Answer:
    if result is None:
        message = (
            status.message or f"the batch is {status.status}, without a result for this request"
        )
        raise batch_fault(status.status, message, status.code)
    response = result.get("response")
    if not isinstance(response, dict) or (result.get("error") and not response.get("body")):
        raise _line_fault(result.get("error"))
    body, code = response.get("body"), _status_code(response.get("status_code"))
    text = body if isinstance(body, str) else json.dumps(body)
    if code >= 300:
        raise refused(code, text)
    return read_answer(text, known_tags(line.thinking_tags))


def _status_code(value: object) -> int:
    """The status of one answer, some providers' a text; where it is none, the body tells."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) == 3 else 200


def _line_fault(error: object) -> Fault:
    """The fault of a line without a response; of a line that the batch left, as of the batch."""
    details = mapping(error)
    message = provider_words(details) or "the request was not answered"
    code = str(details.get("code") or "")
    if code.startswith("batch_"):
        return batch_fault(code.removeprefix("batch_"), message, "")
    return error_fault(message, details)


def _call(line: Line, state: BatchState, endpoint: Endpoint, seconds: float) -> Call:
    return Call(
        at=state.created_at,
        fingerprint=line.fingerprint,
        endpoint=endpoint.name,
        model=line.model,
        parameters=line.parameters,
        replicate=line.replicate,
        attempt=line.attempt,
        forced=line.forced,
        latency_s=seconds,
        prices=Prices(line.price_in, line.price_out, line.price_cached),
        discount=endpoint.batch_discount,
        body_keys=line.body_keys,
        fallback=line.fallback,
        fallback_reason=line.fallback_reason,
    )
