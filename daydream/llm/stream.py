"""A completion that came as a stream of events, though none was asked for, put together again.

Source: WHATWG HTML, section 9.2 (server-sent events); chunks as in OpenAI's streaming interface.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from daydream.llm.json_text import load_json

BROKEN_OFF = "aborted"  # the finish reason of a stream without its end
_TEXTS = ("content", "reasoning", "reasoning_content", "refusal")


def read_events(text: str) -> list[Mapping[str, Any]]:
    """The objects in the ``data`` lines of a stream; none when the text is no stream."""
    lines = [line.removeprefix("data:").strip() for line in text.splitlines() if _is_data(line)]
    objects = (load_json(line) for line in lines if line != "[DONE]")
    return [content for content in objects if isinstance(content, dict)]


def _is_data(line: str) -> bool:
    return line.startswith("data:")


def merged(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One completion of all chunks; without a finish reason it broke off."""
    whole: dict[str, Any] = {}
    message: dict[str, Any] = {}
    finish: object = None
    for event in events:
        whole |= {k: v for k, v in event.items() if k != "choices" and v is not None}
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else {}
        if not isinstance(choice, dict):
            continue
        finish = choice.get("finish_reason") or finish
        part = choice.get("delta") or choice.get("message")
        for name in _TEXTS:
            if isinstance(part, dict) and isinstance(part.get(name), str):
                message[name] = message.get(name, "") + part[name]
    choice = {"message": message, "finish_reason": finish or BROKEN_OFF}
    return whole | {"choices": [choice] if message or finish else []}
