"""What the mock provider notes of a call, and what decides about it: rules and a rate limit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.support.mock_replies import Json


@dataclass
class Call:
    """One request, in the order of arrival; ``at`` is in monotonic seconds.

    ``status`` is the HTTP status answered: 0 while there is none (or when the connection was
    closed on purpose), 499 when the client left first.
    """

    prompt: str
    model: str
    body: Json
    headers: Mapping[str, str]
    at: float
    via: Literal["chat", "batch"] = "chat"
    status: int = 0
    fault: str | None = None
    paid: bool = False
    address: str = ""  # path and query

    @property
    def authorization(self) -> str | None:
        """The Authorization header as it came."""
        return self.headers.get("Authorization")


@dataclass
class Rule:
    """Which calls something happens to, and how many more of them (None: all)."""

    containing: str
    model: str | None
    left: int | None

    def takes(self, call: Call) -> bool:
        """Tell whether the rule applies, and use it up by one if so."""
        if self.left == 0 or self.containing not in call.prompt:
            return False
        if self.model not in (None, call.model):
            return False
        if self.left is not None:
            self.left -= 1
        return True


@dataclass
class Bucket:
    """A token bucket of ``size`` requests that refills evenly at ``per_second``."""

    per_second: float
    size: float
    level: float = field(init=False)
    at: float = field(init=False)

    def __post_init__(self) -> None:
        self.level, self.at = self.size, time.monotonic()

    def take(self) -> bool:
        """Take one request out, if there is one."""
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.at) * self.per_second)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def headers(self) -> dict[str, str]:
        """Return the ``x-ratelimit-*`` headers of this moment."""
        return {
            "x-ratelimit-limit-requests": f"{self.per_second * 60:g}",
            "x-ratelimit-remaining-requests": str(int(self.level)),
            "x-ratelimit-reset-requests": f"{(self.size - self.level) / self.per_second:.3f}s",
        }

    def wait(self) -> float:
        """Return the seconds until there is a request in the bucket."""
        return max(0.0, (1 - self.level) / self.per_second)


def last_prompt(body: Json) -> str:
    """Return the text of the last user message, or of the last message when no user speaks."""
    messages = body.get("messages") or [{}]
    users = [message for message in messages if message.get("role") == "user"]
    content = (users or messages)[-1].get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)
