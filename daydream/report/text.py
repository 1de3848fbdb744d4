"""Models' texts made safe for a page, and links to their files."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from daydream.formats import printable

MAX_CHARACTERS = 200_000  # characters of one text on a page; its file has all
TITLE = 90


class DisplayText(NamedTuple):
    """A text without control characters; ``left`` is how many of its characters are not shown."""

    text: str
    left: int = 0


def display_text(text: str) -> DisplayText:
    """A text as a page shows it."""
    return DisplayText(
        printable(text[:MAX_CHARACTERS]).rstrip(), max(0, len(text) - MAX_CHARACTERS)
    )


def read_display_text(path: str) -> DisplayText | None:
    """A file's text, whatever its bytes are; None when it cannot be read."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return display_text(file.read())
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


def size(count: int) -> str:
    """A number of bytes as a person reads it: 900 bytes, 1.2 kB, 34 MB."""
    amount, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    is_short = unit == "bytes" or amount >= 10
    return f"{amount:,.0f} {unit}" if is_short else f"{amount:,.1f} {unit}"


def link(path: str) -> str:
    """A relative path as a URL."""
    return quote(path)
