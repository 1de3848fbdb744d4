"""An answer as plain lines."""

from __future__ import annotations

import pytest

from daydream.errors import ParseError
from daydream.formats import one_line
from daydream.parsers.score_text import absent, last_lines, plain, visible, without_thinking


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("**SCORE:** 7", "SCORE: 7"),
        ("SCORE:\u2060 7\u200b", "SCORE: 7"),
        (r"$\boxed{\text{SCORE: } 7}$", "SCORE: 7"),
        (r"SCORE: \frac{7}{10}", "SCORE: 7/10"),
        ("SCORE\uff1a \uff17", "SCORE: 7"),
        ("SCORE: \u0667", "SCORE: 7"),
        ("SCORE: \u22121", "SCORE: -1"),
        ("\u201cSCORE: 7\u201d", "SCORE: 7"),
        ("Endnote: 7", "Final score: 7"),
    ],
)
def test_decoration_is_taken_away(line: str, expected: str) -> None:
    assert plain(line) == expected


def test_only_the_end_of_an_endless_line_is_read() -> None:
    assert len(plain("x" * 50_000)) == 10_000


def test_an_element_is_a_score_line_where_it_begins_a_line() -> None:
    assert visible("<score>7</score>").strip() == "SCORE: 7"
    assert visible("so it is <score>7</score>") == "so it is SCORE: 7"
    assert visible("<final_score> 7 </final_score>").strip() == "FINAL SCORE: 7"


def test_the_last_lines_are_counted_without_blank_ones_and_know_their_fence() -> None:
    lines = last_lines("one\n\n```\ntwo\n```\n---\nthree\n~~~\nfour\n~~~", 3)
    assert [(line.plain, line.fence) for line in lines] == [("two", 1), ("three", 0), ("four", 2)]


def test_thinking_is_left_out_and_nothing_but_thinking_is_an_error() -> None:
    assert without_thinking("<think>SCORE: 1</think>SCORE: 7").strip() == "SCORE: 7"
    with pytest.raises(ParseError, match="never closed"):
        without_thinking("<think>SCORE: 1")


def test_what_is_absent_is_named_with_the_last_line_shortened() -> None:
    error = absent(["I would rather not say. " * 20], 15)
    assert error.cause == "no_score" and len(str(error)) < 180 and "..." in str(error)
    assert absent([], 15).cause == "blank"
    assert one_line("a \n b") == "a b"
