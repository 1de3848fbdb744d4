"""An evaluator's answer as plain lines: no thinking, markup, LaTeX or invisible characters.

Everything that a reader does not see, or sees as mere decoration, is taken away here, so that the
other modules of the score parser deal with words, signs and ASCII digits only.
"""

import html
import re
import unicodedata
from collections import deque
from typing import NamedTuple

from daydream.errors import ParseError
from daydream.formats import one_line
from daydream.parsers.score_words import with_english_headers, with_maxima_in_digits
from daydream.parsers.thinking import split_thinking

_LONGEST_LINE = 10_000
QUOTES = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d\u300e\u300f\u2039\u203a"
_MARKUP = "*_`#$\\"
_WIDE = {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F) if chr(code) not in _MARKUP}
_DASHES = {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{MULTIPLICATION SIGN}": "x"}
_SIGNS = {"\N{FRACTION SLASH}": "/", "\N{DIVISION SLASH}": "/", "\u2236": ":", "\ufe55": ":"}
_SIGNS |= {"\u066b": ".", "\u301c": "~", **dict.fromkeys("\N{MIDDLE DOT}\u22c5\u2219", "x")}
_HALVES = {"\N{VULGAR FRACTION ONE HALF}": ".5"}
_HALVES |= {"\N{VULGAR FRACTION ONE QUARTER}": ".25", "\N{VULGAR FRACTION THREE QUARTERS}": ".75"}
_EMOJI = dict.fromkeys([*range(0x2600, 0x27C0), *range(0x1F300, 0x1FB00), 0x2B50, 0x2B55], " ")
_DECORATION = _EMOJI | str.maketrans(
    dict.fromkeys(_MARKUP + QUOTES, " ") | _DASHES | _SIGNS | _WIDE
)
# Zero-width, direction and variation marks, soft hyphen, byte order mark, keycap.
_RANGES = ((0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2070), (0xFE00, 0xFE10))
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x61C, 0x180E, 0x20E3, 0xFEFF, *(code for pair in _RANGES for code in range(*pair))]
)

# Patterns are compiled when first used, which keeps the import of this module cheap.
WORDY = r"[^\W_]"
_LATEX_FRACTION = r"\\[dt]?frac ?\{ ?([^{}]{1,20}) ?\} ?\{ ?([^{}]{1,20}) ?\}"
_LATEX_COMMAND = (
    r"\\(?:text(?:bf|it|rm|sf|tt)?|math(?:bf|rm|it|sf)|boxed|operatorname|displaystyle|bf|rm"
    r"|[lL]arge|LARGE|[hH]uge|quad|qquad|left|right)(?![A-Za-z])|\\[,;:! ()\[\]]"
)
_TIMES = r"\\(?:cdot|times)(?![A-Za-z])"
_ELEMENT = (
    r"(?i)<((?:final|overall|total)?[_ -]?(?:score|rating))(\s[^<>()]{0,60})?>([^<>]{1,60})</\1>"
)
_STRUCK = r"(?i)~~[^~\n]{1,200}~~|<(del|s|strike)>[^<>\n]{1,200}</\1>"
_INLINE_TAG = r"(?i)</?(?:b|i|u|em|strong|span|font|code|mark)(?:\s[^<>]{0,80})?>"
_BLOCK_TAG = r"(?i)</?(?:p|div|br|li|ul|ol|h[1-6]|hr|center|body|html)(?:\s[^<>]{0,80})?/?>"
_MIXED = r"(?<![0-9.,/])(?:([0-9]{1,3}) ?)?([½¼¾])(?![0-9.,½¼¾])"


class Line(NamedTuple):
    """A line that holds a letter or a digit: as written, as plain text, and its code fence or 0."""

    raw: str
    plain: str
    fence: int = 0


def without_thinking(text: str) -> str:
    """Return an answer without its thinking blocks; all thinking is a ``ParseError``."""
    answer = split_thinking(text)
    if answer.unclosed is not None and not answer.text.strip():
        raise ParseError(
            "the answer is all thinking: its first block is never closed", "all_thinking"
        )
    return answer.text + (answer.unclosed or "")


def visible(text: str) -> str:
    """Return a text without invisible characters, HTML and what is struck through.

    ``<score>7</score>`` becomes a score line.
    """
    shown = re.sub(_STRUCK, " ", _without_quotes_around(text.translate(_INVISIBLE)))
    return re.sub(_ELEMENT, _as_line, re.sub(_BLOCK_TAG, "\n", re.sub(_INLINE_TAG, " ", shown)))


def _without_quotes_around(text: str) -> str:
    """Return an answer of several lines without the quotation marks that hold all of it."""
    answer = text.strip()
    lines = answer.splitlines()
    if len(lines) < 2 or answer[0] not in QUOTES or answer[-1] not in QUOTES:
        return text
    is_open = all(sum(map(line.count, QUOTES)) % 2 for line in (lines[0], lines[-1]))
    return answer[1:-1] if is_open else text


def _as_line(element: re.Match[str]) -> str:
    before = element.string[max(0, element.start() - 200) : element.start()].rstrip(" \t")
    header = re.sub("(?i)rating", "score", element[1]).replace("_", " ").upper()
    note = f" ({element[2].strip().replace('=', ' ')})" if element[2] else ""
    line = f"{header}{note}: {' '.join(element[3].split())}"
    return f"\n{line}\n" if not before or before[-1] in ">\n" else line


def last_lines(text: str, count: int) -> list[Line]:
    """Return up to ``count`` last lines that hold a letter or a digit, in their order."""
    fence, inside = 0, False
    kept: deque[tuple[str, int]] = deque(maxlen=count)
    for line in text.splitlines():
        if line.lstrip()[:3] in ("```", "~~~"):
            inside = not inside
            fence += inside
        if re.search(WORDY, line):
            kept.append((line, fence if inside else 0))
    return [Line(line, plain(line), number) for line, number in kept]


def plain(line: str) -> str:
    """Return a line without emphasis, LaTeX, quotes and runs of blanks; digits are ASCII."""
    line = line[-_LONGEST_LINE:].translate(_INVISIBLE)
    if "\\" in line:
        line = _without_latex(line)
    if "&" in line:
        line = html.unescape(line)
    if not line.isascii():
        line = re.sub(_MIXED, lambda mixed: f"{mixed[1] or 0}{_HALVES[mixed[2]]}", line)
        line = "".join(map(_ascii_digit, line))
    words = " ".join(line.translate(_DECORATION).split())
    return with_english_headers(with_maxima_in_digits(words))


def _without_latex(line: str) -> str:
    line = re.sub(_TIMES, " x ", re.sub(_LATEX_FRACTION, r"\1/\2", line))
    line = re.sub(_LATEX_COMMAND, " ", line)
    return re.sub(r"(?<!\\)[{}]", " ", line)


def _ascii_digit(character: str) -> str:
    if character.isascii() or not character.isdecimal():
        return character
    return str(unicodedata.decimal(character))


def absent(lines: list[str], count: int, what: str = "score") -> ParseError:
    """Return the error of an answer whose last ``count`` lines state no score, or what it is."""
    if not lines:
        return ParseError(f"no {what}: the answer is blank", "blank")
    last = one_line(lines[-1])
    message = f"no {what} in the last {count} non-empty lines; the last line is '{last}'"
    return ParseError(message, f"no_{what}")
