"""What the mock provider says: ordinary answers, error bodies, and answers gone wrong."""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, NamedTuple
from uuid import uuid4

# The JSON of other people's APIs has no closed shape, hence Any.
Json = dict[str, Any]

ERROR_TYPES = {
    400: ("invalid_request_error", "invalid_value"),
    401: ("authentication_error", "invalid_api_key"),
    402: ("billing_error", "insufficient_credits"),
    403: ("permission_error", "model_forbidden"),
    404: ("invalid_request_error", "model_not_found"),
    408: ("timeout_error", "request_timeout"),
    409: ("conflict_error", "conflict"),
    413: ("invalid_request_error", "request_too_large"),
    422: ("invalid_request_error", "unprocessable"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


class Reply(NamedTuple):
    """One HTTP answer; ``paid`` says whether a provider would bill it here."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    content_type: str = "application/json"
    paid: bool = False


@dataclass(frozen=True)
class Fault:
    """One way in which a request goes wrong; made by the constructors below."""

    name: str
    code: int = 200
    seconds: float = 0.0
    retry_after: float | None = None
    as_date: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    key: str = ""

    @property
    def answerless(self) -> bool:
        """Whether nothing of the ordinary answer is left."""
        return self.code != 200 or self.name in ("hang", "close", "not_json", "empty_body")

    @classmethod
    def status(
        cls,
        code: int,
        retry_after: float | None = None,
        *,
        as_date: bool = False,
        headers: Mapping[str, str] | None = None,
        message: str = "",
    ) -> Fault:
        """HTTP error ``code``; ``retry_after`` in seconds, sent as an HTTP date if ``as_date``."""
        return cls(f"status {code}", code, 0.0, retry_after, as_date, headers or {}, message)

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        """The ordinary answer, ``seconds`` later than usual."""
        return cls("slow", seconds=seconds)

    @classmethod
    def hang(cls) -> Fault:
        """No answer until the client leaves or the server stops."""
        return cls("hang")

    @classmethod
    def close(cls, *, midway: bool = False) -> Fault:
        """The connection ends before the answer, or in the middle of its body."""
        return cls("close midway" if midway else "close")

    @classmethod
    def not_json(cls) -> Fault:
        """Status 200 with an HTML page, as a proxy in between sends it."""
        return cls("not_json")

    @classmethod
    def empty_body(cls) -> Fault:
        """Status 200 and no bytes."""
        return cls("empty_body")

    @classmethod
    def empty_content(cls) -> Fault:
        """A well-formed completion whose content is the empty string."""
        return cls("empty_content")

    @classmethod
    def null_content(cls) -> Fault:
        """A well-formed completion whose content is null."""
        return cls("null_content")

    @classmethod
    def length(cls) -> Fault:
        """The first half of the answer, with finish reason ``length``."""
        return cls("length")

    @classmethod
    def content_filter(cls) -> Fault:
        """Empty content, with finish reason ``content_filter``."""
        return cls("content_filter")

    @classmethod
    def reasoning(cls, key: str = "reasoning", text: str = "First I weigh both sides.") -> Fault:
        """The ordinary answer with ``text`` in the message field ``key`` beside it."""
        return cls("reasoning", text=text, key=key)

    @classmethod
    def think(cls, text: str = "First I weigh both sides.") -> Fault:
        """The ordinary answer behind a ``<think>`` block with ``text``."""
        return cls("think", text=text)

    @classmethod
    def wrong_model(cls, model: str = "another/model") -> Fault:
        """The ordinary answer under the name of ``model``."""
        return cls("wrong_model", text=model)

    @classmethod
    def no_usage(cls) -> Fault:
        """The ordinary answer without its ``usage``."""
        return cls("no_usage")

    @classmethod
    def error_in_200(cls, code: int = 502, message: str = "The upstream model failed.") -> Fault:
        """Status 200 with an ``error`` object of ``code`` and no choices, as OpenRouter does."""
        return cls("error_in_200", code=code, text=message)


def default_text(prompt: str, model: str, *, as_json: bool = False) -> str:
    """Return the answer to ``prompt``, always the same one.

    A verdict or a score, whichever it asks for, as JSON if that is wanted; or else a small draft.
    """
    digest = hashlib.sha256(prompt.encode()).hexdigest()
    score = int(digest, 16) % 10
    reasons = f"The text {digest[:12]} holds together. Its central idea is judged by {model}."
    if "VERDICT" in prompt:
        verdict = "AB"[score % 2]
        whole = json.dumps({"reasoning": reasons, "verdict": verdict})
        return whole if as_json else f"{reasons}\nVERDICT: {verdict}"
    if as_json:
        return json.dumps({"reasoning": reasons, "score": score})
    if "SCORE" in prompt:
        return f"{reasons}\nSCORE: {score}"
    return "\n".join(
        (
            f"A daydream of {model} about {digest[:60]}.",
            f'<essay-idea stage="1">Two notions meet in {digest[:8]}.</essay-idea>',
            f'<essay-idea stage="2">Their meeting {digest[8:16]} becomes a loop.</essay-idea>',
            f"<essay>A mind that rests keeps pairing what it knows, as in {digest[16:24]}.</essay>",
            "Most pairs are worth nothing and are forgotten.",
            "A few of them are new.",
        )
    )


def cut_to_words(text: str, words: int) -> str:
    """Return ``text`` up to its ``words``-th word, its spacing kept."""
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    return text if len(ends) <= words else text[: ends[words - 1] if words > 0 else 0]


def completion(prompt: str, model: str, text: str, max_tokens: int | None = None) -> Json:
    """Return a chat completion; a token is a word here, and ``max_tokens`` cuts the text."""
    shown = text if max_tokens is None else cut_to_words(text, max_tokens)
    asked, said = len(prompt.split()), len(shown.split())
    message = {"role": "assistant", "content": shown}
    reason = "stop" if shown == text else "length"
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
        },
    }


def ok(body: Json, usage: Json | None = None) -> Reply:
    """Return ``body`` as a 200 reply, paid if its first choice has content.

    ``usage`` replaces its own; texts in it are written as they are, as numbers that Python has not.
    """
    choices = body.get("choices")
    paid = bool(choices and choices[0]["message"]["content"])
    if usage is None:
        return Reply(200, json.dumps(body).encode(), {}, paid=paid)
    plain = json.dumps({**body, "usage": usage})
    for text in filter(lambda value: isinstance(value, str), usage.values()):
        plain = plain.replace(f'"{text}"', text)
    return Reply(200, plain.encode(), {}, paid=paid)


def error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an error reply in the shape of OpenAI's."""
    kind, code = ERROR_TYPES.get(status, ("server_error", "server_error"))
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return Reply(status, json.dumps(body).encode(), headers or {})


def failure(fault: Fault) -> Reply:
    """Return what an answerless ``fault`` sends."""
    if fault.name.startswith("status"):
        return _status_reply(fault)
    if fault.name == "not_json":
        return Reply(200, b"<html><body>Bad gateway</body></html>", {}, "text/html")
    if fault.name == "error_in_200":
        return ok({"error": {"code": fault.code, "message": fault.text}})
    return Reply(200, b"", {})


def _status_reply(fault: Fault) -> Reply:
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        date = formatdate(math.ceil(time.time() + fault.retry_after), usegmt=True)
        headers["Retry-After"] = date if fault.as_date else str(fault.retry_after)
    return error(fault.code, fault.text or f"The mock server answers {fault.code} here.", headers)


def spoil(fault: Fault, body: Json) -> None:
    """Change the completion ``body`` as ``fault`` does."""
    choice = body["choices"][0]
    message = choice["message"]
    match fault.name:
        case "empty_content":
            message["content"] = ""
        case "null_content":
            message["content"] = None
        case "length":
            words = body["usage"]["completion_tokens"]
            message["content"] = cut_to_words(message["content"], max(1, words // 2))
            choice["finish_reason"] = "length"
        case "content_filter":
            message["content"], choice["finish_reason"] = "", "content_filter"
        case "reasoning":
            message[fault.key] = fault.text
        case "think":
            message["content"] = f"<think>{fault.text}</think>\n{message['content']}"
        case "wrong_model":
            body["model"] = fault.text
        case "no_usage":
            del body["usage"]
