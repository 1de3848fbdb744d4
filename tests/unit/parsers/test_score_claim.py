"""The one number that a claim makes."""

from __future__ import annotations

import pytest

from daydream.errors import ParseError
from daydream.parsers.score_claim import Claim, is_triple, read_claim, whole_of
from daydream.parsers.score_range import ScoreRange

TEN, FIVE, HUNDRED = ScoreRange(0, 10), ScoreRange(1, 5), ScoreRange(0, 100)


@pytest.mark.parametrize(
    ("stated", "note", "scale", "score"),
    [
        ("7", "", TEN, 7),
        ("7.5 points", "", TEN, 7.5),
        ("7/10", "", TEN, 7),
        ("7 out of 10", "", TEN, 7),
        ("8 von 10", "", TEN, 8),
        ("[[8]]", "", TEN, 8),
        ("满分10分中8分", "", TEN, 8),
        ("5 + 3 = 8", "", TEN, 8),
        ("4/5", "", TEN, 8),
        ("4", "out of 5", TEN, 8),
        ("85%", "", HUNDRED, 85),
        ("8, 7, 9", "", TEN, 8),
        ("879", "", TEN, 8),
        ("4 on a scale of 1 to 5", "", FIVE, 4),
        ("4", "1-5", FIVE, 4),
        ("-0", "", TEN, 0),
        ("7,5/10", "", TEN, 7.5),
        ("7 (0-10)", "", TEN, 7),
        ("7, as 2 of 3 parts are there", "", TEN, 7),
        ("7 The 3 concepts are linked.", "", TEN, 7),
        ("24/30 = 8/10", "", TEN, 8),
        ("(7 + 6 + 8) / 3 = 7", "", TEN, 7),
        ("7 (rounded up from 6.67)", "", TEN, 7),
    ],
)
def test_a_number_is_read(stated: str, note: str, scale: ScoreRange, score: float) -> None:
    assert read_claim(Claim(stated, note), scale) == pytest.approx(score)


@pytest.mark.parametrize(
    ("stated", "note", "kind"),
    [
        ("7-8", "", "not_a_number"),
        ("7 or 8", "", "not_a_number"),
        ("high", "", "not_a_number"),
        ("7; 8", "", "not_a_number"),
        ("7 = 8", "", "not_a_number"),
        ("7:30", "", "not_a_number"),
        ("24/30 = 0.8", "", "not_a_number"),
        ("3 (loop) + 4 (critic) = 7", "", "not_a_number"),
        ("6 (revised to 7)", "", "not_a_number"),
        ("7 with the appendix, 5 without", "", "not_a_number"),
        ("4 stars", "", "other_range"),
        ("4 (1-5)", "", "other_range"),
        ("85%", "", "percentage"),
        ("4 on a scale of 1 to 5", "", "other_range"),
        ("4", "1-5", "other_range"),
        ("11", "", "out_of_range"),
        ("100", "", "out_of_range"),
        ("6/5", "", "not_a_part"),
    ],
)
def test_what_can_be_read_in_two_ways_is_an_error(stated: str, note: str, kind: str) -> None:
    with pytest.raises(ParseError) as error:
        read_claim(Claim(stated, note), TEN)
    assert error.value.cause == kind


def test_the_whole_stands_behind_before_or_in_the_note() -> None:
    assert whole_of(Claim("7/10")) == 10
    assert whole_of(Claim("10点中8点")) == 10
    assert whole_of(Claim("4", "out of 5")) == 5
    assert whole_of(Claim("4 (max. 5)")) == 5
    assert whole_of(Claim("4")) is None


def test_three_digits_are_three_marks_on_a_short_range_only() -> None:
    assert is_triple("879", TEN) and not is_triple("100", TEN) and not is_triple("879", HUNDRED)
