"""Stored texts made safe for a terminal: control characters removed, long lines wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from daydream.formats import printable
from daydream.store.layout import Layout
from daydream.store.membership import Member


def lines_of(what: str, path: str) -> Iterator[str]:
    """A file's text under a line that names it; nothing when there is no file."""
    content = _read(path)
    if content is not None:
        yield f"---- {what} ({path})"
        yield printable(content.rstrip("\n"))


def result_of(layout: Layout, judgement: Member) -> str:
    """The score, the marks or the verdict as parsed.txt has it; "-" when there is none."""
    text = _read(layout.parsed(judgement.stage, judgement.gen_id))
    return (
        "-"
        if text is None
        else ", ".join(printable(line).removesuffix(".0") for line in text.strip().splitlines())
    )


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
