"""What the ledger is told of a call, made directly or in a batch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from daydream.experiment.model import Prices
from daydream.llm.faults import Fault
from daydream.llm.pricing import cost_usd
from daydream.llm.response import Answer
from daydream.llm.usage import billed_usd, read_usage
from daydream.store.ledger import Attempt


class Call(NamedTuple):
    """One call as it was made; what is not ``prices`` and ``discount`` goes into the ledger.

    ``at`` is UTC, ``latency_s`` seconds, ``discount`` the share that a batch saves of the prices.
    """

    at: str
    fingerprint: str
    endpoint: str
    model: str
    parameters: dict[str, Any]
    replicate: int
    attempt: int
    forced: bool
    latency_s: float
    prices: Prices
    discount: float = 0.0
    body_keys: Mapping[str, str | None] = MappingProxyType({})
    fallback: str = ""
    fallback_reason: str = ""

    def cost(self, usage: dict[str, int], billed: float | None) -> float | None:
        """USD of the call: what was billed, or list prices less the discount."""
        cost = cost_usd(usage, self.prices, billed)
        if cost is None or billed is not None or not self.discount:
            return cost
        return round(cost * (1 - self.discount), 9)

    @property
    def common(self) -> dict[str, Any]:
        """The fields of the attempt that do not depend on what came of it."""
        known = self._asdict()
        del known["prices"], known["discount"]
        return known | {
            "latency_s": round(self.latency_s, 3),
            "body_keys": dict(self.body_keys),
            "fallback": self.fallback or None,
            "fallback_reason": self.fallback_reason or None,
        }


_NOTHING = {"prompt_tokens": 0, "completion_tokens": 0}


def _counted(usage: dict[str, int]) -> dict[str, int]:
    """The counts that can be those of an answer, which takes some tokens: a zero is none."""
    return {name: count for name, count in usage.items() if count or name not in _NOTHING}


def attempt_of(call: Call, result: Answer | Fault) -> Attempt:
    """A call's line in the ledger: its answer, or its fault and what was billed all the same."""
    if isinstance(result, Fault):
        raw_usage = (result.body or {}).get("usage")
        usage, billed = read_usage(raw_usage), billed_usd(raw_usage)
        # Without a word on usage it was not billed, as far as anybody knows.
        cost = call.cost(_NOTHING | usage, billed) if usage or billed else 0.0
        error = result.as_json()
        return Attempt(outcome="failed", usage=usage, cost_usd=cost, error=error, **call.common)
    return Attempt(
        outcome="answer",
        returned_model=result.returned_model,
        provider=result.provider,
        system_fingerprint=result.system_fingerprint,
        response_id=result.response_id,
        finish_reason=result.finish_reason,
        usage=result.usage,
        cost_usd=call.cost(_counted(result.usage), result.billed_usd),
        reasoning=result.reasoning,
        text=result.text,
        **call.common,
    )
