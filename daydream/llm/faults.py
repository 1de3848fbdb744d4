"""What can go wrong with a call, and whether asking again can heal it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daydream.errors import CallError

# 408, 409 and 429 pass with time, and so does what a provider's own machines did wrong.
HEALING_STATUS = frozenset({408, 409, 429})
# OpenAI and those who follow it answer 429 also when there is no money left; waiting does not help.
NO_MONEY = "insufficient_quota"
_NO_MONEY = frozenset(
    (NO_MONEY, "billing_hard_limit_reached", "billing_not_active", "insufficient_balance")
)


class Fault(CallError):
    """One attempt that brought no usable answer; what ends a call for good is told by ``explain``.

    ``kind`` is a short name to group by, ``message`` the provider's own words, ``retry_after`` in
    seconds when the provider gave one, ``body`` its JSON, which tells what was billed all the same;
    ``raw`` is a body that could not be understood, kept for a person to read. ``exhausted_for`` is
    the time in seconds until the endpoint's allowance is filled again, where it says so.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        heals: bool,
        status: int | None = None,
        retry_after: float | None = None,
        body: Mapping[str, Any] | None = None,
        raw: str = "",
    ) -> None:
        super().__init__(message, cause=kind)
        self.heals = heals
        self.status = status
        self.retry_after = retry_after
        self.body = body
        self.raw = raw
        self.exhausted_for: float | None = None

    @property
    def kind(self) -> str:
        """The cause, under the name that ledgers give it."""
        return self.cause

    @property
    def is_refusal(self) -> bool:
        """Whether the provider wants fewer calls."""
        return self.status == 429 and self.heals

    def as_json(self) -> dict[str, Any]:
        """How the ledger tells it."""
        told: dict[str, Any] = {"kind": self.kind, "message": self.message}
        if self.status is not None:
            told["status"] = self.status
        if self.raw:
            told["body"] = self.raw
        return told


def status_fault(
    status: int, message: str, retry_after: float | None = None, body: Any = None
) -> Fault:
    """The fault of an HTTP status other than 200."""
    if _has_no_money(body):  # with any status, also in a 200
        return Fault(NO_MONEY, message, False, status, retry_after, body)
    heals = status in HEALING_STATUS or status >= 500
    return Fault(f"http_{status}", message, heals, status, retry_after, body)


def error_fault(kind: str, message: str, error: Mapping[str, Any]) -> Fault:
    """The fault of an error that came without a status, as of a batch or of a line of one."""
    if _has_no_money(error):
        return Fault(NO_MONEY, message, heals=False)
    return Fault(kind, message, heals=True)


def _has_no_money(body: Any) -> bool:
    """Whether an error, or the body around it, says so; by its code or, with some, its type."""
    error = body.get("error", body) if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return False
    return any(str(error.get(name)).lower() in _NO_MONEY for name in ("code", "type"))


# Not 400, 403 (of OpenRouter: the prompt was flagged), 413, 422 and the like, which are about the
# request; nor what is about the answer.
_STATUS_OF_ENDPOINT = HEALING_STATUS | {401, 402, 404, 410}
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
