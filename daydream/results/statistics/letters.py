"""Compact letter display: levels that share a letter were not told apart."""

from __future__ import annotations

from daydream.results.statistics.rank_sets import BoolArray


def compact_letters(apart: BoolArray) -> list[str]:
    """Letters for each of K levels, given in the order in which they are listed.

    ``apart`` (K, K) is symmetric. Two levels share a letter if and only if they are not apart.
    Columns of the display are found by insertion and absorption: every pair that is apart splits
    the columns that hold both. Source: H.-P. Piepho (2004), "An algorithm for a letter-based
    representation of all-pairwise comparisons", Journal of Computational and Graphical
    Statistics 13, 456-466. Its last step, sweeping, drops letters that say nothing more.
    """
    n = len(apart)
    columns = [(1 << n) - 1] if n else []
    for first in range(n):
        for second in range(first + 1, n):
            if apart[first, second]:
                columns = _split(columns, first, second)
    columns = _swept(columns, n)
    columns.sort(key=lambda column: [i for i in range(n) if column >> i & 1])
    return [
        "".join(
            _name(number, len(columns))
            for number, members in enumerate(columns)
            if members >> i & 1
        )
        for i in range(n)
    ]


def _split(columns: list[int], first: int, second: int) -> list[int]:
    """Insert: no column holds both any more; absorb: none is part of another."""
    both = 1 << first | 1 << second
    free = [column for column in columns if column & both != both]
    parts = {
        column & ~(1 << level)
        for column in columns
        for level in (first, second)
        if column & both == both
    }
    return free + [
        part
        for part in parts
        if not any(part & other == part for other in free)
        and not any(part & other == part for other in parts if other != part)
    ]


def _swept(columns: list[int], n: int) -> list[int]:
    """Drop the columns whose every pair (or only level) is in another column too."""
    remaining = list(columns)
    for column in sorted(columns, key=lambda members: members.bit_count()):
        others = [other for other in remaining if other != column]
        if _is_covered(column, others, n):
            remaining = others
    return remaining


def _is_covered(column: int, others: list[int], n: int) -> bool:
    inside = [i for i in range(n) if column >> i & 1]
    return all(
        any(other >> i & 1 and other >> j & 1 for other in others)
        for i in inside
        for j in inside
        if i <= j
    )


def _name(number: int, count: int) -> str:
    """Name a column a to z; with more than 26 of them a1, b1, ..., a2: one name, one letter."""
    letter = chr(ord("a") + number % 26)
    return letter if count <= 26 else f"{letter}{number // 26 + 1}"
