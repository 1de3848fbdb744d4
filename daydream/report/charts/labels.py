"""Placement of the labels of dots, so that they cover neither each other nor other dots."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

LINE = 13.0  # pixels of a line of text
_LETTER, _WIDE_LETTER, _AWAY = 6.3, 12.0, 9.0
_SHIFTS = tuple(sign * LINE * step / 2 for step in range(12) for sign in (-1, 1))


class Dot(NamedTuple):
    """A dot with its vertical line, in pixels from the left and from the top."""

    x: float
    y: float
    top: float
    bottom: float
    text: str


class Place(NamedTuple):
    """Where a text begins, or ends if it stands left of its dot; ``y`` is its middle."""

    x: float
    y: float
    is_left: bool


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def placed(dots: Sequence[Dot], width: float, height: float) -> list[Place]:
    """A place for each label, as near as possible; beside its dot where none is free."""
    taken = [box for dot in dots for box in _marks(dot)]
    found = []
    for dot in dots:
        sides = ((dot, shift, left) for shift, left in product(_SHIFTS, (False, True)))
        boxes = [(_place(*side), _box(*side)) for side in sides]
        free = (
            (place, box)
            for place, box in boxes
            if box.left >= 0
            and box.right <= width
            and box.top >= 0
            and box.bottom <= height
            and not any(box.meets(other) for other in taken)
        )
        place, box = next(free, boxes[0])
        taken.append(box)
        found.append(place)
    return found


def _marks(dot: Dot) -> tuple[_Box, _Box]:
    line = _Box(dot.x - 2, dot.top, dot.x + 2, dot.bottom)
    return line, _Box(dot.x - 6, dot.y - 6, dot.x + 6, dot.y + 6)


def _place(dot: Dot, shift: float, is_left: bool) -> Place:
    return Place(dot.x - _AWAY if is_left else dot.x + _AWAY, dot.y + shift, is_left)


def _box(dot: Dot, shift: float, is_left: bool) -> _Box:
    x, y, _ = _place(dot, shift, is_left)
    left = x - text_width(dot.text) if is_left else x
    return _Box(left, y - LINE / 2, left + text_width(dot.text), y + LINE / 2)


def text_width(text: str) -> float:
    """About how many pixels a text takes."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return wide * _WIDE_LETTER + (len(text) - wide) * _LETTER
