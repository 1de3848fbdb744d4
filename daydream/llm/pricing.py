"""Tokens and dollars of a call, before it and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daydream.experiment.model import Prices
from daydream.llm.amounts import Amount

if TYPE_CHECKING:
    from daydream.llm.request import Request

CHARACTERS_PER_TOKEN = 4  # English prose with the tokenizers in use; settled by real usage

MIN_CHARACTERS_PER_TOKEN = 2  # code, names and other scripts take more tokens than prose
PROMPT_OVERHEAD_TOKENS = 50  # what a chat format adds


def estimate_tokens(text: str) -> int:
    """Tokens that a text will be counted as, roughly; at least 1."""
    return len(text) // CHARACTERS_PER_TOKEN + 1


def max_amount(request: Request) -> Amount:
    """The most that a call can take: its prompt, counted generously, and all of max_tokens."""
    characters = len(request.system) + len(request.prompt)
    tokens_in = characters // MIN_CHARACTERS_PER_TOKEN + PROMPT_OVERHEAD_TOKENS
    tokens_out = request.max_tokens_out
    usd = price(request.model.prices, tokens_in, tokens_out) or 0.0
    return Amount(usd, tokens_in + tokens_out, 1)


def cost_usd(
    usage: dict[str, int], prices: Prices, billed_usd: float | None = None
) -> float | None:
    """USD of a call: what the endpoint says it billed, else tokens times list prices.

    None when a price, or a count of tokens that have a price, is unknown.
    """
    if billed_usd is not None:
        return billed_usd
    counted = {"prompt_tokens": prices.tokens_in, "completion_tokens": prices.tokens_out}
    if any(name not in usage and usd != 0 for name, usd in counted.items()):
        return None
    names = ("prompt_tokens", "completion_tokens", "cached_tokens")
    return price(prices, *(usage.get(name, 0) for name in names))


def price(prices: Prices, tokens_in: float, tokens_out: float, cached: float = 0) -> float | None:
    """USD of some tokens at list prices; None when one of these is unknown.

    ``cached`` is the part of ``tokens_in`` that the provider had cached.
    """
    if prices.tokens_in is None or prices.tokens_out is None:
        return None
    cached = min(cached, tokens_in)
    usd = (tokens_in - cached) * prices.tokens_in + tokens_out * prices.tokens_out
    usd += cached * (prices.tokens_in if prices.cached is None else prices.cached)
    return round(usd / 1e6, 9)
