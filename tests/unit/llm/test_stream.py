"""A completion that came as a stream of events."""

from __future__ import annotations

import json
from typing import Any

from daydream.llm.response import read_answer
from daydream.llm.stream import BROKEN_OFF, merged, read_events


def event(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "r1", "choices": [{"delta": delta, "finish_reason": finish}]}


def test_texts_and_reasoning_are_put_together_in_order() -> None:
    events = [
        event(reasoning="Hm, "),
        event(reasoning="yes."),
        event(content="Two "),
        event(content="words."),
        event("stop"),
        {"choices": [], "usage": {"total_tokens": 5}},
    ]
    whole = merged(events)
    (choice,) = whole["choices"]
    assert choice["message"] == {"reasoning": "Hm, yes.", "content": "Two words."}
    assert (choice["finish_reason"], whole["usage"]) == ("stop", {"total_tokens": 5})


def test_a_stream_without_its_end_broke_off() -> None:
    assert merged([event(content="Half")])["choices"][0]["finish_reason"] == BROKEN_OFF
    assert merged([{"id": "r1"}])["choices"] == []


def test_comments_ends_and_garbage_between_events_are_passed_over() -> None:
    text = ': wait\n\ndata: {"id": "r1"}\r\nevent: x\ndata: [DONE]\ndata: 7\n'
    assert read_events(text) == [{"id": "r1"}]
    assert read_events("Plain text.") == []
    assert read_events('data: {"cut') == []
    odd = [{"choices": [7]}, {"choices": [{"delta": 7}]}, {"choices": [{"delta": {"content": 7}}]}]
    assert merged(odd)["choices"] == []


def test_an_event_that_cannot_be_read_leaves_an_answer_that_is_not_whole() -> None:
    lost = 'data: {"choices": [{"delta": {"con\n\n'
    text = f"data: {json.dumps(event(content='One '))}\n\n{lost}data: {json.dumps(event('stop'))}\n"
    (choice,) = merged(read_events(text))["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("One ", BROKEN_OFF)


def test_an_event_may_span_lines_and_hold_any_separator_of_unicode() -> None:
    text = 'data: {"id":\ndata: "r1"}\n\ndata: {"id": "a\u2028b\x85c"}\n\n'
    assert read_events(text) == [{"id": "r1"}, {"id": "a\u2028b\x85c"}]


def test_content_in_parts_is_put_together_too() -> None:
    thought = {"type": "thinking", "thinking": [{"text": "Hm."}]}
    events = [event(content=[thought]), event(content="Two "), event("stop", content=["words."])]
    answer = read_answer(json.dumps(merged(events)))
    assert (answer.text, answer.reasoning) == ("Two words.", "Hm.")
