"""The title of an essay, as a short name, and its first paragraph."""

from __future__ import annotations

import re
from typing import NamedTuple

NAME_LENGTH = 60
MIN_LENGTH = 15  # of a name that ends where a clause of a longer line does

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,40}>")
_WRAPPED = re.compile(r"^(?:(\*{1,3}|_{1,3})(?=\S).*\S\1|<(h\d|title)>.*</\2>)$", re.IGNORECASE)
_LABEL = re.compile(r"(?i)^(?:the )?(?:essay )?(?:title|essay|topic)\s*[:\u2013\u2014-]\s*(?=\S)")
_EMPTY_LABEL = re.compile(r"(?i)^(?:(?:the )?(?:essay|title|essay title|draft))\s*:?$")
# A model's words to whoever asked: "Sure! Here is the essay:"
_ADDRESS = re.compile(
    r"(?i)^(?:(?:sure|certainly|of course|absolutely)(?:!|\b.*:$)|here(?:['\u2019]s| is)\b.*:$)"
)
_SENTENCE_END = tuple(".!?:;,\u2026\u3002\uff01\uff1f")
_QUOTES = "\"'\u201c\u201d\u2018\u2019\u00ab\u00bb\u300a\u300b"


class Opening(NamedTuple):
    """An essay's title, or else its first words, as a short name; the first paragraph behind it."""

    name: str
    paragraph: str


def read_opening(text: str) -> Opening:
    """Find the title of an essay, however it is marked, and the first paragraph behind it."""
    lines = [line.strip() for line in text.splitlines()]
    written = [n for n, line in enumerate(lines) if _has_words(line)] or [0]
    first = next((n for n in written if not _is_passed_over(lines[n])), written[0])
    is_title = first != written[-1] and _is_title(*lines[first : first + 2])
    name = _short(_plain(lines[first])) or lines[first]
    return Opening(name, _paragraph(lines[first + is_title :]))


def _is_passed_over(line: str) -> bool:
    plain = _unmarked(line)
    return bool(_EMPTY_LABEL.match(plain) or _ADDRESS.match(plain))


def _is_title(line: str, following: str) -> bool:
    """Whether a line is marked as a title, or stands alone without the end of a sentence."""
    plain = _unmarked(line)
    if line.startswith("#") or _WRAPPED.match(line) or _LABEL.match(plain):
        return True
    is_short = len(line) <= 2 * NAME_LENGTH and not line.endswith(_SENTENCE_END)
    return is_short and not _has_words(following)


def _unmarked(line: str) -> str:
    """A line without what Markdown and HTML put around its words."""
    bare = re.sub(r"\*+|__+|`", "", _TAG.sub("", line))
    return " ".join(bare.strip("#_>~= \t").split())


def _plain(line: str) -> str:
    title = _LABEL.sub("", _unmarked(line)).strip(" #")
    inner = title.strip(_QUOTES)
    return inner if len(title) - len(inner) == 2 else title  # one around it: quotes of the title


def _short(title: str) -> str:
    """A title that fits; else up to the end of a clause, or of a word with three dots."""
    if len(title) <= NAME_LENGTH:
        return title.rstrip(".:;, ")
    beginning = title[: NAME_LENGTH + 1]  # with what follows the last word that fits
    clauses = re.findall(r"^.*\w(?=[,;:.]\s|\s[\u2013\u2014-]\s)", beginning)
    if clauses and len(clauses[0]) >= MIN_LENGTH:
        return str(clauses[0])
    return beginning.rsplit(" ", 1)[0][:NAME_LENGTH] + " ..."


def _paragraph(lines: list[str]) -> str:
    words = "\n".join(line for line in lines if not line or _has_words(line))
    blocks = [block.strip() for block in re.split(r"\n{2,}", words) if block.strip()]
    bodies = (block for block in blocks if not block.startswith("#"))
    return next(bodies, blocks[0] if blocks else "\n".join(lines))


def _has_words(line: str) -> bool:
    """Whether a line is more than a rule or the underline of a title."""
    return any(map(str.isalnum, line))
