"""Hostile answers in the dialect of any provider, and what each of them must come to."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from daydream.experiment.endpoint import Endpoint
from daydream.llm.client import Client
from tests.support.provider_dialects import TOKENS_IN, TOKENS_OUT, ProviderDialect
from tests.support.raw_server import Speak, dripping, once, stalling

KEY = "sk-canary-5f1c"
TEXT, THOUGHT = "Two words\u2028of text.", "I weigh both sides."
PRICES = {"price_in": 1.0, "price_out": 10.0}  # USD per million tokens
COST = (TOKENS_IN * PRICES["price_in"] + TOKENS_OUT * PRICES["price_out"]) / 1e6
CHUNKED = b"Transfer-Encoding: chunked\r\n"
UNKNOWN = None  # a cost that nobody can tell


@dataclass
class Provider:
    """A provider behind a socket; ``speak`` is what it does with the next call."""

    name: str
    dialect: ProviderDialect
    endpoint: Endpoint
    speak: Speak = once(b"")
    received: int = 0
    first: Client | None = None

    @property
    def words(self) -> str:
        """What its errors say; some repeat the key."""
        return f"Mind your words, {KEY}"

    @property
    def has_key(self) -> bool:
        """Whether the endpoint takes one."""
        return bool(self.endpoint.api_key_env)

    def respond(self, connection: socket.socket) -> None:
        self.received += 1
        self.speak(connection)


class Expected(NamedTuple):
    """What a hostile answer comes to; ``kind`` is ``answer`` or the kind of the failure."""

    kind: str
    cost: float | None = 0.0
    words: str = ""
    text: str | None = None
    thought: str = ""
    ending: str = ""


Hostile = Callable[[Provider], tuple[Speak, Expected]]


def http(
    body: bytes | str | object, status: int = 200, headers: bytes = b"", length: int | None = None
) -> bytes:
    """A response as bytes; ``length`` is what it says of its own length."""
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    size = len(body) if length is None else length
    start = f"HTTP/1.1 {status} Told\r\nContent-Length: {size}\r\nConnection: close\r\n"
    return start.encode() + headers + b"\r\n" + body


def completion(p: Provider, text: str = TEXT, finish: str = "", usage: Any = ...) -> Any:
    told = p.dialect.usage if usage is ... else usage
    message = {"role": "assistant", "content": text}
    return p.dialect.completion(message, finish or p.dialect.finished, told)


# Answers that come with trouble, and are answers all the same.


def answers(cost: float | None = COST, **more: Any) -> Expected:
    return Expected("answer", cost, **{"text": TEXT, "ending": "finished"} | more)


def usage(told: object, cost: float | None = UNKNOWN) -> Hostile:
    """An answer with a usage of the test's; a text in it is sent as a bare number."""

    def make(p: Provider) -> tuple[Speak, Expected]:
        body = json.dumps(completion(p, usage=told))
        body = re.sub(r'"#([^"]*)"', r"\1", body)
        return once(http(body)), answers(cost)

    return make


def ending(name: str, expected: Callable[[Provider], Expected]) -> Hostile:
    def make(p: Provider) -> tuple[Speak, Expected]:
        return once(http(completion(p, finish=getattr(p.dialect, name, name)))), expected(p)

    return make


def thinking(text: str) -> Hostile:
    def make(p: Provider) -> tuple[Speak, Expected]:
        message = p.dialect.thinking(THOUGHT, text)
        body = p.dialect.completion(message, p.dialect.finished, p.dialect.usage)
        hidden = p.name.startswith("OpenAI")
        return once(http(body)), answers(text=text, thought="" if hidden else THOUGHT)

    return make


def _events(p: Provider, *, finish: bool = True) -> list[str]:
    whole = completion(p)
    halves = (TEXT[:8], TEXT[8:])
    chunks = [
        {**whole, "usage": None, "choices": [{"delta": {"content": half}, "finish_reason": None}]}
        for half in halves
    ]
    end = [{"choices": [{"delta": {}, "finish_reason": p.dialect.finished}]}] if finish else []
    told = [*chunks, *end, {"choices": [], "usage": whole["usage"]}]
    return [f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n" for chunk in told]


def stream(change: Callable[[list[str]], list[str]], **more: Any) -> Hostile:
    def make(p: Provider) -> tuple[Speak, Expected]:
        kind = b"Content-Type: text/event-stream\r\n"
        return once(http("".join(change(_events(p))), headers=kind)), answers(**more)

    return make


def streamed_error(p: Provider) -> tuple[Speak, Expected]:
    body = p.dialect.error(500, p.words)
    one = body[0] if isinstance(body, list) else body
    events = [*_events(p)[:1], f"event: error\ndata: {json.dumps(one)}\n\n"]
    return once(http("".join(events))), Expected("http_500", 0.0, "Mind your words")


def packed(p: Provider) -> tuple[Speak, Expected]:
    body = gzip.compress(json.dumps(completion(p)).encode())
    return once(http(body, headers=b"Content-Encoding: gzip\r\n")), answers()


def marked(p: Provider) -> tuple[Speak, Expected]:
    return once(http("\ufeff" + json.dumps(completion(p)))), answers()


BEFORE_END = slice(None, -2)
ANSWERS: dict[str, Hostile] = {
    "plain": lambda p: (once(http(completion(p))), answers()),
    "byte order mark": marked,
    "gzip": packed,
    "usage null": usage(None),
    "usage a list": usage([1, 2]),
    "usage a text": usage("many"),
    "usage empty": usage({}),
    "usage zero": usage({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
    "usage as texts": usage({"prompt_tokens": "40", "completion_tokens": "20"}),
    "usage nested": usage({"prompt_tokens": {"n": 40}, "completion_tokens": [20]}),
    "usage without output": usage({"prompt_tokens": TOKENS_IN}),
    "usage without input": usage({"completion_tokens": TOKENS_OUT}),
    **{
        f"usage {number[:6]}, {side}": usage(
            {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT, side: f"#{number}"}
        )
        for number in ("1" + "0" * 400, "1e308", "9" * 5000, "-5", "1e999", "NaN", "true")
        for side in ("prompt_tokens", "completion_tokens")
    },
    "cost 1e308": usage(
        {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT, "cost": "#1e308"}, COST
    ),
    "cut off": ending("truncated", lambda p: answers(ending="truncated")),
    "an odd ending": ending("tired", lambda p: answers(ending="unknown")),
    "an ending of 10 kB": ending("x" * 10_000, lambda p: answers(ending="unknown")),
    "filtered": ending("filtered", lambda p: Expected("content_filter", COST, "Two words")),
    "thought and text": thinking("The text."),
    "thought alone": thinking(""),
    "stream": stream(lambda events: events),
    "stream, CRLF": stream(lambda events: [e.replace("\n", "\r\n") for e in events]),
    "stream behind a mark": stream(lambda events: ["\ufeff: hello\n\n", *events]),
    "stream without its end": stream(
        lambda events: events[BEFORE_END], cost=UNKNOWN, ending="broken"
    ),
    "stream with a damaged event": stream(
        lambda events: [events[0], *(e[:30] + "\n\n" for e in events[1:2]), *events[2:]],
        text=TEXT[:8],
        ending="broken",
    ),
}

# What brings no answer. Nothing in it was billed, unless it says so.


def fails(body: object, kind: str, words: str = "", **more: Any) -> Hostile:
    return lambda p: (once(http(body, **more)), Expected(kind, 0.0, words))


def error_status(status: int) -> Hostile:
    def make(p: Provider) -> tuple[Speak, Expected]:
        # A wait beyond the deadline ends a call that is else asked again.
        body = http(p.dialect.error(status, p.words), status, b"Retry-After: 3600\r\n")
        return once(body), Expected(f"http_{status}", 0.0, "Mind your words")

    return make


def error_in_200(p: Provider) -> tuple[Speak, Expected]:
    return once(http(p.dialect.error(503, p.words))), Expected("http_5", 0.0, "Mind your words")


def no_money(in_200: bool) -> Hostile:
    def make(p: Provider) -> tuple[Speak, Expected]:
        status, body = p.dialect.no_money(p.words)
        kind = p.dialect.no_money_kind
        answer = Expected("" if in_200 and kind == "http_402" else kind, 0.0, "Mind your words")
        return once(http(body, 200 if in_200 else status)), answer

    return make


def told_with_code(code: str) -> Hostile:
    body = f'{{"error": {{"message": "Mind your words", "code": {code}}}}}'
    return fails(body, "http_500", "Mind your words")


def redirects(status: int, target: str) -> Hostile:
    headers = f"Location: {target}\r\n".encode()
    return lambda p: (
        once(http("", status, headers)),
        Expected("redirect", 0.0, f"redirects to {target[:40]}"),
    )


def raw(speak: Speak, kind: str) -> Hostile:
    return lambda p: (speak, Expected(kind))


def answer_then(change: Callable[[bytes], bytes], kind: str, headers: bytes = b"") -> Hostile:
    def make(p: Provider) -> tuple[Speak, Expected]:
        body = change(json.dumps(completion(p)).encode())
        return once(http(body, headers=headers, length=len(body) + 9)), Expected(kind)

    return make


GZIP = b"Content-Encoding: gzip\r\n"
FAILURES: dict[str, Hostile] = {
    **{f"status {code}": error_status(code) for code in (400, 401, 402, 403, 404, 413, 422)},
    **{f"status {code}": error_status(code) for code in (408, 409, 429, 500, 502, 503, 529)},
    "error in a 200": error_in_200,
    "error in a stream": streamed_error,
    "no money": no_money(in_200=False),
    "no money in a 200": no_money(in_200=True),
    "code of 5,000 digits": told_with_code("9" * 5000),
    "code -1": told_with_code("-1"),
    "code a list": told_with_code("[1]"),
    "no choices": fails({"id": "r1", "choices": []}, "empty_answer"),
    "choices of texts": fails({"choices": ["x"]}, "empty_answer"),
    "no text": fails({"id": KEY, "choices": [{"message": {"content": None}}]}, "empty_answer"),
    "words and no choices": fails({"detail": "Mind your words"}, "http_500", "Mind your words"),
    "empty body": fails("", "empty_body"),
    "blanks": fails("  \n", "empty_body"),
    "HTML": fails(f"<html>Bad gateway {KEY}</html>", "not_json", "Bad gateway"),
    "a list": fails("[]", "not_json"),
    "a number": fails("7", "not_json"),
    "deep": fails("[" * 100_000, "not_json"),
    "UTF-16": fails('{"choices": []}'.encode("utf-16"), "not_json"),
    "204": fails("", "empty_body", status=204),
    "half a body": answer_then(lambda body: body[: len(body) // 2], "connection"),
    "broken gzip": answer_then(lambda body: gzip.compress(body)[:20], "connection", GZIP),
    "no gzip": answer_then(lambda body: body, "connection", GZIP),
    "broken chunks": raw(once(b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\nzz\r\nhm"), "connection"),
    "no HTTP": raw(once(b"hm"), "connection"),
    "nothing": raw(once(b""), "connection"),
    "error with broken chunks": raw(
        once(b"HTTP/1.1 400 Bad\r\n" + CHUNKED + b"\r\nzz\r\nhm"), "http_400"
    ),
    "error with broken gzip": raw(once(http("hmhm", 500, GZIP)), "http_500"),
    "an error of 900 kB of words": fails(
        {"error": {"message": f"Mind your words {KEY} " * 30_000}}, "http_500", "Mind", status=500
    ),
    "the same in a 200": fails(
        {"error": {"message": f"Mind your words {KEY} " * 30_000}}, "http_500", "Mind"
    ),
    "error of 3 MB": fails("x" * 3_000_000, "http_500", status=500),
    "error without a word": fails("", "http_418", "without a word", status=418),
    **{
        f"redirect {code}": redirects(code, "https://elsewhere.example/v1")
        for code in (301, 302, 303, 307, 308)
    },
    "redirect to itself": redirects(302, "/v1/chat/completions"),
    "redirect of 10 kB": redirects(302, "https://elsewhere.example/" + "x" * 10_000),
}
ENDLESS: dict[str, Hostile] = {
    "stalled": raw(stalling(b"HTTP/1.1 200 OK\r\n"), "timeout"),
    "dripping body": raw(
        dripping(b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\n", b"1\r\n \r\n"), "timeout"
    ),
    "dripping error": raw(
        dripping(b"HTTP/1.1 500 Bad\r\n" + CHUNKED + b"\r\n", b"1\r\nx\r\n"), "http_500"
    ),
    "stalled error": raw(stalling(http("", 403, length=99)), "http_403"),
}
CASES = ANSWERS | FAILURES | ENDLESS
