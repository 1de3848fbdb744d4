"""Criteria of a rubric: the mark for each that an evaluator gave, and the score that they make.

A template's ``criteria`` name them with their weights (``novelty:0.5|mechanism:0.5``). An answer
has one mark for each on the template's range, as lines ``novelty: 7`` or in one JSON object. The
marks are what is kept; the score is their weighted sum, so other weights need no other answer.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from daydream.errors import ParseError
from daydream.parsers.score_claim import VALUE, Claim, is_triple, read_claim, whole_of
from daydream.parsers.score_json import number_in, objects_in
from daydream.parsers.score_quotes import Quotation, quotations
from daydream.parsers.score_range import ScoreRange
from daydream.parsers.score_text import Line, last_lines, visible, without_thinking
from daydream.parsers.score_words import with_english_headers

MAX_CRITERIA = 20
_LINES = 200
# Patterns are compiled when first used, which keeps the import of this module cheap.
_NAME = r"[A-Za-z][A-Za-z0-9_]{0,39}"
_RESULT_WORDS = frozenset({"score", "final", "total", "overall", "reasoning"})
_RANGE_NOTE = (
    r"(?i)[^0-9]{0,20}[0-9]{1,3} ?(?:-|to) ?[0-9]{1,3}|(?:out of|max\w*\.?|of|/) ?[0-9]{1,3}"
)
_BEHIND = r" ?(?:$|[-.;,!)(—|:]|because\b|as\b|for\b)"


class Criterion(NamedTuple):
    """A criterion and the share of the score that it makes; the shares of a rubric sum to 1."""

    name: str
    weight: float


def criteria_of(cell: str) -> tuple[Criterion, ...]:
    """Read the ``criteria`` of a template's row; blank is none.

    Without any weights all criteria weigh the same. Raises ValueError that says what is wrong, and
    what was probably meant.
    """
    if not cell.strip():
        return ()
    items = [item.strip() for item in cell.split("|")]
    _check_signs(cell, items)
    pairs = [item.partition(":") for item in items]
    names = [name.strip() for name, _, _ in pairs]
    _check_names(names)
    weights = [weight.strip() for _, _, weight in pairs]
    if not any(weights):
        return tuple(Criterion(name, 1 / len(names)) for name in names)
    shares = [_weight(name, weight) for name, weight in zip(names, weights, strict=True)]
    total = math.fsum(shares)
    if abs(total - 1) > 1e-6:
        meant = "|".join(
            f"{name}:{share / total:.6g}" for name, share in zip(names, shares, strict=True)
        )
        raise ValueError(f"the weights add up to {total:g}, not to 1. Did you mean '{meant}'?")
    return tuple(map(Criterion, names, shares))


def _check_signs(cell: str, items: Sequence[str]) -> None:
    for item in items:
        if not re.fullmatch(rf"{_NAME} ?(?:: ?[0-9.]{{1,12}})?", item):
            meant = re.sub(r"\s*[;,|]\s*", "|", re.sub(r"\s*[=:]\s*", ":", cell.strip(" |;,")))
            meant = re.sub(r"[ -](?=[A-Za-z])", "_", meant)
            hint = f" Did you mean '{meant}'?" if meant != cell else ""
            raise ValueError(f"'{item}' is not a name and a weight such as novelty:0.5.{hint}")


def _check_names(names: Sequence[str]) -> None:
    if len(names) > MAX_CRITERIA:
        raise ValueError(f"{len(names)} criteria are too many; the most is {MAX_CRITERIA}")
    for index, name in enumerate(names):
        header = f"{name}: 7"
        if name.lower() in _RESULT_WORDS or with_english_headers(header) != header:
            raise ValueError(f"'{name}' is a word for the result, not for a criterion")
        if name.lower() in (other.lower() for other in names[:index]):
            raise ValueError(f"'{name}' is there twice")


def _weight(name: str, weight: str) -> float:
    try:
        share = float(weight)
    except ValueError:
        share = 0.0
    if share <= 0:
        raise ValueError(f"the weight of '{name}' is '{weight}', not a number above 0")
    return share


def read_criteria(text: str, names: Sequence[str], scale: ScoreRange) -> dict[str, float]:
    """Read the mark for each criterion, in the order of ``names``.

    A JSON object with all of the names counts, else lines that begin with a name. Raises
    ``ParseError`` when a mark is missing, is out of the range, or is given twice and differently.
    """
    answer = visible(without_thinking(text))
    marks = list(_marks_in_objects(answer, names, scale))
    marks = marks or [_marks_in_lines(last_lines(answer, _LINES), names, scale)]
    if any(other != marks[-1] for other in marks):
        raise ParseError("JSON objects with different marks for the same criteria", "two_marks")
    return marks[-1]


def _marks_in_objects(
    answer: str, names: Sequence[str], scale: ScoreRange
) -> Iterable[dict[str, float]]:
    for found in objects_in(answer):
        inner = [value for value in found.values() if isinstance(value, dict)]
        for candidate in (found, *inner):
            keys = {str(key).lower(): value for key, value in candidate.items()}
            if all(name.lower() in keys for name in names):
                yield {name: number_in(keys[name.lower()], scale) for name in names}
                break


def _marks_in_lines(
    lines: Sequence[Line], names: Sequence[str], scale: ScoreRange
) -> dict[str, float]:
    quoted = quotations(lines)
    own = [line.plain for line, kind in zip(lines, quoted, strict=True) if kind is Quotation.NONE]
    return {name: _mark(own, name, scale) for name in names}


def _mark(lines: Sequence[str], name: str, scale: ScoreRange) -> float:
    claims = [claim for line in lines if (claim := _claim(line, name))]
    if not claims:
        raise ParseError(f"no mark for the criterion '{name}'{_hint(lines, name)}", "no_mark")
    marks = [_number(name, claim, scale) for claim in claims]
    if any(mark != marks[0] for mark in marks):
        raise ParseError(
            f"two marks for the criterion '{name}': {marks[0]:g} and {marks[-1]:g}", "two_marks"
        )
    return marks[0]


def _claim(line: str, name: str) -> Claim | None:
    """Return what a line says of a criterion, None when it gives no number for it."""
    label = re.escape(name.replace("_", " ")).replace(r"\ ", "[ -]?")
    header = re.match(
        rf"(?i)\W{{0,8}}(?:\d{{1,2}}[.)] ?)?{label}(?: score)?(?: \((?P<note>[^()]{{0,40}})\))?"
        r"(?: ?(?:\||->|→|[:=—]|-(?= )) ?(?P<stated>[-+.(\[]{0,3}[0-9].{0,100}))?",
        line,
    )
    note = (header["note"] or "") if header else ""
    if header and header["stated"]:
        return Claim(header["stated"], note if re.fullmatch(_RANGE_NOTE, note) else "")
    return Claim(note) if re.fullmatch(r"[0-9.]{1,9} ?/ ?[0-9.]{1,9}", note) else None


def _number(name: str, claim: Claim, scale: ScoreRange) -> float:
    stated = claim.stated
    value = re.match(VALUE, stated)
    is_one = value and not value["third"] and not is_triple(value["number"], scale)
    if value is None or not is_one or not re.match(_BEHIND, stated[value.end() :]):
        raise ParseError(
            f"the mark for '{name}' reads '{stated[:60]}', which is not one number", "not_a_number"
        )
    if whole_of(claim) not in (None, scale.high):
        raise ParseError(
            f"the mark for '{name}' is on another maximum: '{stated[:60]}'", "other_range"
        )
    return read_claim(claim, scale)


def _hint(lines: Sequence[str], name: str) -> str:
    labels = [found[0] for line in lines if (found := re.match(r"[^\W\d][\w -]{1,40}(?=:)", line))]
    near = difflib.get_close_matches(name.replace("_", " "), labels, 1, 0.75)
    return f"; the answer has one for '{near[0]}'" if near else ""


def weighted(marks: Mapping[str, float], criteria: Iterable[Criterion]) -> float:
    """Return the score: the sum of the marks, each times its weight."""
    return round(math.fsum(marks[name] * weight for name, weight in criteria), 9)


def marks_text(marks: Mapping[str, float]) -> str:
    """Return the marks as ``parsed.txt`` has them: a line ``name: mark`` for each."""
    return "".join(f"{name}: {mark}\n" for name, mark in marks.items())


def marks_in(text: str) -> dict[str, float]:
    """Read the marks of a ``parsed.txt``; empty when it is not one of a template with criteria."""
    lines = [line.partition(":") for line in text.strip().splitlines()]
    try:
        return {name.strip(): float(mark) for name, _, mark in lines}
    except ValueError:
        return {}
