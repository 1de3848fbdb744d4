"""The mock provider without its wires: who is let in, what is answered, what is paid."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal

from tests.support.mock_calls import Bucket, Call, Rule, last_prompt
from tests.support.mock_replies import (
    Fault,
    Json,
    Reply,
    completion,
    default_text,
    error,
    failure,
    ok,
    spoil,
)

ABANDONED = 499


class Provider:
    """Keeps the rules and the count of what was asked, refused and paid."""

    def __init__(self, *, required_key: str | None = None, keep_calls: bool = True) -> None:
        """Start with no rules; without ``keep_calls`` only the numbers are kept."""
        self.required_key = required_key
        self.bucket: Bucket | None = None
        self.refused_keys: frozenset[str] = frozenset()  # anywhere in a body, as a dialect has it
        self.key_header = "Authorization"
        self.usage: Json | None = None  # of every answer; texts in it are sent as bare numbers
        self._keep_calls = keep_calls
        self._answers: list[tuple[Rule, str | Callable[[str, str], str]]] = []
        self._faults: list[tuple[Rule, Fault]] = []
        self.in_flight = 0
        self.reset()

    def reset(self) -> None:
        """Forget the calls and their counts; rules, limits, files and batches stay."""
        self.calls: list[Call] = []
        self.paid_by_prompt: Counter[str] = Counter()
        self.received = self.paid = self.refused = self.abandoned = 0
        self.max_in_flight = self.in_flight

    def answer(
        self,
        *,
        with_: str | Callable[[str, str], str],
        containing: str = "",
        model: str | None = None,
        times: int | None = None,
    ) -> None:
        """Answer matching prompts with a text, or with what a function of (prompt, model) gives.

        The newest matching rule wins.
        """
        self._answers.insert(0, (Rule(containing, model, times), with_))

    def fault(
        self,
        fault: Fault,
        containing: str = "",
        model: str | None = None,
        times: int | None = 1,
    ) -> None:
        """Let ``fault`` happen to the first ``times`` matching calls (None: to every one).

        The oldest rule that is not used up wins, so that several calls write a sequence.
        """
        self._faults.append((Rule(containing, model, times), fault))

    def rate_limit(self, requests_per_minute: float | None, burst: float | None = None) -> None:
        """Refuse what exceeds the limit; ``burst`` (default: a second's worth) passes at once."""
        if requests_per_minute is None:
            self.bucket = None
            return
        rate = requests_per_minute / 60
        self.bucket = Bucket(rate, max(1.0, rate if burst is None else burst))

    def clear_rules(self) -> None:
        """Forget all answers, faults and the rate limit."""
        self._answers.clear()
        self._faults.clear()
        self.bucket = None

    def receive(
        self, body: Json, headers: Mapping[str, str], via: Literal["chat", "batch"] = "chat"
    ) -> Call:
        """Note the arrival of a request."""
        call = Call(last_prompt(body), str(body.get("model", "")), body, headers, time.monotonic())
        call.via = via
        self.received += 1
        if self._keep_calls:
            self.calls.append(call)
        return call

    def refusal(self, call: Call) -> Reply | None:
        """Return the reply to a request that is not let in: key, rate limit, shape."""
        return self.key_refusal(call.headers) or self._limit_refusal() or self.shape_refusal(call)

    def key_refusal(self, headers: Mapping[str, str]) -> Reply | None:
        """Return a 401 if a key is required and ``headers`` do not carry it."""
        given = headers.get(self.key_header, "").removeprefix("Bearer ")
        if not self.required_key or given == self.required_key:
            return None
        return error(401, "Incorrect API key provided." if given else "No API key provided.")

    def shape_refusal(self, call: Call) -> Reply | None:
        """Return a 400 if the body is not a request that can be answered."""
        if not call.model or not call.body.get("messages"):
            return error(400, "The request needs a model and a list of messages.")
        if refused := self.refused_keys & _keys(call.body):
            return error(400, f"Unsupported parameter: {', '.join(sorted(refused))}.")
        if call.body.get("stream"):
            return error(400, "The mock server does not stream.")
        return None

    def _limit_refusal(self) -> Reply | None:
        if not self.bucket or self.bucket.take():
            return None
        wait = f"{self.bucket.wait():.3f}"
        headers = {"Retry-After": wait, **self.bucket.headers()}
        return error(429, f"Rate limit reached; try again in {wait} s.", headers)

    def next_fault(self, call: Call) -> Fault | None:
        """Return the fault that happens to ``call``, and use it up by one."""
        found = next((fault for rule, fault in self._faults if rule.takes(call)), None)
        call.fault = found.name if found else None
        return found

    def reply(self, call: Call, fault: Fault | None) -> Reply:
        """Return the answer to ``call``, spoiled by ``fault``."""
        reply = failure(fault) if fault and fault.answerless else self._completed(call, fault)
        if self.bucket:
            reply = reply._replace(headers={**self.bucket.headers(), **reply.headers})
        return reply

    def _completed(self, call: Call, fault: Fault | None) -> Reply:
        limit = call.body.get("max_completion_tokens") or call.body.get("max_tokens")
        body = completion(call.prompt, call.model, self._text(call), limit)
        if fault:
            spoil(fault, body)
        return ok(body, self.usage)

    def settle(self, call: Call, reply: Reply) -> None:
        """Note what was answered, and whether it is paid."""
        call.status, call.paid = reply.status, reply.paid
        self.refused += reply.status == 429
        if reply.paid:
            self.paid += 1
            if self._keep_calls:
                self.paid_by_prompt[call.prompt] += 1

    def abandon(self, call: Call) -> None:
        """Note that the client left before its answer."""
        call.status = ABANDONED
        self.abandoned += 1

    def stats(self) -> dict[str, int]:
        """Return the counts that ``GET /stats`` shows."""
        return {
            "calls": self.received,
            "paid": self.paid,
            "max_in_flight": self.max_in_flight,
            "refused": self.refused,
            "abandoned": self.abandoned,
        }

    def _text(self, call: Call) -> str:
        for rule, answer in self._answers:
            if rule.takes(call):
                return answer if isinstance(answer, str) else answer(call.prompt, call.model)
        wanted = call.body.get("response_format") or {}
        return default_text(call.prompt, call.model, as_json=wanted.get("type") == "json_schema")


def _keys(body: object) -> set[str]:
    """Every key in a body, at any depth."""
    if isinstance(body, dict):
        return set(body).union(*map(_keys, body.values()))
    return set().union(*map(_keys, body)) if isinstance(body, list) else set()
