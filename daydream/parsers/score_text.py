"""An evaluator's answer as text: its last lines without thinking or markup, and how to quote it."""

import re

from daydream.errors import ParseError
from daydream.parsers.thinking import split_thinking

_LONGEST_LINE = 10_000
_QUOTES = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_FULL_WIDTH = {0xFF00 + code - 0x20: chr(code) for code in b"0123456789:=/."}
_DASHES = {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{MULTIPLICATION SIGN}": "x"}
_DECORATION = str.maketrans(
    dict.fromkeys("*_`#$\\\u200b\ufeff" + _QUOTES, " ") | _DASHES | _FULL_WIDTH
)

# Patterns are compiled when first used, which keeps the import of this module cheap.
WORDY = r"[^\W_]"


def without_thinking(text: str) -> str:
    """Return an answer without its thinking blocks; all thinking is a ``ParseError``."""
    answer = split_thinking(text)
    if answer.unclosed is not None and not answer.text.strip():
        raise ParseError("the answer is all thinking: its first block is never closed")
    return answer.text + (answer.unclosed or "")


def last_lines(text: str, count: int) -> list[str]:
    """Return up to ``count`` last lines that hold a letter or a digit, in their order."""
    kept: list[str] = []
    for line in reversed(without_thinking(text).splitlines()):
        if re.search(WORDY, line):
            kept.append(line)
            if len(kept) == count:
                break
    return kept[::-1]


def plain(line: str) -> str:
    """Return the line without emphasis, quotes and runs of blanks."""
    return " ".join(line[-_LONGEST_LINE:].translate(_DECORATION).split())


def absent(lines: list[str], count: int, what: str = "score") -> ParseError:
    """Return the error of an answer whose last ``count`` lines state no score, or what it is."""
    if not lines:
        return ParseError(f"no {what}: the answer is blank")
    last = short(lines[-1])
    return ParseError(f"no {what} in the last {count} non-empty lines; the last line is '{last}'")


def short(text: str) -> str:
    """Return the text on one line of at most 80 characters, fit for a message."""
    shown = " ".join(text[:400].split())
    return shown if len(shown) <= 80 else shown[:77] + "..."
