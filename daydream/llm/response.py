"""Reading a chat completion: text, reasoning, usage, cost - or the fault that it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from daydream.llm.faults import MAX_RAW, Fault, beginning, error_fault, status_fault
from daydream.llm.json_text import load_json, mapping
from daydream.llm.rate_limit_headers import retry_after_in
from daydream.llm.stream import merged, read_events
from daydream.llm.usage import billed_usd, read_usage, thinking_tokens
from daydream.parsers import THINKING_TAGS, ThinkingTags, split_thinking
from daydream.store.finish_reason import ending_of
from daydream.store.metadata import as_text


@dataclass(frozen=True)
class Answer:
    """A model's text as an endpoint returned it; ``reasoning`` is kept apart from ``text``.

    ``provider`` is who answered behind a router; ``system_fingerprint`` changes with the backend.
    """

    text: str
    reasoning: str | None
    finish_reason: str | None
    returned_model: str | None
    response_id: str | None
    usage: dict[str, int] = field(default_factory=dict)
    billed_usd: float | None = None
    provider: str | None = None
    system_fingerprint: str | None = None


def read_answer(body: str, tags: Sequence[ThinkingTags] = THINKING_TAGS) -> Answer:
    """The answer in the body of a 200 response; ``tags`` are those of the model's thinking.

    An answer that was cut off before its first word (reasoning took all of max_tokens), or that
    has thinking and nothing else, is one all the same, with an empty text: it was paid, and asking
    again would bring no more. So it is when only its token counts tell of the thinking.

    Raises:
        Fault: when the body is no JSON, carries an error, or has no text.

    """
    content = read_object(body)
    choice = _first_choice(content)
    message = mapping(choice.get("message"))
    text, reasoning = _without_thinking(message, tags)
    finish = choice.get("finish_reason")
    ending = ending_of(finish)
    refusal = message.get("refusal")
    if ending == "filtered" or (refusal and not text.strip()):
        reason = str(refusal or text or "the provider's content filter stopped it")
        words = " ".join(reason.split())
        raise Fault("content_filter", words, is_retryable=False, body=content, raw=_kept(content))
    usage = mapping(content.get("usage"))
    is_thought = bool((reasoning or "").strip()) or thinking_tokens(usage) > 0
    if not text.strip() and not is_thought and ending != "truncated":
        raise _without_text("the answer has no text", content)
    return Answer(
        text=text,
        reasoning=reasoning,
        finish_reason=None if finish is None else str(finish),
        returned_model=_string(content.get("model")),
        response_id=_string(content.get("id")),
        usage=read_usage(usage),
        billed_usd=billed_usd(usage),
        provider=as_text(content.get("provider")),
        system_fingerprint=as_text(content.get("system_fingerprint")),
    )


def read_object(body: str) -> dict[str, Any]:
    """The JSON object in the body of a 200 response, also behind a BOM or as a stream of events.

    Raises:
        Fault: when there is none; it keeps the text.

    """
    if not body.strip():
        raise Fault("empty_body", "the response has no body", is_retryable=True)
    text = body.lstrip("\ufeff")
    content = load_json(text)
    if content is None:
        content = merged(events) if (events := read_events(text)) else None
    if isinstance(content, list) and len(content) == 1:  # Google's errors
        content = content[0]
    if not isinstance(content, dict):
        start = " ".join(body[:1000].split())[:120]
        message = f"the response is not JSON: {start}"
        raise Fault("not_json", message, is_retryable=True, raw=body)
    return content


def _first_choice(content: dict[str, Any]) -> Mapping[str, Any]:
    choices = content.get("choices")
    first = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    # OpenRouter reports a provider's failure with status 200, before or in the midst of an answer.
    error = (
        _reported_error(content.get("error"))
        or _reported_error(first.get("error"))
        or _bare_error(content)
    )
    if error or str(first.get("finish_reason")).lower() == "error":
        fault = error_in({**content, "error": error or "it broke off"})
        if mapping(first.get("message")).get("content"):
            fault.raw = beginning(_kept(content), MAX_RAW)
        raise fault
    if not first:
        raise _without_text("the response has no choices", content)
    return first


def _without_text(message: str, content: Mapping[str, Any]) -> Fault:
    """The fault of a completion without a text; it may have been paid, so it is kept."""
    return Fault("empty_answer", message, is_retryable=True, body=content, raw=_kept(content))


def _kept(content: Mapping[str, Any]) -> str:
    """What the ledger keeps of a response that is no answer and may have been paid."""
    return json.dumps(content)


def _bare_error(content: Mapping[str, Any]) -> object:
    """An error without the key ``error`` around it, as vLLM, FastAPI and Bedrock send it."""
    is_one = content.get("object") == "error" or "choices" not in content
    return content if is_one and provider_words(content) else None


def _reported_error(error: object) -> object:
    """An error, if it is one: some gateways send one whose code is 0 and that says nothing."""
    return error if not isinstance(error, Mapping) or any(error.values()) else None


def error_in(content: Mapping[str, Any]) -> Fault:
    """The fault that the ``error`` of a 200 response tells of."""
    error = content.get("error")
    details = error if isinstance(error, Mapping) else {"message": str(error)}
    words = provider_words(details) or str(error)
    return error_fault(words, details, retry_after_in(content), content)


def refused(status: int, text: str, trouble: str = "", wait_s: float | None = None) -> Fault:
    """The fault of a response with an error's status, in the provider's own words.

    Args:
        status: of the response, or of a line of a batch.
        text: its body.
        trouble: what kept the rest of the body from being read.
        wait_s: seconds to wait, where a header names them.
    """
    content = load_json(text)
    body = mapping(content[0] if isinstance(content, list) and content else content)  # Google's
    words = provider_words(body.get("error", body)) or " ".join(text[:1000].split())[:200]
    words = words or f"status {status} without a word"
    wait_s = retry_after_in(body) if wait_s is None else wait_s
    return status_fault(status, words + trouble, wait_s, body)


def provider_words(error: object) -> str:
    """What an error object says; behind OpenRouter the model's own provider says it in ``raw``."""
    details = mapping(error)
    message = str(details.get("message") or details.get("detail") or "")
    raw = mapping(details.get("metadata")).get("raw")
    return f"{message}: {' '.join(str(raw).split())[:300]}" if raw else message


def _without_thinking(
    message: Mapping[str, Any], tags: Sequence[ThinkingTags]
) -> tuple[str, str | None]:
    """A message's text without its thinking, and all of its thinking: field and blocks.

    A last block that is never closed stays in the text, as what follows may be the answer: a model
    that forgets its closing tag. The parsers decide.
    """
    text = _text(message.get("content"))
    field = message.get("reasoning") or message.get("reasoning_content")
    field = field or _thinking_in(message.get("content")) or _details(message)
    own = "" if field is None else str(field).strip()
    split = split_thinking(text, tags, apart=bool(own))
    if not split.thinking or split.unclosed is not None:
        return text, None if field is None else str(field)
    thoughts = [own, "" if split.thinking in own else split.thinking]
    return split.text.lstrip(), "\n\n".join(filter(None, thoughts))


def _text(content: object) -> str:
    """A message's text; some servers answer in parts."""
    if isinstance(content, list):
        return "".join(map(_part_text, content))
    return content if isinstance(content, str) else ""


def _part_text(part: object) -> str:
    text = part if isinstance(part, str) else mapping(part).get("text")
    return text if isinstance(text, str) else ""


def _thinking_in(content: object) -> str | None:
    """The thinking among the parts of a message, as Mistral sends it; None when there is none."""
    parts = [mapping(part).get("thinking") for part in content] if isinstance(content, list) else []
    return "\n\n".join(filter(None, map(_text, parts))) or None


def _details(message: Mapping[str, Any]) -> str | None:
    """The thinking in OpenRouter's ``reasoning_details``, of which some may be encrypted."""
    details = message.get("reasoning_details")
    parts = [mapping(part) for part in details] if isinstance(details, list) else []
    texts = [part.get("text") or part.get("summary") for part in parts]
    return "".join(text for text in texts if isinstance(text, str)) or None


def _string(value: object) -> str | None:
    return None if value is None else str(value)
