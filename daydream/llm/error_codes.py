"""Codes of errors that come without an HTTP status: in a 200, in a stream, in a line of a batch.

Each provider has names of its own for what HTTP has a number for. One table of them, so that such
an error is retried, is final, closes its endpoint or lets a fallback answer by the same rule as a
direct call with that status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daydream.llm.json_text import mapping

# OpenAI and those who follow it answer 429 also when there is no money left; waiting does not help.
NO_MONEY = "insufficient_quota"
NO_MONEY_NAMES = frozenset(
    (NO_MONEY, "billing_hard_limit_reached", "billing_not_active", "insufficient_balance")
)
UNKNOWN = 500  # what nobody has a name for may pass with time

# OpenAI, Azure, Anthropic, Google (gRPC), Mistral, Together, Bedrock, vLLM.
_NAMES: dict[int, tuple[str, ...]] = {
    400: (
        *("invalid_request_error", "invalid_request", "invalid_argument", "invalid_value"),
        *("bad_request", "badrequesterror", "invalid_prompt", "unsupported_parameter"),
        *("context_length_exceeded", "string_above_max_length", "failed_precondition"),
        *("content_filter", "content_policy_violation", "validationexception", "out_of_range"),
        *("mismatched_model", "invalid_json_line", "unsupported_value"),
    ),
    401: ("authentication_error", "invalid_api_key", "unauthenticated", "unauthorized"),
    402: ("billing_error", "insufficient_credits", "payment_required", *NO_MONEY_NAMES),
    403: ("permission_error", "permission_denied", "forbidden", "accessdeniedexception"),
    404: (
        *("not_found_error", "not_found", "model_not_found", "deploymentnotfound"),
        *("notfounderror", "resourcenotfoundexception"),
    ),
    408: ("timeout", "timeout_error", "request_timeout", "deadline_exceeded"),
    409: ("conflict", "conflict_error", "aborted"),
    413: ("request_too_large",),
    422: ("unprocessable", "unprocessable_entity"),
    429: (
        *("rate_limit_exceeded", "rate_limit_error", "rate_limited", "too_many_requests"),
        *("resource_exhausted", "throttlingexception", "toomanyrequests"),
    ),
    500: ("server_error", "internal_error", "internal_server_error", "internal", "api_error"),
    503: ("unavailable", "service_unavailable", "overloaded_error", "overloaded", "no_capacity"),
}
_STATUS = {name: status for status, names in _NAMES.items() for name in names}


def status_of(error: Mapping[str, Any]) -> int | None:
    """The HTTP status that an error object means by its code, status or type; None when none is."""
    codes = (error.get(name) for name in ("code", "status", "type"))
    known = (_status(value) for value in codes)
    return next((status for status in known if status is not None), None)


def described(error: Mapping[str, Any], words: str) -> str:
    """An error's words, after its code when the status that stands for it does not tell it."""
    code = mapping(error).get("code")
    is_told = not code or status_of({"code": code}) is not None or str(code) in words
    return words if is_told else f"{str(code)[:80]}: {words}"


def _status(value: object) -> int | None:
    name = str(value).lower()
    if name.isascii() and name.isdecimal() and len(name) == 3:
        return int(name) if int(name) >= 400 else None
    return _STATUS.get(name.replace(" ", "_").replace("-", "_"))
