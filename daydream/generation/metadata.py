"""What ``metadata.json`` says of a generation: what it is, and which answer it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daydream.generation.prompt_text import Prompt
from daydream.generation.versions import versions
from daydream.store.ledger import Attempt
from daydream.store.membership import SECOND, Member


def identity(member: Member) -> dict[str, Any]:
    """What a generation is; only a comparison has a second essay."""
    fields = {name: value for name, value in member._asdict().items() if name != "cohort_id"}
    return fields if member.second_gen_id else {k: v for k, v in fields.items() if k != SECOND}


def provenance(answer: Attempt, prompt: Prompt) -> dict[str, Any]:
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
        **prompt.metadata,
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


def earlier_answers(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that were in use before this one and answered something else, oldest first.

    Tables that were made from one of them, and are not made again, can so be told from wrong ones.

    Args:
        before: the metadata that are going to be replaced.
        now: those that replace them.
    """
    listed = before.get("earlier")
    earlier = {e["fingerprint"]: e for e in listed or () if isinstance(listed, list)}
    if fingerprint := before.get("fingerprint"):
        earlier[fingerprint] = {name: before[name] for name in _OF_EARLIER if name in before}
    earlier.pop(now.get("fingerprint"), None)
    return {"earlier": list(earlier.values())} if earlier else {}


_OF_EARLIER = ("fingerprint", "prompt_sha256", "sources", "parameters", "answered_at")
