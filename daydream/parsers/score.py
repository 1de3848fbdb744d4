"""Score parsers: the one number that an evaluator gave. Start here; the rule is in ``score_rule``.

``in_last_line`` reads the last three lines of an answer, ``complex`` the last thirty. Both collect
every place that claims a score and choose by one rule: see ``docs/parsers.md``.

A wrong number is worse than none, so whatever can be read in two ways is a ``ParseError``:

- ``8,5`` (a decimal comma, or two marks), ``7-8``, ``7 or 8``, ``80%`` on a scale but 0-100;
- ``Novelty score: 3/3``: a score named after a criterion is a part, never the result;
- a score out of the range, ``-3`` and ``100`` on a scale to ten included;
- two results that differ, unless the later is said to correct the earlier.

``x/y`` and ``x out of y`` are taken as they are when y is the top of the range, else scaled to it.
Three digits on a scale up to ten (``456``, ``4, 5, 6``) are three marks; the score is their mean.
Every pattern is bounded and blanks are collapsed first, so time grows linearly with the text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from daydream.parsers.score_claim import Claim, is_triple
from daydream.parsers.score_json import objects_as_lines, read_json_score
from daydream.parsers.score_phrases import claims_of, ends_in_header
from daydream.parsers.score_quotes import Quotation, quotations
from daydream.parsers.score_range import ScoreRange
from daydream.parsers.score_rest import NUMBER
from daydream.parsers.score_rule import Candidate, choose
from daydream.parsers.score_sections import criterion_sections
from daydream.parsers.score_text import Line, absent, last_lines, visible, without_thinking

__all__ = ["SCORE_PARSERS", "ScoreRange", "complex_score", "in_last_line", "read_json_score"]

_BARE = rf"(?:[\[(] ?){{0,2}}(?P<stated>{NUMBER}(?: ?/ ?[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?)?)"
_BARE += r"(?: ?[\])]){0,2}"
_SECTION_LINES = 200


def in_last_line(text: str, scale: ScoreRange) -> float:
    """Read the score from the last three lines that hold more than markup.

    No scores of parts are expected there. A last line that is nothing but a number is taken only
    if the lines above it do not speak of a score. Raises ``ParseError``.
    """
    return _read(text, scale, count=3, parts=False)


def complex_score(text: str, scale: ScoreRange) -> float:
    """Read the score from the last thirty lines that hold more than markup.

    Plain scores may be those of parts, so a final, total or overall one wins over them. The number
    may stand on the line below its header, or in a table row. Raises ``ParseError``.
    """
    return _read(text, scale, count=30, parts=True)


def _read(text: str, scale: ScoreRange, count: int, parts: bool) -> float:
    answer = objects_as_lines(visible(without_thinking(text)))
    lines = last_lines(answer, _SECTION_LINES)
    first = max(0, len(lines) - count)
    candidates = _candidates(lines, scale)
    if all(candidate.line < first for candidate in candidates):
        stated = _bare_number(lines, first, scale, parts)
        if not stated:
            raise absent([line.raw for line in lines[first:]], count)
        candidates = [Candidate(Claim(stated, exact=True, leads=True), len(lines) - 1)]
    return choose(candidates, [line.plain for line in lines], scale, parts, first)


def _candidates(lines: Sequence[Line], scale: ScoreRange) -> list[Candidate]:
    """Collect the claims of the lines, but not those that are the essay's."""
    quoted, sections = quotations(lines), criterion_sections(lines)
    below = [*(line.plain for line in lines[1:]), ""]
    return [
        Candidate(claim, index, quoted[index] is Quotation.MARKED, sections[index])
        for index, line in enumerate(lines)
        if quoted[index] is not Quotation.REPORTED
        for claim in claims_of(line, scale, below[index])
    ]


def _bare_number(lines: Sequence[Line], first: int, scale: ScoreRange, parts: bool) -> str:
    """Return a last line that is a number, unless something above it can be the score instead.

    Where parts are expected, only a fraction of the range's top counts, ``7/10``, and no other; or
    ``#### 7``, the form in which models are taught to end sums, in an answer without headings.
    """
    bare = re.fullmatch(_BARE, lines[-1].plain) if lines else None
    if bare is None or is_triple(bare["stated"], scale):
        return ""
    above = [line.plain for line in lines[:-1]]
    others = (re.fullmatch(_BARE, line) for line in above)
    if any(other["stated"] != bare["stated"] for other in others if other):
        return ""
    if parts and _ends_as_a_sum(lines):
        return bare["stated"]
    if parts:
        top = rf"(?<!\w)[0-9.]{{1,9}} ?/ ?{scale.high:g}(?![0-9.]*\w)"
        alone = not any(re.search(top, line[:2000]) for line in above)
        in_section = criterion_sections(lines)[-1] >= 0
        return (
            bare["stated"] if re.fullmatch(top, bare["stated"]) and alone and not in_section else ""
        )
    spoken = any(
        re.search(r"\bscores?\b", line, re.I) and not ends_in_header(line) for line in above[first:]
    )
    return "" if spoken else bare["stated"]


def _ends_as_a_sum(lines: Sequence[Line]) -> bool:
    """Whether the last line is ``#### 7``, with no other heading that it could be one of."""
    *above, last = lines
    is_below_a_criterion = max(criterion_sections(above), default=-1) >= 0
    others = (re.search(r"^\s{0,9}#|\bscores?\b", line.raw, re.I) for line in above)
    has_form = re.fullmatch(rf"#### ?{NUMBER}", last.raw.strip()) is not None
    return has_form and not is_below_a_criterion and not any(others)


SCORE_PARSERS: Mapping[str, Callable[[str, ScoreRange], float]] = MappingProxyType(
    {"in_last_line": in_last_line, "complex": complex_score}
)
"""Score parsers by the name used in ``evaluation_templates.csv``."""
