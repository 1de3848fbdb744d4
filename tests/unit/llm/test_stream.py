"""A completion that came as a stream of events."""

from __future__ import annotations

from typing import Any

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
    text = ': wait\n\ndata: {"id": "r1"}\r\nevent: x\ndata: [DONE]\ndata: {"cut\ndata: 7\n'
    assert read_events(text) == [{"id": "r1"}]
    assert read_events("Plain text.") == []
    odd = [{"choices": [7]}, {"choices": [{"delta": 7}]}, {"choices": [{"delta": {"content": 7}}]}]
    assert merged(odd)["choices"] == []
