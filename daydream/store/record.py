"""The record of a generation as one row: what it is, its state, its cost and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from daydream.store.layout import Layout
from daydream.store.membership import Member
from daydream.store.metadata import read_metadata
from daydream.store.status import state_of


class Generation(NamedTuple):
    """A member of a cohort and what its answer took.

    ``status`` is done, missing or failed. What follows it is of the answer in use, None when there
    is none or when its metadata do not tell: USD, tokens, seconds, UTC. ``mode`` is llm or copy; a
    copy costs nothing, and its cost is 0.
    """

    stage: str
    gen_id: str
    parent_gen_id: str
    combo_id: str
    template_id: str
    llm_model_id: str
    replicate: int
    status: str
    mode: str
    cost_usd: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_s: float | None
    finish_reason: str | None
    returned_model: str | None
    answered_at: str | None


def read_generation(layout: Layout, member: Member) -> Generation:
    """The row of a generation, from its folder."""
    facts = read_metadata(layout, member.stage, member.gen_id)
    usage = facts.get("usage")
    tokens: dict[str, Any] = usage if isinstance(usage, dict) else {}
    mode = "copy" if facts.get("mode") == "copy" else "llm"
    return Generation(
        stage=member.stage,
        gen_id=member.gen_id,
        parent_gen_id=member.parent_gen_id,
        combo_id=member.combo_id,
        template_id=member.template_id,
        llm_model_id=member.llm_model_id,
        replicate=member.replicate,
        status=state_of(layout, member),
        mode=mode,
        cost_usd=0.0 if mode == "copy" else _cost(facts, tokens),
        prompt_tokens=_whole(tokens.get("prompt_tokens")),
        completion_tokens=_whole(tokens.get("completion_tokens")),
        latency_s=_number(facts.get("latency_s")),
        finish_reason=_text(facts.get("finish_reason")),
        returned_model=_text(facts.get("returned_model")),
        answered_at=_text(facts.get("answered_at")),
    )


def _cost(facts: Mapping[str, Any], tokens: Mapping[str, Any]) -> float | None:
    """A cost of 0 without token counts means that nothing was counted."""
    cost = _number(facts.get("cost_usd"))
    return cost if cost or tokens else None


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]  # it was checked


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
