"""When a score on another maximum (``4/5`` on a range to ten) may stand for the result.

It is chosen only where nothing else is, and even then it is more often the score of a part:
a judge that was asked for a number of the range and gives a fraction of another one has counted
something else. So it counts in these places only.
"""

import re
from collections.abc import Sequence

from daydream.errors import ParseError
from daydream.parsers.score_claim import Claim, whole_of

LAST_LINES = 3

# Patterns are compiled when first used, which keeps the import of this module cheap.
_NEIGHBOURS = r"\W{0,3}([0-9]{1,6}) ?/ ?([0-9]{1,6})(?![.0-9])"  # 7/8 may be a range
# 4 of 5 criteria met: a count of something, not a score
_COUNTED = (
    r"(?i)[^a-z/]{0,12}(?:out )?of [0-9.]{1,9} (?!points?\b|pts\b|stars?\b|in\b|as\b|for\b"
    r"|because\b|overall\b|on\b|total\b|possible\b|max)[a-z]"
)
_FRACTION = r"(?<![\w./])[0-9]{1,6}(?:\.[0-9]{1,6})? ?/ ?([0-9]{1,6})(?![\w./])"


def check_scaled(claim: Claim, line: int, section: int, lines: Sequence[str]) -> None:
    """Raise ``ParseError`` unless a claim on another maximum can be nothing but the result.

    - A bare ``Total: 17/20`` needs parts in the answer whose maxima add up to its own.
    - A plain ``Score: 4/5`` needs to be the first or among the last three lines, and below no
      heading of a criterion. A final, total or overall score may stand anywhere.
    - None may be beside a fraction with a larger maximum, which is not in it.
    - ``7/8`` may be a range, and ``4 of 5 criteria`` counts something.

    Args:
        claim: the claim that was chosen.
        line: the index of its line.
        section: the criterion's section that it stands in, or -1.
        lines: the plain lines of the answer.

    """
    whole = whole_of(claim) or 0.0
    pair = re.match(_NEIGHBOURS, claim.stated)
    if pair and int(pair[2]) == int(pair[1]) + 1 > 5:
        raise _part(claim, "it may be a range of two neighbouring numbers")
    if re.match(_COUNTED, claim.stated):
        raise _part(claim, "it counts something")
    others = [
        float(found)
        for index, other in enumerate(lines)
        if index != line
        for found in re.findall(_FRACTION, other[:2000])
    ]
    if not claim.named and section >= 0:
        raise _part(claim, "it stands below the heading of a criterion")
    if not claim.named and sum(others) != whole:
        raise _part(claim, "no parts in the answer add up to its maximum")
    if max(others, default=0.0) > whole > 0:
        raise _part(claim, f"another one is out of {max(others):.15g}")
    if not claim.final and section >= 0:
        raise _part(claim, "it stands below the heading of a criterion")
    if not claim.final and 0 < line < len(lines) - LAST_LINES:
        raise _part(claim, "it stands in the middle of the answer")


def _part(claim: Claim, why: str) -> ParseError:
    stated = claim.stated[:60].strip()
    return ParseError(
        f"the score '{stated}' is on another maximum and may be of a part: {why}", "of_a_part"
    )
