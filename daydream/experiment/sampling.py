"""A sample of combinations in which each concept occurs equally often, the same for one seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import comb, perm
from typing import TypeAlias

from daydream.store.ids import sha256

Ids: TypeAlias = tuple[str, ...]


def balanced_sample(concepts: Sequence[str], k: int, n: int, seed: int, ordered: bool) -> list[Ids]:
    """Choose n different combinations of k concepts, whose counts differ by one at most.

    Drawn at random first (by hashes, so that no version of Python changes the sample), then
    balanced: as long as one concept occurs at least twice more often than another, a combination
    that has the first and not the second exchanges it. Such a combination whose exchange is not in
    the sample yet always exists, for there are more that have only the first than only the second.

    Args:
        concepts: ids, k at least.
        k: concepts of a combination.
        n: combinations, at most as many as there are.
        seed: another one gives another sample.
        ordered: whether two orders of the same concepts are two combinations.

    """
    total = (perm if ordered else comb)(len(concepts), k)
    unrank = _arrangement if ordered else _combination
    chosen: dict[Ids, None] = {}
    draw = 0
    while len(chosen) < n:
        rank = int(sha256(f"{seed}|{draw}"), 16) % total
        chosen[unrank(concepts, k, rank)] = None
        draw += 1
    order = {concept: i for i, concept in enumerate(concepts)}
    sort: Callable[[Ids], Ids] = (
        (lambda ids: ids) if ordered else (lambda ids: tuple(sorted(ids, key=order.__getitem__)))
    )
    return _balance(list(chosen), concepts, sort)


def _balance(sample: list[Ids], concepts: Sequence[str], sort: Callable[[Ids], Ids]) -> list[Ids]:
    counts = Counter(dict.fromkeys(concepts, 0))
    counts.update(concept for ids in sample for concept in ids)
    present = set(sample)
    while True:
        often, seldom = max(concepts, key=counts.__getitem__), min(concepts, key=counts.__getitem__)
        if counts[often] - counts[seldom] < 2:
            return sample
        for i, ids in enumerate(sample):
            if often in ids and seldom not in ids:
                new = sort(tuple(seldom if concept == often else concept for concept in ids))
                if new not in present:
                    present.symmetric_difference_update({ids, new})
                    sample[i] = new
                    counts[often] -= 1
                    counts[seldom] += 1
                    break


def _combination(concepts: Sequence[str], k: int, rank: int) -> Ids:
    """The combination of this rank, in lexicographic order of positions."""
    ids, start = [], 0
    for left in range(k, 0, -1):
        while rank >= (count := comb(len(concepts) - start - 1, left - 1)):
            rank -= count
            start += 1
        ids.append(concepts[start])
        start += 1
    return tuple(ids)


def _arrangement(concepts: Sequence[str], k: int, rank: int) -> Ids:
    """The arrangement of this rank, in lexicographic order of positions."""
    rest, ids = list(concepts), []
    for left in range(k, 0, -1):
        place, rank = divmod(rank, perm(len(rest) - 1, left - 1))
        ids.append(rest.pop(place))
    return tuple(ids)
