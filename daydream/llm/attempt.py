"""What the ledger is told of a call."""

from __future__ import annotations

from typing import Any

from daydream.llm.faults import Fault
from daydream.llm.pricing import cost_usd
from daydream.llm.request import Request
from daydream.llm.response import Answer
from daydream.llm.usage import billed_usd, read_usage
from daydream.store.ledger import Attempt


def attempt_of(
    request: Request,
    answer: Answer | None,
    fault: Fault | None,
    at: str,
    latency: float,
    number: int,
    forced: bool,
) -> Attempt:
    """A call's line in the ledger: its answer, or its fault and what was billed all the same."""
    common: dict[str, Any] = {
        "at": at,
        "fingerprint": request.fingerprint,
        "endpoint": request.endpoint,
        "model": request.model.model,
        "parameters": request.parameters,
        "replicate": request.replicate,
        "attempt": number,
        "forced": forced,
        "latency_s": round(latency, 3),
    }
    if answer is None:
        body = (fault.body if fault else None) or {}
        usage = read_usage(body.get("usage") or {})
        # Without a word on usage it was not billed, as far as anybody knows.
        billed = billed_usd(body.get("usage"))
        cost = cost_usd(usage, request.model, billed) if usage or billed else 0.0
        error = fault.as_json() if fault else None
        return Attempt(outcome="failed", usage=usage, cost_usd=cost, error=error, **common)
    return Attempt(
        outcome="answer",
        returned_model=answer.returned_model,
        provider=answer.provider,
        system_fingerprint=answer.system_fingerprint,
        response_id=answer.response_id,
        finish_reason=answer.finish_reason,
        usage=answer.usage,
        cost_usd=cost_usd(answer.usage, request.model, answer.billed_usd),
        reasoning=answer.reasoning,
        text=answer.text,
        **common,
    )
