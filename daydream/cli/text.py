"""Texts of the store as a terminal may show them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from daydream.store.layout import Layout
from daydream.store.membership import Member

# What a model writes must not move the cursor of the terminal it is read in.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """The text without control characters and without blank lines at its end."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.rstrip("\n"))


def lines_of(what: str, path: str) -> Iterator[str]:
    """A file's text under a line that names it; nothing when there is no file."""
    content = _read(path)
    if content is not None:
        yield f"---- {what} ({path})"
        yield printable(content)


def result_of(layout: Layout, judgement: Member) -> str:
    """The score or the verdict as parsed.txt has it; "-" when there is none."""
    text = _read(layout.parsed(judgement.stage, judgement.gen_id))
    return "-" if text is None else printable(text.strip()).removesuffix(".0")


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
