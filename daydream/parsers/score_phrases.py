"""Where a line speaks of the score: the headers, what follows them, and what they do not mean."""

import re
from collections.abc import Iterator

from daydream.parsers.score_claim import SPAN, VALUE, Claim
from daydream.parsers.score_quotes import is_mention
from daydream.parsers.score_range import ScoreRange
from daydream.parsers.score_rest import NUMBER
from daydream.parsers.score_sections import GENERAL, labels_a_part
from daydream.parsers.score_text import WORDY, Line

_LONGEST_VALUE = 100
_MAX_HEADERS = 60  # of one line; bounds the time for lines that are a wall of scores

# Patterns are compiled when first used, which keeps the import of this module cheap.
_LETTER = r"[^\W\d_]"
_HEADER = r"""(?ix)(?P<words>(?:\b[^\W\d_]{1,20}\ ){0,3})(?<![\w/.-])
    (?:score\b(?:\ for\ (?:the|this|your)\ \w{1,20})?
      |(?P<bare>(?:final|total|overall|correction|edit)
        (?:\ (?:rating|grade|mark|result|verdict|answer|evaluation|assessment))?)(?=\ ?[:=]))
    (?:\ ?\((?P<note>[^()]{0,60})\))?
    \ ?(?P<sep>is\ ?:|=>|->|→|[:=]|is\b|of\b|-(?=\ )|—)?\ ?"""
_WORDS_BETWEEN = ("is", "of", "-", "—")  # of a sentence, rather than of a result line
_STARTS_AS_NUMBER = r"[-+.]?[0-9]"
_PLACEHOLDER = (
    r"(?i)(?:[xyn](?![\w/])|[xyn] ?/ ?[0-9]|…|\.\."
    r"|[<\[{(] ?(?:[^\W\d]|[0-9.]{1,9} ?(?:-|to) ?[0-9]))"
)
_EXAMPLE = r"(?i)\b(?:e\.g\.?|examples?|such as|like)\W"
_RUBRIC = r"(?i)^\)? ?(?:=|means?\b|stands for\b|indicates?\b|denotes?\b|would (?:mean|be)\b)"
_HEDGE = (
    r"(?i)\b(?:if|unless|only|not|cannot|could|might|may|rather|instead|than|means?|requires?"
    r"|(?<!\bi )would|[0-9] (?:or|and) (?:more|higher|above|better|less|lower|below|worse|up))\b"
)
_HEDGE_BEFORE = (
    r"(?i)\b(?:first|initially|originally|previously|colleagues?|others|someone|another)\b"
    r"|\b(?:almost|nearly|close to|below|above|under|beyond)(?: \w+){0,3} ?$"
)
_PART = r"(?i)\W{0,3}(?:points?\W)?for (?!(?:the|this|that|its?|your|an?)\b)"
_GIVEN = (
    r"(?i)\b(?:I|my|we|our|essay|text|response|it|this|piece|submission|idea|answer|draft|work|final"
    r"|overall|total|thus|hence|therefore|so|assigned|given?|giving|awarding)\b|^\W*(?:an? )?$"
)
_GOES_ON = r"(?i)(?:or|to|maybe|perhaps|-|~)(?: \w{1,8})? ?[0-9][0-9./]{0,8}\W{0,3}"
_QUALITY = r"(?i)\b([^\W\d_]{1,20}) (?:of|in) (?:[^\W\d_]{1,20} ){1,3}$"  # depth of the idea
_NAMED = (
    r"\b(?i:essay|response|text|idea|answer|candidate|critic|judge|reviewer|rater|expert)"
    r"[ -](?:[A-Z]|[0-9]{1,3}) ?$"
)
_MARKED = r"(?:\[ ?\[ ?|\( ?\( ?)(?P<stated>[-+.0-9][^\[\]()]{0,30}?)(?: ?\] ?\]| ?\) ?\))"
_BOXED = r"\\boxed ?\{ ?([-+.0-9][^{}]{0,30})\}"
# What may stand before the number of a line that says nothing else: about 7, B+ (8/10). Not a
# tilde, which is "up to" for some.
_ABOUT = (
    r"(?i)(?:about|around|roughly|approx(?:imately|\.)?|circa|ca\.) "
    rf"(?P<stated>{NUMBER}(?: ?(?:/|out of) ?{NUMBER})?)[ .!]{{0,3}}"
)
_LETTER_GRADE = rf"[A-F][+-]? ?\( ?(?P<stated>{NUMBER} ?/ ?(?P<whole>{NUMBER})) ?\)[ .!]{{0,3}}"
_PHRASE_END = r" ?(?:$|[.;!)\]](?: |$)|\()"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


_FINAL = _words("final total overall revised adjusted corrected correction edit consensus")
_NEUTRAL = _FINAL | _words(
    """a an the my our your its this that and so is it grand combined aggregate composite weighted
    average mean evaluation evaluator assessment essay idea response text assigned given numeric
    numerical single"""
)
_BARRED = _words(
    """maximum max minimum min possible perfect highest lowest previous initial target passing
    example sub partial"""
)


def claims_of(line: Line, scale: ScoreRange, below: str = "") -> Iterator[Claim]:
    """Yield what a line says about the score, from left to right, but not what it only quotes."""
    text = line.plain
    if text.startswith("|"):
        yield from _row_claims(text)
    yield from _marked_claims(line)
    letter = re.search(_LETTER, text)
    first = letter.start() if letter else len(text)
    for header in list(re.finditer(_HEADER, text))[-_MAX_HEADERS:]:
        leads = header.start() <= first
        before = text[max(0, header.start() - 100) : header.start()]
        if _names_a_part(header, leads, before) or re.search(_EXAMPLE, before[-40:]):
            continue
        for claim in _claim(header, text, leads, below, scale):
            if labels_a_part(before):
                continue
            if not is_mention(line, f"{before}{header['words']}", claim.stated[:20]):
                yield claim


def _row_claims(line: str) -> Iterator[Claim]:
    label, *cells = [cell.strip() for cell in line.strip("| ").split("|")]
    words = _words(label)
    if words <= _NEUTRAL | {"score"} and words & (_FINAL | {"score"}):
        numbers = [cell for cell in cells if re.fullmatch(VALUE, cell)]
        if numbers:
            # Two numbers joined like this are refused as soon as the claim is read.
            alone = len(numbers) == 1
            yield Claim(" & ".join(numbers[:9]), "", bool(words & _FINAL), alone, leads=True)


def _marked_claims(line: Line) -> Iterator[Claim]:
    """Yield a result by its marks alone: a line ``[[7]]`` or ``((7))``, or a LaTeX box."""
    marked = re.fullmatch(_MARKED, line.plain.strip(" .!->"))
    if marked:
        yield Claim(marked["stated"], exact=True, leads=True, requested=True)
    elif "\\boxed" in line.raw:
        raw = line.raw[-10_000:]
        if not re.search(_LETTER, line.plain):
            yield Claim(line.plain, exact=True, leads=True, requested=True)
        for boxed in list(re.finditer(_BOXED, raw))[-_MAX_HEADERS:]:
            yield Claim(boxed[1], exact=True, leads=True, requested=True)


def _names_a_part(header: re.Match[str], leads: bool, before: str = "") -> bool:
    """Whether this is the score of one criterion, or no score at all (``maximum score: 10``)."""
    words = header["words"].lower().split()
    note = (header["note"] or "").lower()
    if not _BARRED.isdisjoint(words) or re.search(_NAMED, f"{before}{header['words']}"):
        return True
    if note and not re.search("[0-9]", note) and _FINAL.isdisjoint(note.split()):
        return True
    if not words or not _FINAL.isdisjoint(words):
        return False
    quality = re.search(_QUALITY, f"{before}{header['words']}")
    if quality and quality[1].lower() not in GENERAL:
        return True
    if words[-1] in _NEUTRAL:
        return False
    shouted = "SCORE" in header[0] and header["sep"] == ":"
    return leads or not shouted or header["words"].split()[-1].isupper()


def _claim(
    header: re.Match[str], line: str, leads: bool, below: str, scale: ScoreRange
) -> Iterator[Claim]:
    stated = line[header.end() : header.end() + _LONGEST_VALUE]
    if leads and header["sep"] and header["sep"].lower() not in _WORDS_BETWEEN:
        stated = _undressed(stated, scale)
    on_line_below = not stated and leads and _answers_header(below)
    if on_line_below:
        stated = below[:_LONGEST_VALUE]
    if not stated or not (on_line_below or _states(header, line, stated, leads, scale)):
        return
    if re.fullmatch(_GOES_ON, below):
        stated = f"{stated} {below}"
    note = header["note"] or ""
    final = not _FINAL.isdisjoint(_words(f"{header['words']} {header['bare'] or ''} {note}"))
    exact = leads and _is_whole(stated) and header["sep"] not in ("is", "of")
    requested = "SCORE" in header[0]
    yield Claim(stated, note, final, exact, leads, requested, named=not header["bare"])


def _undressed(stated: str, scale: ScoreRange) -> str:
    """A number without words that leave no doubt of it; a letter needs the range's own maximum."""
    about, letter = re.fullmatch(_ABOUT, stated), re.fullmatch(_LETTER_GRADE, stated)
    if about:
        return about["stated"]
    return letter["stated"] if letter and float(letter["whole"]) == scale.high else stated


def _states(header: re.Match[str], line: str, stated: str, leads: bool, scale: ScoreRange) -> bool:
    """Whether what follows a header is meant as its score."""
    if _is_echo(stated, scale) or _is_rubric(stated):
        return False
    if header["bare"] or not header["sep"]:
        return _is_terse(stated) and (leads or not header["bare"])
    if header["sep"].lower() in _WORDS_BETWEEN:
        around = line[max(0, header.start() - 60) : header.end() + 60]
        before = line[max(0, header.start() - 100) : header.end("words")]
        of = header["sep"].lower() == "of"
        if re.search(_HEDGE_BEFORE, before) or (of and not re.search(_GIVEN, before)):
            return False
        starts = re.match(_STARTS_AS_NUMBER, stated) is not None
        return starts and not re.search(_HEDGE, around) and not _of_a_part(stated)
    return leads or re.match(_STARTS_AS_NUMBER, stated) is not None or bool(re.match(VALUE, stated))


def _is_rubric(stated: str) -> bool:
    """Whether a number is explained, as in a rubric: ``10 = outstanding``."""
    value = re.match(VALUE, stated)
    return value is not None and re.match(_RUBRIC, stated[value.end() :]) is not None


def _answers_header(line: str) -> bool:
    value = re.match(VALUE, line)
    return value is not None and (value.end() == len(line.rstrip(" .!")) or bool(value["whole"]))


def _is_echo(stated: str, scale: ScoreRange) -> bool:
    """Whether the instructions are repeated: a placeholder, or the range itself."""
    span = re.fullmatch(SPAN, stated.rstrip(" .)"))
    if span:
        return (float(span[1]), float(span[2])) == scale
    return re.match(_PLACEHOLDER, stated) is not None


def _is_terse(stated: str) -> bool:
    """Whether a number ends the phrase, as it must where no word or sign leads up to it."""
    value = re.match(VALUE, stated)
    if value is None:
        return re.match(_STARTS_AS_NUMBER, stated) is not None and not re.search(_LETTER, stated)
    return bool(value["whole"]) or re.match(_PHRASE_END, stated[value.end() :]) is not None


def _of_a_part(stated: str) -> bool:
    value = re.match(VALUE, stated)
    return value is not None and re.match(_PART, stated[value.end() :]) is not None


def _is_whole(stated: str) -> bool:
    """Whether a line says nothing but the score, or nothing but that there is no clear one."""
    value = re.match(VALUE, stated)
    if value is None:
        return re.match(_STARTS_AS_NUMBER, stated) is not None or len(stated.split()) <= 3
    rest = stated[value.end() :]
    return len(stated) < _LONGEST_VALUE and not re.search(WORDY, rest)


def ends_in_header(line: str) -> bool:
    """Whether the last header of a line has nothing after it: its number may stand below."""
    headers = [h for h in re.finditer(_HEADER, line) if not _names_a_part(h, h.start() == 0)]
    return bool(headers) and headers[-1].end() == len(line)
