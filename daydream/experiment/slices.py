"""A slice of a cohort: every n-th of its chains, from the draft to the last evaluation.

Slices let several processes, on several hosts, make one cohort. A chain is never divided, so that
no slice waits for another; comparisons have parents in two chains and come after all slices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from daydream.store.membership import Member


@dataclass(frozen=True)
class Slice:
    """One of ``count`` parts of about the same number of chains; ``number`` counts from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Slice:
        """The slice that ``k/n`` names.

        Raises:
            ValueError: when it names none.
        """
        number, _, count = text.partition("/")
        part = cls(int(number), int(count))
        if not 1 <= part.number <= part.count:
            raise ValueError(f"{text} is no slice")
        return part

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def check_slice(text: Any) -> Any:
    """The text of a slice as it was given, once it is known to name one.

    Raises:
        ValueError: when it names none.
    """
    if isinstance(text, str):
        Slice.parse(text)
    return text


def slice_numbers(members: Iterable[Member], count: int) -> Iterator[tuple[int, Member]]:
    """Each member with the number of its slice, of ``count`` slices.

    A chain's slice follows from the position of its draft; that of an essay from elsewhere, which
    has none, from its own position among such essays; that of an essay that is judged for another
    combo from the essay that it is. A comparison's follows from its position
    among the comparisons.

    Args:
        members: of a cohort, parents before children.
        count: of slices.
    """
    number_of: dict[str, int] = {}
    positions: Counter[str] = Counter()
    for member in members:
        is_child = member.stage != "comparison" and member.parents
        if is_child:
            number = number_of[member.parents[0]]
        else:
            number = positions[member.stage] % count + 1
            positions[member.stage] += 1
        number_of[member.gen_id] = number
        yield number, member


def members_of_slice(members: Iterable[Member], part: Slice) -> Iterator[Member]:
    """The members that belong to a slice; for arguments see :func:`slice_numbers`."""
    return (m for number, m in slice_numbers(members, part.count) if number == part.number)
