"""Names in little room: shortened so that each can still be recognised, and no two alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from daydream.experiment.concept_names import AND

_GAP = re.compile(r"\s+")
_JOINT = re.compile(r"(?:[\s_/:-]|\.(?!\d))+")  # where parts of an id meet; 4.6 is one part


def short_names(names: Iterable[str], max_length: int, *, are_joined: bool = False) -> list[str]:
    """Each name in at most so many characters, no two alike.

    Args:
        names: of the levels of one axis.
        max_length: characters of each, at most.
        are_joined: whether they are combinations, of which each concept is to be recognised.
    """
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        found.append(_free(name, taken, max_length, _joined if are_joined else shorten))
        taken.add(found[-1])
    return found


def shorten(text: str, max_length: int) -> str:
    """Text of at most so many characters; the middle is left out, as ids differ at their ends.

    Cut between words, or else between the parts of an id, so that half of the room is used; else
    the words of one end that have room. Cut within a word only where none has room.
    """
    if len(text) <= max_length:
        return text
    return _between(text, max_length) or _one_end(text, max_length) or _within(text, max_length)


def _between(text: str, max_length: int) -> str:
    tail = (max_length - 1) // 3
    for joint, needs_end in ((_GAP, False), (_JOINT, True)):
        gaps = list(joint.finditer(text))
        last = next((text[g.end() :] for g in gaps if len(text) - g.end() <= tail), "")
        room = max_length - 1 - len(last)
        first = next((text[: g.start()] for g in reversed(gaps) if g.start() <= room), "")
        if first and (last or not needs_end) and len(first) + len(last) >= max_length / 2:
            return f"{first}…{last}"
    return ""


def _one_end(text: str, max_length: int) -> str:
    gaps = list(_GAP.finditer(text))
    first = next((text[: g.start()] for g in reversed(gaps) if g.start() < max_length), "")
    last = next((text[g.end() :] for g in gaps if len(text) - g.end() < max_length), "")
    if not first and not last:
        return ""
    return f"{first}…" if len(first) >= len(last) else f"…{last}"


def _within(text: str, max_length: int) -> str:
    tail = (max_length - 1) // 3
    return f"{text[: max_length - 1 - tail]}…{text[len(text) - tail :]}"


def _joined(name: str, max_length: int) -> str:
    """A combination in which each concept is shortened alike, so that all can be recognised."""
    concepts = name.split(AND)
    if len(name) <= max_length or len(concepts) < 2:
        return shorten(name, max_length)
    room = max_length - len(AND) * (len(concepts) - 1)
    fitting = (n for n in range(room, 3, -1) if sum(min(len(c), n) for c in concepts) <= room)
    each = next(fitting, None)
    return AND.join(shorten(c, each) for c in concepts) if each else shorten(name, max_length)


def _free(name: str, taken: set[str], max_length: int, fit: Callable[[str, int], str]) -> str:
    label, number = fit(name, max_length), 1
    while label in taken:
        number += 1
        end = f" ({number})"
        label = fit(name, max_length - len(end)) + end
    return label
