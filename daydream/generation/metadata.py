"""What ``metadata.json`` says of a generation: what it is, and which answer it was made from."""

from __future__ import annotations

from typing import Any

from daydream.generation.versions import versions
from daydream.store.ids import sha256
from daydream.store.ledger import Attempt
from daydream.store.membership import SECOND, Member


def identity(member: Member) -> dict[str, Any]:
    """What a generation is; only a comparison has a second essay."""
    fields = {name: value for name, value in member._asdict().items() if name != "cohort_id"}
    return fields if member.second_gen_id else {k: v for k, v in fields.items() if k != SECOND}


def provenance(answer: Attempt, prompt: str) -> dict[str, Any]:
    """Where a generation's text comes from: the call, its usage and cost, the software."""
    return {
        "endpoint": answer.endpoint,
        "model": answer.model,
        "returned_model": answer.returned_model,
        "provider": answer.provider,
        "system_fingerprint": answer.system_fingerprint,
        "parameters": answer.parameters,
        "finish_reason": answer.finish_reason,
        "usage": answer.usage,
        "cost_usd": answer.cost_usd,
        "answered_at": answer.at,
        "latency_s": answer.latency_s,
        "attempts": answer.attempt,
        "prompt_sha256": sha256(prompt),
        "fingerprint": answer.fingerprint,
        **({"body_keys": answer.body_keys} if answer.body_keys else {}),
        **_fallback(answer),
        **versions(),
    }


def _fallback(answer: Attempt) -> dict[str, Any]:
    """Who answered in place of the model asked for, and why, if so."""
    if not answer.fallback:
        return {}
    return {"fallback": answer.fallback, "fallback_reason": answer.fallback_reason}
