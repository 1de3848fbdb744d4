"""The range of a score: what is let through, and what is made of a part of a whole."""

from __future__ import annotations

import math

import pytest

from daydream.errors import ParseError
from daydream.parsers.score_range import ScoreRange, range_text, scaled, within

SCALE = ScoreRange(1, 5)


@pytest.mark.parametrize("number", [1, 5, 2.5])
def test_both_ends_are_in_the_range(number: float) -> None:
    assert within(number, SCALE) == number


@pytest.mark.parametrize("number", [0.999, 5.001, math.nan, math.inf])
def test_what_is_outside_is_an_error_that_names_the_range(number: float) -> None:
    with pytest.raises(ParseError, match="out of the range 1 to 5") as error:
        within(number, SCALE)
    assert error.value.cause == "out_of_range"


def test_minus_zero_is_zero() -> None:
    assert math.copysign(1, within(-0.0, ScoreRange(0, 9))) == 1


def test_a_part_of_another_whole_is_put_between_the_ends() -> None:
    assert scaled(5, 10, SCALE) == 3
    assert scaled(0, 10, SCALE) == 1 and scaled(10, 10, SCALE) == 5
    assert scaled(4, 5, SCALE) == 4  # the whole is the top of the range: a plain score


@pytest.mark.parametrize(("number", "whole"), [(11, 10), (-1, 10), (0, 0)])
def test_what_is_no_part_is_an_error(number: float, whole: float) -> None:
    with pytest.raises(ParseError, match="not a part of a whole"):
        scaled(number, whole, SCALE)


def test_a_range_is_named_without_needless_decimals() -> None:
    assert range_text(ScoreRange()) == "0 to 10"
    assert range_text(ScoreRange(0.5, 2)) == "0.5 to 2"
