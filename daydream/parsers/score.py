"""Score parsers: the one number that an evaluator gave.

A wrong number is worse than none, so whatever can be read in two ways is a ``ParseError``:

- ``8,5`` (a decimal comma, or two marks), ``7-8``, ``7 or 8``, ``80%`` on a scale but 0-100;
- ``Novelty score: 3/3``: a score named after a criterion is a part, never the result;
- a score out of the range, ``-3`` and ``100`` on a scale to ten included.

``x/y`` and ``x out of y`` are taken as they are when y is the top of the range, else scaled to it.
Three digits on a scale up to ten (``456``, ``4, 5, 6``) are three marks; the score is their mean.
Every pattern is bounded and blanks are collapsed first, so time grows linearly with the text.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from daydream.errors import ParseError
from daydream.parsers.score_claim import NUMBER, VALUE, Claim, is_triple, read_claim, whole_of
from daydream.parsers.score_json import read_json_score
from daydream.parsers.score_phrases import claims_of, ends_in_header
from daydream.parsers.score_range import ScoreRange
from daydream.parsers.score_text import absent, last_lines, plain

__all__ = ["SCORE_PARSERS", "ScoreRange", "complex_score", "in_last_line", "read_json_score"]

_BARE = rf"{NUMBER}(?: ?/ ?[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?)?"


def in_last_line(text: str, scale: ScoreRange) -> float:
    """Read the score from the last three lines that hold more than markup.

    A whole line ``SCORE: 7`` wins over any other phrase, and the last such line over the others;
    else the last line with a score phrase counts. A last line that is nothing but a number is
    taken only if the lines above it do not speak of a score. Raises ``ParseError``.
    """
    raw = last_lines(text, 3)
    lines = [plain(line) for line in raw]
    found = [claims for line in reversed(lines) if (claims := list(claims_of(line, scale)))]
    exact = [claim for claims in found for claim in reversed(claims) if claim.exact]
    if exact:
        return read_claim(exact[0], scale)
    if found:
        return read_claim(_weightiest(found[0]), scale)
    if lines and _stands_alone(lines, scale):
        return read_claim(Claim(lines[-1]), scale)
    raise absent(raw, 3)


def complex_score(text: str, scale: ScoreRange) -> float:
    """Read the score from the last thirty lines that hold more than markup.

    A final, total or overall score wins over a plain one; of the same kind the last wins. The
    number may stand on the line below its header, or in a table row. Raises ``ParseError``.
    """
    raw = last_lines(text, 30)
    lines = [plain(line) for line in raw]
    below = [*lines[1:], ""]
    claims = [
        c for line, under in zip(lines, below, strict=False) for c in claims_of(line, scale, under)
    ]
    if not claims:
        raise absent(raw, 30)
    chosen = _weightiest(claims)
    _refuse_parts(chosen, claims, scale)
    return read_claim(chosen, scale)


def _weightiest(claims: list[Claim]) -> Claim:
    return next((claim for claim in reversed(claims) if claim.final), claims[-1])


def _refuse_parts(chosen: Claim, claims: list[Claim], scale: ScoreRange) -> None:
    """Refuse the last of ``1/1``, ``2/3``...: no one of these is the result."""
    wholes = {whole_of(claim) for claim in claims if re.match(VALUE, claim.said)} - {None}
    if not chosen.final and len(wholes) > 1 and whole_of(chosen) not in (None, scale.high):
        raise ParseError(
            f"only scores of parts, with different maxima; the last is '{chosen.said}'"
        )


def _stands_alone(lines: list[str], scale: ScoreRange) -> bool:
    """Whether the last line is a bare number that nothing above it can be the score instead of."""
    spoken = any(
        re.search(r"\bscores?\b", line, re.I) and not ends_in_header(line) for line in lines[:-1]
    )
    return bool(re.fullmatch(_BARE, lines[-1])) and not spoken and not is_triple(lines[-1], scale)


SCORE_PARSERS: Mapping[str, Callable[[str, ScoreRange], float]] = MappingProxyType(
    {"in_last_line": in_last_line, "complex": complex_score}
)
"""Score parsers by the name used in ``evaluation_templates.csv``."""
