"""Usage and cost of a call, read from whatever a provider sent; reading never raises.

A number that cannot be one (negative, not finite, absurdly large, not a number at all) counts as
not given: what it cost is then unknown, and the answer that was paid for is kept.
"""

from __future__ import annotations

from daydream.llm.json_text import mapping

MAX_TOKENS = 10**10
MAX_USD = 10.0**6
_UPSTREAM = ("prompt", "completions")  # whose costs OpenRouter may tell apart


def read_usage(usage: object) -> dict[str, int]:
    """Token counts under the names of the chat completions API, those that were given.

    Output tokens are the larger of ``completion_tokens`` and the total less the prompt, as some
    providers count reasoning in the total only; more reasoning than output was counted beside it.
    Cached input is part of ``prompt_tokens``; Anthropic's names count it beside ``input_tokens``,
    and it is added here.
    """
    given = mapping(usage)
    prompt = mapping(given.get("prompt_tokens_details"))
    completion = mapping(given.get("completion_tokens_details"))
    tokens_in = _tokens(given.get("prompt_tokens"))
    beside = [_tokens(given.get(f"cache_{kind}_input_tokens")) for kind in ("read", "creation")]
    if tokens_in is None and (tokens_in := _tokens(given.get("input_tokens"))) is not None:
        tokens_in += sum(filter(None, beside))
    tokens_out = _first(given.get("completion_tokens"), given.get("output_tokens"))
    total = _tokens(given.get("total_tokens"))
    if total is not None and tokens_in is not None and total > tokens_in + (tokens_out or 0):
        tokens_out = total - tokens_in
    reasoning = _first(completion.get("reasoning_tokens"), given.get("reasoning_tokens"))
    if reasoning is not None and tokens_out is not None and reasoning > tokens_out:
        tokens_out += reasoning
    counts = {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "cached_tokens": _first(
            prompt.get("cached_tokens"),
            given.get("cached_tokens"),
            given.get("prompt_cache_hit_tokens"),
            beside[0],
        ),
        "reasoning_tokens": reasoning,
    }
    return {name: count for name, count in counts.items() if count is not None}


def thinking_tokens(usage: object) -> int:
    """Output tokens that are in no text: those of reasoning, and what only the total counts."""
    counts, given = read_usage(usage), mapping(usage)
    written = _first(given.get("completion_tokens"), given.get("output_tokens"))
    hidden = counts.get("completion_tokens", 0) - written if written is not None else 0
    return max(counts.get("reasoning_tokens", 0), hidden)


def billed_usd(usage: object) -> float | None:
    """USD that the endpoint says a call has cost, where it does.

    With a key of one's own at the upstream provider (OpenRouter's BYOK) ``cost`` is what the
    router takes, and what the provider takes stands in ``cost_details``.
    """
    given = mapping(usage)
    cost = _usd(given.get("cost"))
    if not given.get("is_byok"):
        return cost
    details = mapping(given.get("cost_details"))
    upstream = _usd(details.get("upstream_inference_cost"))
    if upstream is None:
        parts = [_usd(details.get(f"upstream_inference_{part}_cost")) for part in _UPSTREAM]
        known = [part for part in parts if part is not None]
        upstream = sum(known) if len(known) == len(parts) else None
    return None if upstream is None else upstream + (cost or 0.0)


def _first(*values: object) -> int | None:
    return next((count for value in values if (count := _tokens(value)) is not None), None)


def _tokens(value: object) -> int | None:
    return int(number) if (number := _number(value, MAX_TOKENS)) is not None else None


def _usd(value: object) -> float | None:
    number = _number(value, MAX_USD)
    return None if number is None else float(number)


def _number(value: object, maximum: float) -> float | None:
    """A number from 0 to a maximum; Python compares integers of any length and NaN without fail."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= maximum else None
