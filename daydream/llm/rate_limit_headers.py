"""What a provider says about its limits, in the headers of a response or the body of an error."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard

from daydream.llm.json_text import mapping

_DATE = re.compile(r"\d{4}-\d\d-\d\dT")
_PARTS = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_S = 3600.0
_OPENAI = ("", "-requests", "-tokens")
_ANTHROPIC = ("requests", "tokens", "input-tokens", "output-tokens")
_ALLOWANCES = (
    *((f"x-ratelimit-remaining{k}", f"x-ratelimit-reset{k}") for k in _OPENAI),
    *((f"anthropic-ratelimit-{k}-remaining", f"anthropic-ratelimit-{k}-reset") for k in _ANTHROPIC),
    ("ratelimit-remaining", "ratelimit-reset"),
)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from ``retry-after-ms`` or ``Retry-After`` (seconds or a date, RFC 9110)."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _sane(milliseconds / 1000)
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is not None:
        return _sane(seconds)
    try:
        return _sane(parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def retry_after_in(body: Mapping[str, Any]) -> float | None:
    """Seconds to wait that the body of an error names.

    Google's ``retryDelay`` in ``details``; OpenRouter's copy of the upstream headers in
    ``metadata``; ``retry_after``, ``retry_after_seconds`` and ``retry_after_ms`` of others.
    """
    error = mapping(body.get("error", body))
    headers = mapping(mapping(error.get("metadata")).get("headers"))
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    details = error.get("details")
    delays = [mapping(detail).get("retryDelay") for detail in details] if _is_list(details) else []
    milliseconds = _number(str(error.get("retry_after_ms", "")))
    waits = [
        *(_reset(delay) for delay in delays if isinstance(delay, str)),
        retry_after(lower),
        exhausted_for(lower),
        *(_reset(str(error.get(name, ""))) for name in ("retry_after", "retry_after_seconds")),
        None if milliseconds is None else _sane(milliseconds / 1000),
    ]
    known = [wait for wait in waits if wait is not None]
    return max(known) if known else None


def exhausted_for(headers: Mapping[str, str]) -> float | None:
    """Seconds until a used-up allowance is filled again; None while some is left.

    Reads OpenAI's ``x-ratelimit-{remaining,reset}-{requests,tokens}``, OpenRouter's
    ``x-ratelimit-{remaining,reset}``, whose reset is a time in milliseconds, Anthropic's
    ``anthropic-ratelimit-*-{remaining,reset}``, whose reset is an ISO date, and the IETF draft's
    ``ratelimit-{remaining,reset}``.
    """
    waits = [
        _reset(headers.get(reset, ""))
        for remaining, reset in _ALLOWANCES
        if _number(headers.get(remaining, "")) == 0
    ]
    known = [wait for wait in waits if wait is not None]
    return max(known) if known else None


def _reset(value: str) -> float | None:
    number = _number(value)
    if number is None and _DATE.match(value):
        return _until(value)
    if number is None:
        parts = _PARTS.findall(value)
        return _sane(sum(float(n) * _SECONDS[unit] for n, unit in parts)) if parts else None
    if number > 1e11:  # milliseconds since 1970
        number = number / 1000 - time.time()
    elif number > 1e8:  # seconds since 1970
        number -= time.time()
    return _sane(number)


def _until(date: str) -> float | None:
    try:
        return _sane(datetime.fromisoformat(date).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _sane(seconds: float) -> float:
    return min(max(seconds, 0.0), _LONGEST_S)
