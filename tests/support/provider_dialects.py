"""What eight kinds of providers send, each in its own words: answers, endings, thinking, errors.

The names are those of the examples in ``docs/endpoints.md``. A hostile answer is made from these
pieces, so that whatever goes wrong goes wrong in the shape that the provider gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]
TOKENS_IN, TOKENS_OUT = 40, 20


class ProviderDialect(NamedTuple):
    """How one provider puts what every provider has to say.

    ``thinking`` are the fields of a message that thought and then says a text; ``error`` is the
    body of an error of a status, ``no_money`` status and body when the account is empty.
    """

    finished: str
    truncated: str
    filtered: str
    usage: Json
    thinking: Callable[[str, str], Json]
    error: Callable[[int, str], Any]
    no_money: Callable[[str], tuple[int, Any]]
    no_money_kind: str
    beside: Json

    def completion(self, message: Mapping[str, Any], finish: str, usage: Any) -> Json:
        """A completion with one choice."""
        choice = {"index": 0, "message": message, "finish_reason": finish}
        known = {"id": "r1", "object": "chat.completion", "model": "lab/writer", **self.beside}
        return known | {"choices": [choice], "usage": usage}


def _tokens(**more: Any) -> Json:
    counts = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT}
    return counts | {"total_tokens": TOKENS_IN + TOKENS_OUT} | more


def _in(field: str) -> Callable[[str, str], Json]:
    return lambda thought, text: {"role": "assistant", "content": text or None, field: thought}


def _between(opening: str, closing: str) -> Callable[[str, str], Json]:
    return lambda thought, text: {"content": f"{opening}{thought}{closing}\n{text}"}


def _details(thought: str, text: str) -> Json:
    """OpenRouter's list of what was thought, without the plain field beside it."""
    details = [{"type": "reasoning.text", "text": thought}]
    return {"content": text, "reasoning_details": details}


def _openai(status: int, words: str) -> Json:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": words, "type": kind, "param": None, "code": None}}


def _anthropic(status: int, words: str) -> Json:
    kind = {429: "rate_limit_error", 529: "overloaded_error"}.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": words}}


def _google(status: int, words: str) -> list[Json]:
    details = [{"@type": "type.googleapis.com/google.rpc.Help", "links": []}]
    body = {"code": status, "message": words, "status": "UNAVAILABLE", "details": details}
    return [{"error": body}]


def _azure(status: int, words: str) -> Json:
    return {"error": {"code": str(status), "message": words, "innererror": {"code": "Other"}}}


def _openrouter(status: int, words: str) -> Json:
    metadata = {"raw": words, "provider_name": "Upstream"}
    return {"error": {"code": status, "message": "Provider returned error", "metadata": metadata}}


def _together(status: int, words: str) -> Json:
    return {"id": "r1", "error": {"message": words, "type": "server_error", "code": None}}


def _vllm(status: int, words: str) -> Json:
    return {"object": "error", "message": words, "type": "Error", "param": None, "code": status}


def _ollama(status: int, words: str) -> Json:
    return {"error": words}


def _with_code(status: int, **error: str) -> Callable[[str], tuple[int, Any]]:
    return lambda words: (status, {"error": {"message": words, **error}})


def _with_status(make: Callable[[int, str], Any]) -> Callable[[str], tuple[int, Any]]:
    return lambda words: (402, make(402, words))


DIALECTS = {
    "OpenAI, reasoning models": ProviderDialect(
        *("stop", "length", "content_filter"),
        _tokens(completion_tokens_details={"reasoning_tokens": TOKENS_OUT}),
        lambda thought, text: {"role": "assistant", "content": text, "refusal": None},
        _openai,
        _with_code(429, type="insufficient_quota", code="insufficient_quota"),
        "insufficient_quota",
        {"system_fingerprint": "fp_1", "service_tier": "default"},
    ),
    "Anthropic": ProviderDialect(
        *("end_turn", "max_tokens", "refusal"),
        {"input_tokens": TOKENS_IN, "output_tokens": TOKENS_OUT, "cache_read_input_tokens": 0},
        _between("<thinking>", "</thinking>"),
        _anthropic,
        _with_status(_anthropic),
        "http_402",
        {},
    ),
    "Google": ProviderDialect(
        *("STOP", "MAX_TOKENS", "content_filter: RECITATION"),
        {
            "prompt_tokens": TOKENS_IN,
            "completion_tokens": 1,
            "total_tokens": TOKENS_IN + TOKENS_OUT,
        },
        _between("<thought>", "</thought>"),
        _google,
        _with_status(_google),
        "http_402",
        {},
    ),
    "Azure": ProviderDialect(
        *("stop", "length", "content_filter"),
        _tokens(),
        _in("reasoning_content"),
        _azure,
        _with_code(429, code="insufficient_quota"),
        "insufficient_quota",
        {"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]},
    ),
    "OpenRouter": ProviderDialect(
        *("stop", "length", "content_filter"),
        _tokens(cost_details={"upstream_inference_cost": None}),
        _details,
        _openrouter,
        _with_status(_openrouter),
        "http_402",
        {"provider": "DeepInfra"},
    ),
    "Together": ProviderDialect(
        *("eos", "length", "content_filter"),
        _tokens(),
        _between("<think>", "</think>"),
        _together,
        _with_status(_together),
        "http_402",
        {"prompt": []},
    ),
    "vLLM": ProviderDialect(
        *("stop", "length", "content_filter"),
        _tokens(prompt_tokens_details=None),
        _in("reasoning_content"),
        _vllm,
        _with_status(_vllm),
        "http_402",
        {"prompt_logprobs": None},
    ),
    "Ollama": ProviderDialect(
        *("stop", "length", "content_filter"),
        _tokens(),
        _in("reasoning"),
        _ollama,
        _with_status(_ollama),
        "http_402",
        {"system_fingerprint": "fp_ollama"},
    ),
}
