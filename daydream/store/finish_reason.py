"""Finish reasons: how an answer ended, from every spelling that providers use, in any case."""

from __future__ import annotations

import re
from typing import Literal

Ending = Literal["finished", "truncated", "filtered", "broken", "tool", "unknown"]

# OpenAI, Azure, OpenRouter, Together, vLLM, Ollama, Anthropic, Google, Mistral, Cohere, Bedrock.
_SPELLINGS: dict[Ending, tuple[str, ...]] = {
    "finished": (
        *("", "stop", "eos", "eos_token", "end_turn", "endoftext", "stop_sequence"),
        *("stop_token", "complete", "completed", "finish", "finished", "done", "end", "null"),
        *("finish_reason_stop", "finish_reason_unspecified"),
    ),
    "truncated": (
        *("length", "max_tokens", "max_output_tokens", "max_length", "max_new_tokens"),
        *("model_length", "max_context_length", "model_context_window_exceeded"),
        *("context_length_exceeded", "token_limit", "error_limit", "finish_reason_max_tokens"),
        "incomplete",
    ),
    "filtered": (
        *("content_filter", "content_filtered", "safety", "recitation", "blocklist", "spii"),
        *("prohibited_content", "refusal", "guardrail_intervened", "sensitive", "error_toxic"),
    ),
    "broken": (
        *("error", "cancelled", "canceled", "abort", "aborted", "other", "timeout"),
        "insufficient_system_resource",
    ),
    "tool": ("tool_calls", "tool_call", "tool_use", "function_call", "malformed_function_call"),
}
_ENDINGS: dict[str, Ending] = {
    spelling.replace("_", ""): ending
    for ending, spellings in _SPELLINGS.items()
    for spelling in spellings
}


def ending_of(reason: object) -> Ending:
    """How an answer ended; a server that gives no reason has sent all that it had.

    ``MAX_TOKENS``, ``max-tokens`` and ``maxTokens`` are one spelling. Behind a colon Google says
    more: ``content_filter: RECITATION``.
    """
    given = "" if reason is None else str(reason).partition(":")[0]
    spelling = re.sub(r"[\s_-]", "", given.lower())
    return _ENDINGS.get(spelling, "unknown")
