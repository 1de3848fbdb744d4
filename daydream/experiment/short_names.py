"""Names in little room: shortened so that each can still be recognised, and no two alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from daydream.experiment.concept_names import AND

_GAP = re.compile(r"\s+")
_JOINT = re.compile(r"(?:[\s_/:-]|\.(?!\d))+")  # where parts of an id meet; 4.6 is one part


def short_names(names: Iterable[str], most: int, *, are_joined: bool = False) -> list[str]:
    """Each name in at most so many characters, no two alike.

    Args:
        names: of the levels of one axis.
        most: characters of each.
        are_joined: whether they are combinations, of which each concept is to be recognised.
    """
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        found.append(_free(name, taken, most, _joined if are_joined else shorten))
        taken.add(found[-1])
    return found


def shorten(text: str, most: int) -> str:
    """Text of at most so many characters; the middle is left out, as ids differ at their ends.

    Cut between words, or else between the parts of an id, so that half of the room is used; else
    the words of one end that have room. Cut within a word only where none has room.
    """
    if len(text) <= most:
        return text
    return _between(text, most) or _one_end(text, most) or _within(text, most)


def _between(text: str, most: int) -> str:
    tail = (most - 1) // 3
    for joint, needs_end in ((_GAP, False), (_JOINT, True)):
        gaps = list(joint.finditer(text))
        last = next((text[g.end() :] for g in gaps if len(text) - g.end() <= tail), "")
        room = most - 1 - len(last)
        first = next((text[: g.start()] for g in reversed(gaps) if g.start() <= room), "")
        if first and (last or not needs_end) and len(first) + len(last) >= most / 2:
            return f"{first}…{last}"
    return ""


def _one_end(text: str, most: int) -> str:
    gaps = list(_GAP.finditer(text))
    first = next((text[: g.start()] for g in reversed(gaps) if g.start() < most), "")
    last = next((text[g.end() :] for g in gaps if len(text) - g.end() < most), "")
    if not first and not last:
        return ""
    return f"{first}…" if len(first) >= len(last) else f"…{last}"


def _within(text: str, most: int) -> str:
    tail = (most - 1) // 3
    return f"{text[: most - 1 - tail]}…{text[len(text) - tail :]}"


def _joined(name: str, most: int) -> str:
    """A combination in which each concept is shortened alike, so that all can be recognised."""
    concepts = name.split(AND)
    if len(name) <= most or len(concepts) < 2:
        return shorten(name, most)
    room = most - len(AND) * (len(concepts) - 1)
    fitting = (n for n in range(room, 3, -1) if sum(min(len(c), n) for c in concepts) <= room)
    each = next(fitting, None)
    return AND.join(shorten(c, each) for c in concepts) if each else shorten(name, most)


def _free(name: str, taken: set[str], most: int, fit: Callable[[str, int], str]) -> str:
    label, number = fit(name, most), 1
    while label in taken:
        number += 1
        end = f" ({number})"
        label = fit(name, most - len(end)) + end
    return label
