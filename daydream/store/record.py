"""The record of a generation as one row: what it is, its state, its cost and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from daydream.store.layout import Layout
from daydream.store.membership import Member
from daydream.store.metadata import as_number, as_text, as_whole, error_in, read_metadata
from daydream.store.status import state_of


class Generation(NamedTuple):
    """A member of a cohort and what its answer took.

    ``status`` is done, missing, failed or refused, and ``error_kind`` and ``error_cause`` say why
    it is one of the last two. What follows ``status`` is of the answer in use, None when there is
    none or when its metadata do not tell: USD, tokens, seconds, UTC. ``mode`` is llm or copy; a
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
    error_kind: str | None = None
    error_cause: str | None = None
    fallback: str | None = None


def read_generation(layout: Layout, member: Member) -> Generation:
    """The row of a generation, from its folder."""
    metadata = read_metadata(layout, member.stage, member.gen_id)
    usage = metadata.get("usage")
    status = state_of(layout, member)
    error = error_in(metadata) if status in ("failed", "refused") else None
    tokens: dict[str, Any] = usage if isinstance(usage, dict) else {}
    mode = "copy" if metadata.get("mode") == "copy" else "llm"
    return Generation(
        stage=member.stage,
        gen_id=member.gen_id,
        parent_gen_id=member.parent_gen_id,
        combo_id=member.combo_id,
        template_id=member.template_id,
        llm_model_id=member.llm_model_id,
        replicate=member.replicate,
        status=status,
        mode=mode,
        cost_usd=0.0 if mode == "copy" else _cost(metadata, tokens),
        prompt_tokens=as_whole(tokens.get("prompt_tokens")),
        completion_tokens=as_whole(tokens.get("completion_tokens")),
        latency_s=as_number(metadata.get("latency_s")),
        finish_reason=as_text(metadata.get("finish_reason")),
        returned_model=as_text(metadata.get("returned_model")),
        answered_at=as_text(metadata.get("answered_at")),
        error_kind=error.kind if error else None,
        error_cause=error.cause if error else None,
        fallback=as_text(metadata.get("fallback")),
    )


def _cost(metadata: Mapping[str, Any], tokens: Mapping[str, Any]) -> float | None:
    """A cost of 0 without token counts means that nothing was counted."""
    cost = as_number(metadata.get("cost_usd"))
    return cost if cost or tokens else None
