"""Score lines that an evaluator only quotes: from the essay, the rubric or the instructions."""

import re
from collections.abc import Sequence

from daydream.parsers.score_text import QUOTES, WORDY, Line

# Patterns are compiled when first used, which keeps the import of this module cheap.
_OPENING = '"\u201c\u201e\u00ab\u300c\u300e\u2039'
_CLOSING = '"\u201d\u201c\u00bb\u300d\u300f\u203a\u00ab'
_QUOTED = rf"[{_OPENING}]([^{_OPENING}{_CLOSING}]{{1,400}})[{_CLOSING}]"
_SINGLE = r"(?<!\w)['\u2018]([^'\u2018\u2019]{1,400})['\u2019](?!\w)"
_SUBJECT = r"(?:essay|text|author|writer|response|draft|passage|paragraph|sentence|line|ending|it)"
_CITES = (
    rf"(?i)\b{_SUBJECT}\b[^.;!?]{{0,60}}?\b(?:ends?|ending|clos(?:es?|ing)|conclud(?:es?|ing)|says?"
    r"|saying|states?|claims?|asks?|demands?|contains?|writes?|wrote|includes?|tells|orders"
    r"|instructs?|tries|wants|reads|appends?|adds?|inserts?|requests?)\b[^.;!?]{0,60}$"
)
_JUDGE = r"(?i)\b(?:I|my|we|our)\b"


def is_mention(line: Line, before: str, said: str) -> bool:
    """Whether a claim within a line is quoted or reported there, not made.

    Args:
        line: the line.
        before: its plain text before the claim.
        said: the number, or what stands for it.

    """
    judged = re.search(_JUDGE, before) is not None
    if re.search(_CITES, before) and not judged:
        return True
    raw = line.raw[-10_000:]
    if not any(mark in raw for mark in QUOTES):
        return False
    number = re.match(r"[-+.0-9]{1,20}", said)
    for quoted in (*re.finditer(_QUOTED, raw), *re.finditer(_SINGLE, raw)):
        outside = raw[: quoted.start()] + raw[quoted.end() :]
        holds = re.search(r"(?i)score", quoted[1]) and (not number or number[0] in quoted[1])
        if holds and re.search(WORDY, outside):
            return not judged or re.search(_CITES, before) is not None
    return False


def quoted_lines(lines: Sequence[Line]) -> list[bool]:
    """Whether each line as a whole is a quotation: of a block, or announced by the line above."""
    marks: list[bool] = []
    above, fence = "", 0
    for line in lines:
        raw = line.raw.strip()
        unmatched = sum(raw.count(mark) for mark in '"') % 2 == 1 and raw.endswith('"')
        unmatched = unmatched or (raw.endswith("\u201d") and "\u201c" not in raw)
        whole = raw[0] in QUOTES and raw[-1] in QUOTES
        announced = above.endswith(":") and re.search(_CITES, above[:-1][-200:]) is not None
        same_fence = bool(marks) and marks[-1] and line.fence > 0 and line.fence == fence
        marks.append(raw.startswith(">") or unmatched or whole or announced or same_fence)
        fence = line.fence
        above = line.plain
    return marks
