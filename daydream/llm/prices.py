"""Tokens and dollars of a call, before it and after it."""

from __future__ import annotations

from daydream.catalog import Model

CHARACTERS_PER_TOKEN = 4  # English prose with the tokenizers in use; settled by real usage


def estimate_tokens(text: str) -> int:
    """Tokens that a text will be counted as, roughly; at least 1."""
    return len(text) // CHARACTERS_PER_TOKEN + 1


def cost_usd(usage: dict[str, int], model: Model, billed_usd: float | None = None) -> float | None:
    """USD of a call: what the endpoint says it billed, else tokens times list prices.

    None when a price is unknown; 0 when nothing was used.
    """
    if billed_usd is not None:
        return billed_usd
    if not usage:
        return 0.0
    return price(model, usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0))


def price(model: Model, tokens_in: float, tokens_out: float) -> float | None:
    """USD of some tokens at a model's list prices; None when one of these is unknown."""
    if model.price_in is None or model.price_out is None:
        return None
    return round((tokens_in * model.price_in + tokens_out * model.price_out) / 1e6, 9)
