"""What a provider says about its limits in the headers of a response."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_PARTS = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_S = 3600.0


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


def exhausted_for(headers: Mapping[str, str]) -> float | None:
    """Seconds until a used-up allowance is filled again; None while some is left.

    Reads OpenAI's ``x-ratelimit-{remaining,reset}-{requests,tokens}`` and OpenRouter's
    ``x-ratelimit-{remaining,reset}``, whose reset is a time in milliseconds.
    """
    waits = [
        _reset(headers.get(f"x-ratelimit-reset{kind}", ""))
        for kind in ("", "-requests", "-tokens")
        if _number(headers.get(f"x-ratelimit-remaining{kind}", "")) == 0
    ]
    known = [wait for wait in waits if wait is not None]
    return max(known) if known else None


def _reset(value: str) -> float | None:
    number = _number(value)
    if number is None:
        parts = _PARTS.findall(value)
        return _sane(sum(float(n) * _SECONDS[unit] for n, unit in parts)) if parts else None
    if number > 1e11:  # milliseconds since 1970
        number = number / 1000 - time.time()
    elif number > 1e8:  # seconds since 1970
        number -= time.time()
    return _sane(number)


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _sane(seconds: float) -> float:
    return min(max(seconds, 0.0), _LONGEST_S)
