"""Score parsers: the one number that an evaluator gave.

A wrong number is worse than none, so whatever can be read in two ways is a ``ParseError``:

- ``8,5`` (a decimal comma, or two marks), ``7-8``, ``7 or 8``, ``80%`` on a scale but 0-100;
- ``Novelty score: 3/3``: a score named after a criterion is a part, never the result;
- a score out of the range, ``-3`` and ``100`` on a scale to ten included.

``x/y`` and ``x out of y`` are taken as they are when y is the top of the range, else scaled to it.
Three digits on a scale up to ten (``456``, ``4, 5, 6``) are three marks; the score is their mean.
Every pattern is bounded and blanks are collapsed first, so time grows linearly with the text.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from daydream.errors import ParseError


class ScoreRange(NamedTuple):
    """The lowest and the highest score that a template allows, both included."""

    low: float = 0.0
    high: float = 10.0


class _Claim(NamedTuple):
    """A place that states a score: what it says, and how much weight the place has."""

    said: str
    note: str = ""
    final: bool = False
    exact: bool = False


_LONGEST_LINE = 10_000
_LONGEST_VALUE = 100
_QUOTES = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_FULL_WIDTH = {0xFF00 + code - 0x20: chr(code) for code in b"0123456789:=/."}
_DASHES = {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{MULTIPLICATION SIGN}": "x"}
_DECORATION = str.maketrans(
    dict.fromkeys("*_`#$\\\u200b\ufeff" + _QUOTES, " ") | _DASHES | _FULL_WIDTH
)

# Patterns are compiled when first used, which keeps the import of this module cheap.
_THOUGHT = r"(?i)<(/?)think(?:ing)?>"
_WORDY = r"[^\W_]"
_LETTER = r"[^\W\d_]"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


_FINAL = _words("final total overall")
_NEUTRAL = _FINAL | _words(
    """a an the my our your its this that and so is it grand combined aggregate composite weighted
    average mean evaluation evaluator assessment essay idea response text assigned given numeric
    numerical single"""
)
_BARRED = _words(
    """maximum max minimum min possible perfect highest lowest previous initial target passing
    example sub partial"""
)
_HEADER = r"""(?ix)(?P<words>(?:\b[^\W\d_]{1,20}\ ){0,3})(?<![\w/.-])
    (?:score\b(?:\ for\ (?:the|this|your)\ \w{1,20})?
      |(?P<bare>(?:final|total|overall)(?:\ (?:rating|grade|mark|result))?)(?=\ ?[:=]))
    (?:\ ?\((?P<note>[^()]{0,60})\))?
    \ ?(?P<sep>is\ ?:|=>|->|→|[:=]|is\b|of\b|-(?=\ )|—)?\ ?"""
_NUMBER = r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})"
_VALUE = rf"""(?ix)(?:[0-9./+x()\ -]{{1,80}}=\ ?)?  # a sum: what it comes to follows
    (?:boxed\ ?\{{|[\[(<{{])?\ ?
    (?P<number>{_NUMBER})
    (?:\ ?,\ ?(?P<second>10|[0-9])\ ?,\ ?(?P<third>10|[0-9])
      |\ ?(?:/|(?:out\ )?of(?:\ a(?:\ (?:possible|total|maximum))?)?)\ ?
       (?P<whole>[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?))?
    (?P<percent>\ ?%)?[\])>}}]?(?:\ ?(?:points?\b|pts\b|分|点|점))?
    (?!\w|\+|\.[0-9]|\ ?(?:[-—,/+~&=→x]|->|to\b|or\b|and\b)?\ ?\.?[0-9])"""
_BARE = rf"{_NUMBER}(?: ?/ ?[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?)?"
_STARTS_AS_NUMBER = r"[-+.]?[0-9]"
_PLACEHOLDER = (
    r"(?i)(?:[xyn](?![\w/])|[xyn] ?/ ?[0-9]|…|\.\."
    r"|[<\[{(] ?(?:[^\W\d]|[0-9.]{1,9} ?(?:-|to) ?[0-9]))"
)
_SPAN = r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?:-|to) ?([0-9]{1,9}(?:\.[0-9]{1,9})?)(?![0-9])"
_EXAMPLE = r"(?i)\b(?:e\.g\.?|examples?|such as)\W"
_HEDGE = (
    r"(?i)\b(?:if|unless|only|not|cannot|could|might|may|rather|instead|than|means?|requires?"
    r"|(?<!\bi )would)\b"
)
_PART = r"(?i)\W{0,3}(?:points?\W)?for (?!(?:the|this|that|its?|your|an?)\b)"
_PHRASE_END = r" ?(?:$|[.;!)\]](?: |$)|\()"


def in_last_line(text: str, scale: ScoreRange) -> float:
    """Read the score from the last three lines that hold more than markup.

    A whole line ``SCORE: 7`` wins over any other phrase, and the last such line over the others;
    else the last line with a score phrase counts. A last line that is nothing but a number is
    taken only if the lines above it do not speak of a score. Raises ``ParseError``.
    """
    raw = _last_lines(text, 3)
    lines = [_plain(line) for line in raw]
    found = [claims for line in reversed(lines) if (claims := list(_claims(line, scale)))]
    exact = [claim for claims in found for claim in reversed(claims) if claim.exact]
    if exact:
        return _read(exact[0], scale)
    if found:
        return _read(_weightiest(found[0]), scale)
    if lines and _stands_alone(lines, scale):
        return _read(_Claim(lines[-1]), scale)
    raise _absent(raw, 3)


def complex_score(text: str, scale: ScoreRange) -> float:
    """Read the score from the last thirty lines that hold more than markup.

    A final, total or overall score wins over a plain one; of the same kind the last wins. The
    number may stand on the line below its header, or in a table row. Raises ``ParseError``.
    """
    raw = _last_lines(text, 30)
    lines = [_plain(line) for line in raw]
    below = [*lines[1:], ""]
    claims = [
        c for line, under in zip(lines, below, strict=False) for c in _claims(line, scale, under)
    ]
    if not claims:
        raise _absent(raw, 30)
    chosen = _weightiest(claims)
    _refuse_parts(chosen, claims, scale)
    return _read(chosen, scale)


SCORE_PARSERS: Mapping[str, Callable[[str, ScoreRange], float]] = MappingProxyType(
    {"in_last_line": in_last_line, "complex": complex_score}
)
"""Score parsers by the name used in ``evaluation_templates.csv``."""


def read_json_score(text: str, scale: ScoreRange) -> float:
    """Read ``score`` from the last JSON object with ``reasoning`` and ``score`` in an answer.

    The object may stand in a code fence or in prose. One without ``reasoning`` counts only where
    no object before it was broken, as it could be a part of that one. Raises ``ParseError``.
    """
    answer = _without_thinking(text)
    given = [value["score"] for value in _objects(answer) if "score" in value]
    if not given:
        raise ParseError(f"no JSON object with a score; the answer begins with '{_short(answer)}'")
    number = given[-1]
    if isinstance(number, str) and re.fullmatch(_NUMBER, number.strip()):
        number = float(number)
    if isinstance(number, bool) or not isinstance(number, int | float):
        kind = type(number).__name__
        raise ParseError(f"the JSON score is a {kind}, neither a number nor a string that is one")
    return _within(number, scale)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects; fifty braces are tried, so that a wall of them is cheap."""
    decoder, at, intact = json.JSONDecoder(), 0, True
    for _ in range(50):
        if (at := text.find("{", at)) < 0:
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at, intact = at + 1, False
        else:
            if intact or "reasoning" in value:
                yield value


def _without_thinking(text: str) -> str:
    tags = list(re.finditer(_THOUGHT, text))
    ends = [tag.end() for tag in tags if tag[1]]
    if not ends and tags and not text[: tags[0].start()].strip():
        raise ParseError("the answer is all thinking: its first tag is never closed")
    return text[ends[-1] :] if ends else text


def _last_lines(text: str, count: int) -> list[str]:
    kept: list[str] = []
    for line in reversed(_without_thinking(text).splitlines()):
        if re.search(_WORDY, line):
            kept.append(line)
            if len(kept) == count:
                break
    return kept[::-1]


def _plain(line: str) -> str:
    """Return the line without emphasis, quotes and runs of blanks."""
    return " ".join(line[-_LONGEST_LINE:].translate(_DECORATION).split())


def _claims(line: str, scale: ScoreRange, below: str = "") -> Iterator[_Claim]:
    """Yield what the line says about the score, from left to right."""
    if line.startswith("|"):
        yield from _row_claims(line)
    letter = re.search(_LETTER, line)
    first = letter.start() if letter else len(line)
    for header in re.finditer(_HEADER, line):
        before = line[max(0, header.start() - 40) : header.start()]
        if not _names_a_part(header) and not re.search(_EXAMPLE, before):
            yield from _claim(header, line, header.start() <= first, below, scale)


def _row_claims(line: str) -> Iterator[_Claim]:
    label, *cells = [cell.strip() for cell in line.strip("| ").split("|")]
    words = _words(label)
    if words <= _NEUTRAL | {"score"} and words & (_FINAL | {"score"}):
        numbers = [cell for cell in cells if re.fullmatch(_VALUE, cell)]
        if numbers:
            # Two numbers joined like this are refused as soon as the claim is read.
            yield _Claim(" & ".join(numbers[:9]), final=bool(words & _FINAL))


def _names_a_part(header: re.Match[str]) -> bool:
    """Whether this is the score of one criterion, or no score at all (``maximum score: 10``)."""
    words = header["words"].lower().split()
    note = (header["note"] or "").lower()
    if not _BARRED.isdisjoint(words):
        return True
    if note and not re.search("[0-9]", note) and _FINAL.isdisjoint(note.split()):
        return True
    if not words or words[-1] in _NEUTRAL or not _FINAL.isdisjoint(words):
        return False
    shouted = "SCORE" in header[0] and header["sep"] == ":"
    return not shouted or header["words"].split()[-1].isupper()


def _claim(
    header: re.Match[str], line: str, starts: bool, below: str, scale: ScoreRange
) -> Iterator[_Claim]:
    said = line[header.end() : header.end() + _LONGEST_VALUE]
    note = header["note"] or ""
    named = _words(f"{header['words']} {header['bare'] or ''} {note}")
    final = not _FINAL.isdisjoint(named)
    if not said:
        if starts and _answers_header(below):
            yield _Claim(below[:_LONGEST_VALUE], note, final)
    elif _is_echo(said, scale):
        return
    elif header["bare"] or not header["sep"]:
        if _is_terse(said) and (starts or not header["bare"]):
            yield _Claim(said, note, final)
    elif header["sep"].lower() in ("is", "of", "-", "—"):
        around = line[max(0, header.start() - 60) : header.end() + 60]
        if (
            re.match(_STARTS_AS_NUMBER, said)
            and not re.search(_HEDGE, around)
            and not _of_a_part(said)
        ):
            yield _Claim(said, note, final)
    elif starts or re.match(_STARTS_AS_NUMBER, said) or re.match(_VALUE, said):
        alone = starts and header["sep"] == ":" and not named
        yield _Claim(said, note, final, alone and _is_whole(said))


def _answers_header(line: str) -> bool:
    value = re.match(_VALUE, line)
    return value is not None and (value.end() == len(line.rstrip(" .!")) or bool(value["whole"]))


def _is_echo(said: str, scale: ScoreRange) -> bool:
    """Whether the instructions are repeated: a placeholder, or the range itself."""
    span = re.fullmatch(_SPAN, said.rstrip(" .)"))
    if span:
        return (float(span[1]), float(span[2])) == scale
    return re.match(_PLACEHOLDER, said) is not None


def _is_terse(said: str) -> bool:
    """Whether a number ends the phrase, as it must where no word or sign leads up to it."""
    value = re.match(_VALUE, said)
    if value is None:
        return re.match(_STARTS_AS_NUMBER, said) is not None and not re.search(_LETTER, said)
    return bool(value["whole"]) or re.match(_PHRASE_END, said[value.end() :]) is not None


def _of_a_part(said: str) -> bool:
    value = re.match(_VALUE, said)
    return value is not None and re.match(_PART, said[value.end() :]) is not None


def _is_whole(said: str) -> bool:
    """Whether a line says nothing but the score, or nothing but that there is no clear one."""
    value = re.match(_VALUE, said)
    if value is None:
        return re.match(_STARTS_AS_NUMBER, said) is not None or len(said.split()) <= 3
    rest = said[value.end() :]
    return len(said) < _LONGEST_VALUE and not re.search(_WORDY, rest)


def _weightiest(claims: list[_Claim]) -> _Claim:
    return next((claim for claim in reversed(claims) if claim.final), claims[-1])


def _refuse_parts(chosen: _Claim, claims: list[_Claim], scale: ScoreRange) -> None:
    """Refuse the last of ``1/1``, ``2/3``...: no one of these is the result."""
    wholes = {_whole(claim) for claim in claims if re.match(_VALUE, claim.said)} - {None}
    if not chosen.final and len(wholes) > 1 and _whole(chosen) not in (None, scale.high):
        raise ParseError(
            f"only scores of parts, with different maxima; the last is '{chosen.said}'"
        )


def _stands_alone(lines: list[str], scale: ScoreRange) -> bool:
    """Whether the last line is a bare number that nothing above it can be the score instead of."""
    spoken = any(re.search(r"\bscores?\b", line, re.I) and not _opens(line) for line in lines[:-1])
    return bool(re.fullmatch(_BARE, lines[-1])) and not spoken and not _is_triple(lines[-1], scale)


def _opens(line: str) -> bool:
    headers = [header for header in re.finditer(_HEADER, line) if not _names_a_part(header)]
    return bool(headers) and headers[-1].end() == len(line)


def _whole(claim: _Claim) -> float | None:
    """Return y of ``x/y``; a note such as ``(out of 5)`` gives it too."""
    value = re.match(_VALUE, claim.said)
    if value and value["whole"]:
        return float(value["whole"])
    numbers = re.findall(_NUMBER, re.sub(_SPAN, r"\2", claim.note))
    return float(numbers[-1]) if numbers else None


def _read(claim: _Claim, scale: ScoreRange) -> float:
    """Read the number of a claim as a score of ``scale``, or raise ``ParseError``."""
    value = re.match(_VALUE, claim.said)
    if value is None:
        raise ParseError(f"the score reads '{_short(claim.said)}', which is not one plain number")
    if value["percent"] and scale != (0, 100):
        raise ParseError(f"the score {value[0]} is a percentage, the range is {_range(scale)}")
    if value["third"]:
        return _mean([value["number"], value["second"], value["third"]], scale)
    if not value["whole"] and _is_triple(value["number"], scale):
        return _mean(list(value["number"]), scale)
    whole = _whole(claim)
    if not value["whole"] and whole != scale.high and re.search(_SPAN, claim.note):
        raise ParseError(f"the score is given on the range {claim.note}, not {_range(scale)}")
    return _scaled(float(value["number"]), scale.high if whole is None else whole, scale)


def _is_triple(number: str, scale: ScoreRange) -> bool:
    """Whether these are three marks; ``100`` is more likely a percentage, so it is out of range."""
    return scale.high <= 10 and number != "100" and re.fullmatch("[0-9]{3}", number) is not None


def _mean(marks: list[str], scale: ScoreRange) -> float:
    return sum(_within(float(mark), scale) for mark in marks) / len(marks)


def _scaled(number: float, whole: float, scale: ScoreRange) -> float:
    if whole == scale.high:
        return _within(number, scale)
    if not 0 <= number <= whole or whole == 0:
        raise ParseError(f"the score {number:.15g}/{whole:.15g} is not a part of a whole")
    share = scale.low + number / whole * (scale.high - scale.low)
    return min(max(share, scale.low), scale.high)


def _within(number: float, scale: ScoreRange) -> float:
    if not scale.low <= number <= scale.high:
        raise ParseError(f"the score {_short(str(number))} is out of the range {_range(scale)}")
    return float(number)


def _range(scale: ScoreRange) -> str:
    return f"{scale.low:.15g} to {scale.high:.15g}"


def _absent(lines: list[str], count: int) -> ParseError:
    if not lines:
        return ParseError("no score: the answer is blank")
    last = _short(lines[-1])
    return ParseError(f"no score in the last {count} non-empty lines; the last line is '{last}'")


def _short(text: str) -> str:
    shown = " ".join(text[:400].split())
    return shown if len(shown) <= 80 else shown[:77] + "..."
