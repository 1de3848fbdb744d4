"""What can go wrong with a call, and whether asking again can heal it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from daydream.errors import CallError
from daydream.llm.error_codes import NO_MONEY, NO_MONEY_NAMES, UNKNOWN, described, status_of

# 408, 409 and 429 pass with time, and so does what a provider's own machines did wrong.
RETRYABLE_STATUS = frozenset({408, 409, 429})
# Where a batch ended so, the next one would too: the account, the key or the model is refused.
_REFUSED = frozenset({401, 402, 403, 404})
MAX_WORDS = 1000  # letters of a provider's words in a message
MAX_RAW = 100_000  # letters of what a provider sent that the ledger keeps for a person to read


class Fault(CallError):
    """One attempt that brought no usable answer; what ends a call for good is told by ``explain``.

    ``kind`` is a short name to group by, ``message`` the provider's own words (the first of them,
    where they are many; then ``raw`` has more), ``is_retryable`` whether the same call may be
    answered later, ``retry_after`` in seconds when the provider gave one, ``body`` its JSON, which
    tells what was billed all the same; ``raw`` is a body that could not be understood, kept for a
    person to read. ``exhausted_for`` is the time in seconds until the endpoint's allowance is
    filled again, where it says so.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        is_retryable: bool,
        status: int | None = None,
        retry_after: float | None = None,
        body: Mapping[str, Any] | None = None,
        raw: str = "",
    ) -> None:
        if len(message) > MAX_WORDS:  # it goes to terminals, logs and metadata too
            raw, message = raw or message, f"{beginning(message, MAX_WORDS)} ..."
        super().__init__(message, cause=kind)
        self.is_retryable = is_retryable
        self.status = status
        self.retry_after = retry_after
        self.body = body
        self.raw = beginning(raw, MAX_RAW)
        self.exhausted_for: float | None = None

    @property
    def kind(self) -> str:
        """The cause, under the name that ledgers give it."""
        return self.cause

    @property
    def is_refusal(self) -> bool:
        """Whether the provider wants fewer calls."""
        return self.status == 429 and self.is_retryable

    def as_json(self) -> dict[str, Any]:
        """How the ledger tells it."""
        record: dict[str, Any] = {"kind": self.kind, "message": self.message}
        if self.status is not None:
            record["status"] = self.status
        if self.raw:
            record["body"] = self.raw
        return record


def beginning(text: str, letters: int) -> str:
    """At most the first letters of a text, without a last word that may be half of a key."""
    return text if len(text) <= letters else re.sub(r"\S{1,300}\Z", "", text[:letters])


def status_fault(
    status: int, message: str, retry_after: float | None = None, body: Any = None
) -> Fault:
    """The fault of an HTTP status other than 200."""
    if _has_no_money(body):  # with any status, also in a 200
        return Fault(NO_MONEY, message, False, status, retry_after, body)
    is_retryable = status in RETRYABLE_STATUS or status >= 500
    return Fault(f"http_{status}", message, is_retryable, status, retry_after, body)


def error_fault(
    message: str,
    error: Mapping[str, Any],
    retry_after: float | None = None,
    body: Mapping[str, Any] | None = None,
) -> Fault:
    """The fault of an error object that came without a status: in a 200, in a line of a batch.

    Its code says which status it would have come with; ``body`` is what it stands in.
    """
    status = status_of(error) or UNKNOWN
    fault = status_fault(status, described(error, message), retry_after, body or error)
    fault.body = body
    return fault


def batch_fault(state: str, message: str, code: str) -> Fault:
    """The fault of a batch that ended without a result, by its state and its error's code.

    Asked again in the next batch, unless the endpoint refuses the account, the key or the model.
    """
    fault = error_fault(message, {"code": code})
    if code and (fault.kind == NO_MONEY or fault.status in _REFUSED):
        return fault
    return Fault(f"batch_{state}", fault.message, is_retryable=True)


def _has_no_money(body: Any) -> bool:
    """Whether an error, or the body around it, says so; by its code or, with some, its type."""
    error = body.get("error", body) if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return False
    return any(str(error.get(name)).lower() in NO_MONEY_NAMES for name in ("code", "type"))


# Not 400, 403 (of OpenRouter: the prompt was flagged), 413, 422 and the like, which are about the
# request; nor what is about the answer.
_STATUS_OF_ENDPOINT = RETRYABLE_STATUS | {401, 402, 404, 410}
_OF_ENDPOINT = frozenset({NO_MONEY, "timeout", "connection", "not_json", "empty_body"})


def is_of_endpoint(error: CallError) -> bool:
    """Whether a call that failed for good did so for reasons of its endpoint.

    Then another endpoint may bring an answer. It does not say so of requests that the provider does
    not take, of answers that cannot be used, nor of what the user has to put right or has asked
    for: a key that is not set, a redirect, a budget, a stop.
    """
    status = error.cause.removeprefix("http_")
    if status != error.cause and status.isdecimal():
        return int(status) in _STATUS_OF_ENDPOINT or int(status) >= 500
    return error.cause in _OF_ENDPOINT or error.cause.startswith("batch_")
