"""Which words of a text stand in another one, too: what an essay takes over from its prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

RUN = 4  # words in a row that both have; fewer are there by the language's own chance
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")


class Segment(NamedTuple):
    """A piece of a text, in order; ``is_shared`` when its words stand in the other text, too."""

    text: str
    is_shared: bool


class SharedWords(NamedTuple):
    """A text in segments that make it up, and how many of its words are in shared ones."""

    segments: tuple[Segment, ...]
    shared: int
    words: int


def shared_words(text: str, other: str) -> SharedWords:
    """Mark the words of ``text`` in runs of four or more that ``other`` has in the same order.

    Case, punctuation and line breaks between words make no difference. Time and memory are linear
    in the lengths of the texts.
    """
    found = list(_WORD.finditer(text))
    words = [match.group().casefold() for match in found]
    known = set(_runs([word.casefold() for word in _WORD.findall(other)]))
    marked = [False] * len(words)
    for at, run in enumerate(_runs(words)):
        if run in known:
            marked[at : at + RUN] = [True] * RUN
    return SharedWords(tuple(_segments(text, found, marked)), sum(marked), len(words))


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]


def _segments(text: str, found: Sequence[re.Match[str]], marked: Sequence[bool]) -> list[Segment]:
    """What is between two marked words is marked with them."""
    segments: list[Segment] = []
    start = 0
    at = 0
    while at < len(found):
        if not marked[at]:
            at += 1
            continue
        last = at
        while last + 1 < len(found) and marked[last + 1]:
            last += 1
        begin, end = found[at].start(), found[last].end()
        segments += [Segment(text[start:begin], False), Segment(text[begin:end], True)]
        start, at = end, last + 1
    segments.append(Segment(text[start:], False))
    return [segment for segment in segments if segment.text]
