"""Tables for a terminal."""

from __future__ import annotations

from daydream.cli.console import NARROWEST, aligned


def test_texts_stand_left_and_numbers_right() -> None:
    assert list(aligned([("name", "n"), ("a", 10), ("bcd", 2)], texts=1)) == [
        "name   n",
        "a     10",
        "bcd    2",
    ]


def test_the_longest_text_is_clipped_until_a_line_fits() -> None:
    lines = list(aligned([("a" * 90, "b" * 30, 1), ("c", "d", 2)], texts=2, width=60))
    assert max(map(len, lines)) == 60
    assert "b" * 30 in lines[0] and "a" * 90 not in lines[0]


def test_numbers_are_never_clipped_and_texts_not_below_what_can_be_read() -> None:
    (line,) = aligned([("a" * 40, "1" * 50)], texts=1, width=20)
    assert line.endswith("1" * 50) and len(line) == NARROWEST + 2 + 50
