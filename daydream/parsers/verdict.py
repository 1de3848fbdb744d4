"""Verdict parsers: which of two texts a judge preferred.

A wrong verdict is worse than none, so whatever can be read in two ways is a ``ParseError``:
``VERDICT: A or B``, ``VERDICT: A and B are equal``, and two verdict lines that differ, wherever
they stand. Only whole lines count; ``A is better, says the verdict`` is prose. Patterns are
bounded and blanks are collapsed first, so time grows linearly with the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal, get_args

from daydream.errors import ParseError
from daydream.formats import one_line
from daydream.parsers.score_json import objects_in
from daydream.parsers.score_text import WORDY, absent, plain, without_thinking

Verdict = Literal["A", "B", "tie"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_LINES = 3  # the verdict stands among so many last lines
# Patterns are compiled when first used, which keeps the import of this module cheap.
_HEADER = r"""(?ix)^(?:[-+>]\ )?(?:(?:my|the)\ )?(?:(?:final|overall)\ )?verdict\b
    \ ?(?:is\b\ ?)?(?P<sign>=>|->|[:=-]|—)?\ ?(?P<stated>.*)$"""
_VALUE = r"""(?ix)^(?:boxed\ ?)?(?:[\[({<]\ ?){0,3}(?:boxed\ ?|text\ ?){0,2}(?:[\[({<]\ ?){0,3}
    (?:an?\ (?=tie|draw))?(?:(?:the\ )?(?:text|essay|response|answer|option)\ )?
    (?:(?P<letter>[ab])|(?P<tie>tie|tied|draw))(?:\ ?[\])}>]){0,3}
    (?:\ (?:is\ (?:better|closer|the\ winner)|wins))?\ ?[.!]?$"""


def verdict(text: str) -> Verdict:
    """Read the line ``VERDICT: A``, ``VERDICT: B`` or ``VERDICT: TIE`` at the end of an answer.

    It must be among the last three lines that hold more than markup, and the last line that
    begins with the word. Case, emphasis, brackets and ``Text A`` do not matter; the value may
    stand on the line below. Raises ``ParseError``.
    """
    kept = [line for line in without_thinking(text).splitlines() if re.search(WORDY, line)]
    lines = [plain(line.strip()) for line in kept]
    last = list(_claims(lines[-_LINES:]))
    if not last:
        raise absent(kept[-_LINES:], _LINES, "verdict")
    given = _value(last[-1])
    if given is None:
        raise ParseError(
            f"the verdict reads '{one_line(last[-1])}', which is not A, B or TIE alone",
            "not_a_verdict",
        )
    return _agreed(given, filter(None, map(_value, _claims(lines))))


def read_json_verdict(text: str) -> Verdict:
    """Read ``verdict`` from the JSON objects with ``reasoning`` and ``verdict`` in an answer.

    Raises ``ParseError`` when there is none, when the last is not A, B or TIE, or when they differ.
    """
    answer = without_thinking(text)
    values = [value["verdict"] for value in objects_in(answer) if "verdict" in value]
    given = [value if isinstance(value, str) else repr(value)[:100] for value in values]
    if not given:
        raise ParseError(
            f"no JSON object with a verdict; the answer begins with '{one_line(answer)}'",
            "no_verdict",
        )
    found = _value(plain(given[-1])) if isinstance(values[-1], str) else None
    if found is None:
        raise ParseError(
            f"the JSON verdict is '{one_line(given[-1])}', which is not A, B or TIE",
            "not_a_verdict",
        )
    return _agreed(found, filter(None, map(_value, map(plain, given))))


def _claims(lines: list[str]) -> Iterator[str]:
    """What the lines that begin with the word say, or what stands below one that says nothing."""
    for number, line in enumerate(lines):
        header = re.match(_HEADER, line)
        if header:
            stated = header["stated"] or "".join(lines[number + 1 : number + 2])
            if header["sign"] or _value(stated):  # else prose: the verdict depends on taste
                yield stated


def _value(stated: str) -> Verdict | None:
    found = re.match(_VALUE, stated[:100])
    if found is None or len(stated) > 100:
        return None
    return "tie" if found["tie"] else "A" if found["letter"].upper() == "A" else "B"


def _agreed(given: Verdict, others: Iterable[Verdict]) -> Verdict:
    for other in others:
        if other != given:
            raise ParseError(f"two verdicts: {other}, and at the end {given}", "two_verdicts")
    return given


VERDICT_PARSERS: Mapping[str, Callable[[str], Verdict]] = MappingProxyType({"verdict": verdict})
"""Verdict parsers by the name used in ``comparison_templates.csv``."""
