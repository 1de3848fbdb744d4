"""Where a line speaks of the score: the headers, what follows them, and what they do not mean."""

import re
from collections.abc import Iterator

from daydream.parsers.score_claim import SPAN, VALUE, Claim
from daydream.parsers.score_range import ScoreRange
from daydream.parsers.score_text import WORDY

_LONGEST_VALUE = 100

# Patterns are compiled when first used, which keeps the import of this module cheap.
_LETTER = r"[^\W\d_]"
_HEADER = r"""(?ix)(?P<words>(?:\b[^\W\d_]{1,20}\ ){0,3})(?<![\w/.-])
    (?:score\b(?:\ for\ (?:the|this|your)\ \w{1,20})?
      |(?P<bare>(?:final|total|overall)(?:\ (?:rating|grade|mark|result))?)(?=\ ?[:=]))
    (?:\ ?\((?P<note>[^()]{0,60})\))?
    \ ?(?P<sep>is\ ?:|=>|->|→|[:=]|is\b|of\b|-(?=\ )|—)?\ ?"""
_STARTS_AS_NUMBER = r"[-+.]?[0-9]"
_PLACEHOLDER = (
    r"(?i)(?:[xyn](?![\w/])|[xyn] ?/ ?[0-9]|…|\.\."
    r"|[<\[{(] ?(?:[^\W\d]|[0-9.]{1,9} ?(?:-|to) ?[0-9]))"
)
_EXAMPLE = r"(?i)\b(?:e\.g\.?|examples?|such as)\W"
_HEDGE = (
    r"(?i)\b(?:if|unless|only|not|cannot|could|might|may|rather|instead|than|means?|requires?"
    r"|(?<!\bi )would)\b"
)
_PART = r"(?i)\W{0,3}(?:points?\W)?for (?!(?:the|this|that|its?|your|an?)\b)"
_PHRASE_END = r" ?(?:$|[.;!)\]](?: |$)|\()"


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


def claims_of(line: str, scale: ScoreRange, below: str = "") -> Iterator[Claim]:
    """Yield what the line says about the score, from left to right."""
    if line.startswith("|"):
        yield from _row_claims(line)
    letter = re.search(_LETTER, line)
    first = letter.start() if letter else len(line)
    for header in re.finditer(_HEADER, line):
        before = line[max(0, header.start() - 40) : header.start()]
        if not _names_a_part(header) and not re.search(_EXAMPLE, before):
            yield from _claim(header, line, header.start() <= first, below, scale)


def _row_claims(line: str) -> Iterator[Claim]:
    label, *cells = [cell.strip() for cell in line.strip("| ").split("|")]
    words = _words(label)
    if words <= _NEUTRAL | {"score"} and words & (_FINAL | {"score"}):
        numbers = [cell for cell in cells if re.fullmatch(VALUE, cell)]
        if numbers:
            # Two numbers joined like this are refused as soon as the claim is read.
            yield Claim(" & ".join(numbers[:9]), final=bool(words & _FINAL))


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
) -> Iterator[Claim]:
    said = line[header.end() : header.end() + _LONGEST_VALUE]
    note = header["note"] or ""
    named = _words(f"{header['words']} {header['bare'] or ''} {note}")
    final = not _FINAL.isdisjoint(named)
    if not said:
        if starts and _answers_header(below):
            yield Claim(below[:_LONGEST_VALUE], note, final)
    elif _is_echo(said, scale):
        return
    elif header["bare"] or not header["sep"]:
        if _is_terse(said) and (starts or not header["bare"]):
            yield Claim(said, note, final)
    elif header["sep"].lower() in ("is", "of", "-", "—"):
        around = line[max(0, header.start() - 60) : header.end() + 60]
        if (
            re.match(_STARTS_AS_NUMBER, said)
            and not re.search(_HEDGE, around)
            and not _of_a_part(said)
        ):
            yield Claim(said, note, final)
    elif starts or re.match(_STARTS_AS_NUMBER, said) or re.match(VALUE, said):
        alone = starts and header["sep"] == ":" and not named
        yield Claim(said, note, final, alone and _is_whole(said))


def _answers_header(line: str) -> bool:
    value = re.match(VALUE, line)
    return value is not None and (value.end() == len(line.rstrip(" .!")) or bool(value["whole"]))


def _is_echo(said: str, scale: ScoreRange) -> bool:
    """Whether the instructions are repeated: a placeholder, or the range itself."""
    span = re.fullmatch(SPAN, said.rstrip(" .)"))
    if span:
        return (float(span[1]), float(span[2])) == scale
    return re.match(_PLACEHOLDER, said) is not None


def _is_terse(said: str) -> bool:
    """Whether a number ends the phrase, as it must where no word or sign leads up to it."""
    value = re.match(VALUE, said)
    if value is None:
        return re.match(_STARTS_AS_NUMBER, said) is not None and not re.search(_LETTER, said)
    return bool(value["whole"]) or re.match(_PHRASE_END, said[value.end() :]) is not None


def _of_a_part(said: str) -> bool:
    value = re.match(VALUE, said)
    return value is not None and re.match(_PART, said[value.end() :]) is not None


def _is_whole(said: str) -> bool:
    """Whether a line says nothing but the score, or nothing but that there is no clear one."""
    value = re.match(VALUE, said)
    if value is None:
        return re.match(_STARTS_AS_NUMBER, said) is not None or len(said.split()) <= 3
    rest = said[value.end() :]
    return len(said) < _LONGEST_VALUE and not re.search(WORDY, rest)


def ends_in_header(line: str) -> bool:
    """Whether the last header of a line has nothing after it: its number may stand below."""
    headers = [header for header in re.finditer(_HEADER, line) if not _names_a_part(header)]
    return bool(headers) and headers[-1].end() == len(line)
