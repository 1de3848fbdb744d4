"""A claim of a score, and the one number that it makes, if it can be read in one way only."""

import re
from typing import NamedTuple

from daydream.errors import ParseError
from daydream.parsers.score_range import ScoreRange, range_text, scaled, within
from daydream.parsers.score_text import short

# Patterns are compiled when first used, which keeps the import of this module cheap.
NUMBER = r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})"
VALUE = rf"""(?ix)(?:[0-9./+x()\ -]{{1,80}}=\ ?)?  # a sum: what it comes to follows
    (?:boxed\ ?\{{|[\[(<{{])?\ ?
    (?P<number>{NUMBER})
    (?:\ ?,\ ?(?P<second>10|[0-9])\ ?,\ ?(?P<third>10|[0-9])
      |\ ?(?:/|(?:out\ )?of(?:\ a(?:\ (?:possible|total|maximum))?)?)\ ?
       (?P<whole>[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?))?
    (?P<percent>\ ?%)?[\])>}}]?(?:\ ?(?:points?\b|pts\b|分|点|점))?
    (?!\w|\+|\.[0-9]|\ ?(?:[-—,/+~&=→x]|->|to\b|or\b|and\b)?\ ?\.?[0-9])"""
SPAN = r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?:-|to) ?([0-9]{1,9}(?:\.[0-9]{1,9})?)(?![0-9])"


class Claim(NamedTuple):
    """A place that states a score: what it says, and how much weight the place has."""

    said: str
    note: str = ""
    final: bool = False
    exact: bool = False


def read_claim(claim: Claim, scale: ScoreRange) -> float:
    """Read the number of a claim as a score of ``scale``, or raise ``ParseError``."""
    value = re.match(VALUE, claim.said)
    if value is None:
        raise ParseError(f"the score reads '{short(claim.said)}', which is not one plain number")
    if value["percent"] and scale != (0, 100):
        raise ParseError(f"the score {value[0]} is a percentage, the range is {range_text(scale)}")
    if value["third"]:
        return _mean([value["number"], value["second"], value["third"]], scale)
    if not value["whole"] and is_triple(value["number"], scale):
        return _mean(list(value["number"]), scale)
    whole = whole_of(claim)
    if not value["whole"] and whole != scale.high and re.search(SPAN, claim.note):
        raise ParseError(f"the score is given on the range {claim.note}, not {range_text(scale)}")
    return scaled(float(value["number"]), scale.high if whole is None else whole, scale)


def whole_of(claim: Claim) -> float | None:
    """Return y of ``x/y``; a note such as ``(out of 5)`` gives it too."""
    value = re.match(VALUE, claim.said)
    if value and value["whole"]:
        return float(value["whole"])
    numbers = re.findall(NUMBER, re.sub(SPAN, r"\2", claim.note))
    return float(numbers[-1]) if numbers else None


def is_triple(number: str, scale: ScoreRange) -> bool:
    """Whether these are three marks; ``100`` is more likely a percentage, so it is out of range."""
    return scale.high <= 10 and number != "100" and re.fullmatch("[0-9]{3}", number) is not None


def _mean(marks: list[str], scale: ScoreRange) -> float:
    return sum(within(float(mark), scale) for mark in marks) / len(marks)
