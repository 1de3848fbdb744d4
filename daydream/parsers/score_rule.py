"""The rule by which one result is chosen among all places of an answer that claim a score.

1. Claims that are labelled as, or stand in the section of, a criterion are parts and do not count.
2. The others fall into classes (``Weight``). Only the highest class that occurs counts.
3. All claims of that class must give the same number; if not, none is chosen: ``ParseError``. The
   one exception is a later result that is said to correct an earlier one.
"""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from daydream.errors import ParseError
from daydream.parsers.score_claim import VALUE, Claim, read_claim, whole_of
from daydream.parsers.score_range import ScoreRange
from daydream.parsers.score_rest import number_of
from daydream.parsers.score_scaled import check_scaled

# Patterns are compiled when first used, which keeps the import of this module cheap.
_CORRECTS = (
    r"(?i)\b(?:wait|correction|corrected|on (?:reflection|second thoughts?)|reconsider\w{0,4}"
    r"|revis(?:e|ed|ing|ion)|overlooked|i was (?:wrong|too)|first (?:reading|impression|sight)"
    r"|changed? my mind|let me (?:change|correct)|actually)\b"
)


class Weight(IntEnum):
    """The classes of claims, the weightiest last; ``own`` is the template's own range."""

    SCALED = 0  # Score: 4/5 on a range to ten
    SCALED_FINAL = 1
    QUOTED = 2  # a whole line in quotes or a block quotation
    SENTENCE = 3  # I would give it a score of 7
    PLAIN = 4  # Score: 7, at the beginning of a line, with or without words behind it
    FINAL = 5  # the final score is 7; Total: 7; SCORE: 7 with words behind it
    RESULT_LINE = 6  # SCORE: 7 or Final score: 7 and nothing else on the line, own range


class Candidate(NamedTuple):
    """A claim, the index of its line, whether it is quoted, and its criterion's section or -1."""

    claim: Claim
    line: int
    quoted: bool = False
    section: int = -1


def choose(
    candidates: Sequence[Candidate],
    lines: Sequence[str],
    scale: ScoreRange,
    parts: bool,
    first: int = 0,
) -> float:
    """Return the score of the candidates, or raise ``ParseError``.

    Args:
        candidates: what the answer claims, in its order.
        lines: the plain lines of the answer.
        scale: the template's range.
        parts: plain scores may be those of parts, over which a final one wins wherever it stands;
            without it a plain score that differs from a final one is a contradiction.
        first: the line from which on a claim may be the result; those above show what is a part,
            and a result line among them must agree.

    """
    whole_answer = _without_parts(candidates)
    results = [result for result in whole_answer if result.line >= first]
    if not results:
        stated = candidates[-1].claim.stated
        raise ParseError(
            f"only scores of single criteria; the last is '{stated[:60]}'", "only_parts"
        )
    weights = [_weight(result, scale, parts) for result in results]
    best = max(weights)
    chosen = [r for r, weight in zip(results, weights, strict=True) if weight == best]
    _agreed(chosen, lines, scale)
    if best <= Weight.SCALED_FINAL:
        check_scaled(chosen[-1].claim, chosen[-1].line, chosen[-1].section, lines)
    _check_end(results[-1], chosen[-1], best, scale)
    above = [
        result
        for result in whole_answer
        if result.line < first and _weight(result, scale, parts) == Weight.RESULT_LINE
    ]
    return _agreed([*above[-1:], chosen[-1]], lines, scale)


def _without_parts(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave out the first score of each criterion's section, where there are two or more.

    What follows it in the last section is the result, and so is the one line in the form that was
    asked for when the scores of the criteria have another form. A final or overall score is no
    part wherever it stands; a bare total may be that of a section.
    """
    first: dict[int, Candidate] = {}
    for candidate in candidates:
        if candidate.section >= 0 and not (candidate.claim.final and candidate.claim.named):
            first.setdefault(candidate.section, candidate)
    if len(first) < 2:
        return list(candidates)
    parts = list(first.values())
    requested = [part for part in parts if part.claim.requested]
    if len(requested) == 1 and requested[0].claim.exact:
        parts.remove(requested[0])
    return [candidate for candidate in candidates if candidate not in parts]


def _weight(candidate: Candidate, scale: ScoreRange, parts: bool) -> Weight:
    claim = candidate.claim
    if whole_of(claim) not in (None, scale.high) and _is_readable(claim, scale):
        return Weight.SCALED_FINAL if claim.final else Weight.SCALED
    if not claim.named and claim.final and _exceeds(claim, scale):
        return Weight.SCALED_FINAL  # a sum of parts on a range of its own
    if candidate.quoted:
        return Weight.QUOTED
    if claim.exact and claim.named and (claim.requested or claim.final or not parts):
        return Weight.RESULT_LINE
    if claim.final or (claim.requested and claim.leads):
        return Weight.FINAL
    if claim.exact or claim.leads:
        return Weight.PLAIN if parts else Weight.FINAL
    return Weight.SENTENCE


def _is_readable(claim: Claim, scale: ScoreRange) -> bool:
    try:
        read_claim(claim, scale)
    except ParseError:
        return False
    return True


def _exceeds(claim: Claim, scale: ScoreRange) -> bool:
    value = re.match(VALUE, claim.stated)
    return value is not None and not value["third"] and number_of(value) > scale.high


def _agreed(chosen: Sequence[Candidate], lines: Sequence[str], scale: ScoreRange) -> float:
    """Return the one number that all chosen claims give, or the last if it is a correction."""
    last = chosen[-1]
    score = read_claim(last.claim, scale)
    if len(chosen) > 1 and not _corrects(chosen, lines):
        for other in chosen[:-1]:
            number = read_claim(other.claim, scale)
            if abs(number - score) > 1e-9:
                raise _contradiction(number, score, chosen, scale)
    return score


def _contradiction(
    number: float, score: float, chosen: Sequence[Candidate], scale: ScoreRange
) -> ParseError:
    wholes = {whole_of(candidate.claim) for candidate in chosen} - {None, scale.high}
    if len(wholes) > 1:
        stated = chosen[-1].claim.stated[:60]
        return ParseError(
            f"only scores of parts, with different maxima; the last is '{stated}'", "only_parts"
        )
    return ParseError(f"two scores: {number:.15g}, and after it {score:.15g}", "two_scores")


def _corrects(chosen: Sequence[Candidate], lines: Sequence[str]) -> bool:
    """Whether the words before or between the last two results take the earlier one back."""
    earlier, last = chosen[-2].line, chosen[-1].line
    between = lines[max(0, earlier - 1, last - 12) : last + 1]
    return earlier < last and any(re.search(_CORRECTS, line) for line in between)


def _check_end(last: Candidate, chosen: Candidate, best: Weight, scale: ScoreRange) -> None:
    """Refuse to choose between a result and another one that ends the answer in a weaker form.

    Such is a block quotation, which may be the result or quoted, a bare ``Final: 7``, the form that
    was asked for with words before it (``On reflection, SCORE: 5``), or a second score on the line.
    """
    quoted = last.quoted and best < Weight.RESULT_LINE
    bare = last.claim.final and last.claim.exact and not last.claim.named and not last.quoted
    is_own = whole_of(last.claim) in (None, scale.high) and _is_readable(last.claim, scale)
    again = (last.claim.requested or last.line == chosen.line) and not last.quoted
    if last is not chosen and (quoted or ((bare or again) and is_own)):
        number, score = read_claim(last.claim, scale), read_claim(chosen.claim, scale)
        if number != score:
            what = "a quoted " if quoted else ""
            message = f"two scores: {score:.15g}, and {what}{number:.15g} behind it"
            raise ParseError(message, "two_scores")
