"""Texts of models as a page can show them, and links to their files."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

LONGEST = 200_000  # characters of one text on a page; its file has all
TITLE = 90
# A browser shows none of these, or another character than the file has.
# Overrides of direction (202a to 202e) would show the letters after them in another order.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile(r"\r\n?")


class Shown(NamedTuple):
    """A text without control characters; ``left`` is how many of its characters are not shown."""

    text: str
    left: int = 0


def printable(text: str) -> str:
    """The text with a replacement character for every control character."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _LINE_ENDS.sub("\n", text)).rstrip()


def shown(text: str) -> Shown:
    """A text as a page shows it."""
    return Shown(printable(text[:LONGEST]), max(0, len(text) - LONGEST))


def read_shown(path: str) -> Shown | None:
    """A file's text, whatever its bytes are; None when it cannot be read."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return shown(file.read())
    except OSError:
        return None


def title_of(text: str) -> str:
    """The first line of a text that says something, shortened."""
    lines = (line.strip(" #*_=-\t") for line in text.splitlines())
    first = next((line for line in lines if line), "")
    return first if len(first) <= TITLE else f"{first[: TITLE - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def plural(count: int, noun: str) -> str:
    """1 essay, 2 essays."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def link(path: str) -> str:
    """A relative path as a URL."""
    return quote(path)
