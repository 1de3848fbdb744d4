"""A completion that came as a stream of events, though none was asked for, put together again.

Source: WHATWG HTML, section 9.2 (server-sent events); chunks as in OpenAI's streaming interface.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from daydream.llm.json_text import load_json

BROKEN_OFF = "aborted"  # the finish reason of a stream without its end
_TEXTS = ("content", "reasoning", "reasoning_content", "reasoning_details", "refusal")
_DAMAGED: Mapping[str, Any] = {"choices": [{"finish_reason": BROKEN_OFF}]}


def read_events(text: str) -> list[Mapping[str, Any]]:
    """The objects in the ``data`` lines of a stream; none when the text is no stream.

    In the place of one that cannot be read is a chunk that says that the stream broke off: what it
    held is missing, so the answer shall not be taken for whole.
    """
    # Not splitlines(): U+2028 and other separators may stand in the texts of JSON.
    blocks = re.sub("\r\n?", "\n", text).split("\n\n")
    events = [event for block in blocks for event in _events_of(block)]
    return events if any(event is not _DAMAGED for event in events) else []


def _events_of(block: str) -> Iterator[Mapping[str, Any]]:
    """The events between two blank lines: one, of all lines, or one of each."""
    lines = [line[5:].strip() for line in block.split("\n") if line.startswith("data:")]
    lines = [line for line in lines if line != "[DONE]"]
    contents = [load_json(line) for line in lines]
    if None in contents and (whole := load_json("\n".join(lines))) is not None:
        contents = [whole]
    for content in contents:
        if content is None or isinstance(content, dict):
            yield _DAMAGED if content is None else content


def merged(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One completion of all chunks; with a damaged one, or no finish reason, it broke off."""
    whole: dict[str, Any] = {}
    message: dict[str, Any] = {}
    finish: object = None
    for event in events:
        whole |= {k: v for k, v in event.items() if k != "choices" and v is not None}
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else {}
        if not isinstance(choice, dict):
            continue
        finish = finish if finish == BROKEN_OFF else choice.get("finish_reason") or finish
        part = choice.get("delta") or choice.get("message")
        for name in _TEXTS:
            if isinstance(part, dict) and isinstance(part.get(name), str | list):
                message[name] = _joined(message.get(name, ""), part[name])
    choice = {"message": message, "finish_reason": finish or BROKEN_OFF}
    return whole | {"choices": [choice] if message or finish else []}


def _joined(before: str | list[Any], more: str | list[Any]) -> str | list[Any]:
    """Two pieces of a text; some servers send it in lists of parts."""
    if isinstance(before, str) and isinstance(more, str):
        return before + more
    pieces = [[parts] if isinstance(parts, str) else parts for parts in (before, more) if parts]
    return [part for parts in pieces for part in parts]
