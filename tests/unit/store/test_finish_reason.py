"""How an answer ended, whatever its provider calls that."""

from __future__ import annotations

import pytest

from daydream.store.finish_reason import ending_of


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        (None, "finished"),
        ("", "finished"),
        ("STOP", "finished"),
        ("end_turn", "finished"),
        ("stop-sequence", "finished"),
        ("length", "truncated"),
        ("MAX_TOKENS", "truncated"),
        (" max_tokens ", "truncated"),
        ("content_filter: RECITATION", "filtered"),
        ("refusal", "filtered"),
        ("error", "broken"),
        ("tool_calls", "tool"),
        ("because", "unknown"),
        (7, "unknown"),
    ],
)
def test_spellings_of_providers_are_known_in_any_case(reason: object, ending: str) -> None:
    assert ending_of(reason) == ending
