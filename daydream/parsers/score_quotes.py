"""Score lines that an evaluator only quotes: from the essay, the rubric or the instructions."""

import re
from collections.abc import Sequence
from enum import IntEnum

from daydream.parsers.score_text import QUOTES, WORDY, Line

# Patterns are compiled when first used, which keeps the import of this module cheap.
_OPENING = '"\u201c\u201e\u00ab\u300c\u300e\u2039'
_CLOSING = '"\u201d\u201c\u00bb\u300d\u300f\u203a\u00ab'
_QUOTED = rf"[{_OPENING}]([^{_OPENING}{_CLOSING}]{{1,400}})[{_CLOSING}]"
_SINGLE = r"(?<!\w)['\u2018]([^'\u2018\u2019]{1,400})['\u2019](?!\w)"
_SUBJECT = r"(?:essay|text|author|writer|response|draft|passage|paragraph|sentence|line|ending|it)"
_OTHERS = (
    r"(?:other|another|previous|earlier|human|first|second|fellow)"
    r" (?:evaluators?|judges?|reviewers?|raters?|graders?|models?)"
)
_CITES = (
    rf"(?i)\b(?:{_SUBJECT}|{_OTHERS})\b[^.;!?]{{0,60}}?\b(?:ends?|ending|clos(?:es?|ing)|conclud(?:es?|ing)|says?"
    r"|saying|states?|claims?|asks?|demands?|contains?|writes?|wrote|includes?|tells|orders"
    r"|instructs?|tries|wants|reads|appends?|adds?|inserts?|requests?|gives?|gave|awards?|awarded"
    r"|assigns?|assigned|rates?|rated|grades?|graded)\b[^.;!?]{0,60}$"
)
_CITES_BEHIND = (
    rf"(?i)^\W{{0,3}}(?:(?:so |thus |this |that )?(?:is|was)|so|says?|writes|claims?)\b"
    rf"[^.;!?]{{0,30}}?\b{_SUBJECT}\b"
)
_EXAMPLE = r"(?i)\b(?:example|sample)\b[^.;!?]{0,40}: ?$"
_JUDGE = r"(?i)\b(?:I|my|we|our)\b"


def is_mention(line: Line, before: str, stated: str) -> bool:
    """Whether a claim within a line is quoted or reported there, not made.

    Args:
        line: the line.
        before: its plain text before the claim.
        stated: the number, or what stands for it.

    """
    judged = re.search(_JUDGE, before) is not None
    if re.search(_CITES, before) and not judged:
        return True
    raw = line.raw[-10_000:]
    if not any(mark in raw for mark in QUOTES):
        return False
    number = re.match(r"[-+.0-9]{1,20}", stated)
    for quoted in (*re.finditer(_QUOTED, raw), *re.finditer(_SINGLE, raw)):
        outside = raw[: quoted.start()] + raw[quoted.end() :]
        holds = re.search(r"(?i)score", quoted[1]) and (not number or number[0] in quoted[1])
        if holds and re.search(WORDY, outside):
            return not judged or re.search(_CITES, before) is not None
    return False


def cites(before: str) -> bool:
    """Whether words lead to what the essay says, or another judge gave."""
    return re.search(_CITES, before[-200:]) is not None


class Quotation(IntEnum):
    """Whether a line as a whole is a quotation."""

    NONE = 0
    MARKED = 1  # by quotation marks or ``>``, which may be mere decoration
    REPORTED = 2  # the line above or below says that it is the essay's


def quotations(lines: Sequence[Line]) -> list[Quotation]:
    """Return for each line whether it is a quotation; what a code fence holds is one thing."""
    kinds: list[Quotation] = []
    above, fence = "", 0
    for index, line in enumerate(lines):
        below = _behind(lines, index)
        kind = _quotation(line, above, below, opens=line.fence == 0 or line.fence != fence)
        if kinds and line.fence > 0 and line.fence == fence:
            kind = max(kind, kinds[-1])
        kinds.append(kind)
        above, fence = line.plain, line.fence
    return kinds


def _behind(lines: Sequence[Line], index: int) -> str:
    """Return the line below, or that below the code fence which the line stands in."""
    fence = lines[index].fence
    rest = (line for line in lines[index + 1 : index + 9] if not fence or line.fence != fence)
    return next((line.plain for line in rest), "")


def _quotation(line: Line, above: str, below: str, opens: bool) -> Quotation:
    raw = line.raw.strip()
    unmatched = raw.count('"') % 2 == 1 and raw.endswith('"')
    unmatched = unmatched or (raw.endswith("\u201d") and "\u201c" not in raw)
    whole = raw[0] in QUOTES and raw[-1] in QUOTES
    is_marked = raw.startswith(">") or unmatched or whole
    cited = cites(above.rstrip(" :,"))
    if opens and re.search(_EXAMPLE, above[-200:]):
        return Quotation.REPORTED
    if cited and (above.endswith(":") or is_marked or (line.fence and opens)):
        return Quotation.REPORTED
    if (is_marked or line.fence) and re.search(_CITES_BEHIND, below[:200]):
        return Quotation.REPORTED
    return Quotation.MARKED if is_marked else Quotation.NONE
