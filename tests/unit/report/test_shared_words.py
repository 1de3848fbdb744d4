"""What an essay takes over from its prompt, word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daydream.report.shared_words import RUN, Segment, shared_words

PROMPT = "Connect these ideas: bees keep the hive warm.\nThe tides follow the moon."


def test_runs_of_words_are_marked_whatever_stands_between_them() -> None:
    text = "As BEES keep\nthe hive -- warm and dry, the tides follow nothing."
    found = shared_words(text, PROMPT)
    assert found.segments == (
        Segment("As ", False),
        Segment("BEES keep\nthe hive -- warm", True),
        Segment(" and dry, the tides follow nothing.", False),
    )
    assert (found.shared, found.words) == (5, 12)


def test_a_short_run_is_no_borrowing_and_a_copy_is_all_of_it() -> None:
    assert shared_words("keep the hive", PROMPT).shared == 0
    assert shared_words(PROMPT, PROMPT).segments == (
        Segment(PROMPT.removesuffix("."), True),
        Segment(".", False),
    )
    assert shared_words("", PROMPT) == ((), 0, 0)


@given(st.text("ab .\n", max_size=60), st.text("ab .\n", max_size=60))
def test_segments_make_up_the_text_and_marked_words_are_in_runs(text: str, other: str) -> None:
    found = shared_words(text, other)
    assert "".join(segment.text for segment in found.segments) == text
    shared = [segment.text for segment in found.segments if segment.is_shared]
    assert sum(len(one.replace(".", " ").split()) for one in shared) == found.shared
    assert all(len(one.replace(".", " ").split()) >= RUN for one in shared)
