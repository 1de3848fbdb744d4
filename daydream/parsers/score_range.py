"""The range of a score, and what of a number it lets through."""

from typing import NamedTuple

from daydream.errors import ParseError
from daydream.formats import one_line


class ScoreRange(NamedTuple):
    """The lowest and the highest score that a template allows, both included."""

    low: float = 0.0
    high: float = 10.0


def within(number: float, scale: ScoreRange) -> float:
    """Return a number of the range, or raise ``ParseError``."""
    if not scale.low <= number <= scale.high:
        raise ParseError(
            f"the score {one_line(str(number))} is out of the range {range_text(scale)}",
            "out_of_range",
        )
    return float(number) + 0.0  # -0 is 0


def scaled(number: float, whole: float, scale: ScoreRange) -> float:
    """Return ``number`` out of ``whole`` on the range, or raise ``ParseError``."""
    if whole == scale.high:
        return within(number, scale)
    if not 0 <= number <= whole or whole == 0:
        raise ParseError(
            f"the score {number:.15g}/{whole:.15g} is not a part of a whole", "not_a_part"
        )
    share = scale.low + number / whole * (scale.high - scale.low)
    return min(max(share, scale.low), scale.high)


def range_text(scale: ScoreRange) -> str:
    """Return the range as a message names it."""
    return f"{scale.low:.15g} to {scale.high:.15g}"
