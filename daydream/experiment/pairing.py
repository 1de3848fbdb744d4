"""Which essays meet in comparisons: neighbours on a few rings, each in an order of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from daydream.store.ids import sha256


class Pair(NamedTuple):
    """Two essays that are compared, by gen_id; the smaller id is ``essay_a``."""

    essay_a: str
    essay_b: str


def ring_pairs(essay_ids: Iterable[str], rings: int) -> list[Pair]:
    """The pairs of neighbours on so many rings, each pair once, in the order of the rings.

    On a ring the essays stand in the order of a hash of their ids, and each meets its successor.
    Hence one ring alone connects all essays, as the Bradley-Terry model needs it; every essay is
    in 2 x ``rings`` pairs, but for those that are on two rings; which pairs there are does not
    depend on the order of ``essay_ids``; and one essay more adds at most 2 x ``rings`` pairs and
    takes away at most ``rings``, so that nearly every answer that was paid stays in use.

    Args:
        essay_ids: gen_ids; repeated ones count once.
        rings: from 1.
    """
    essays = sorted(set(essay_ids))
    pairs = (pair for ring in range(rings) for pair in _neighbours(_ring(essays, ring)))
    return list(dict.fromkeys(pairs))


def _ring(essays: Sequence[str], ring: int) -> list[str]:
    return sorted(essays, key=lambda essay: sha256(f"{ring}|{essay}"))


def _neighbours(ring: Sequence[str]) -> list[Pair]:
    """Each with the next and the last with the first; an essay alone meets nobody."""
    if len(ring) < 2:
        return []
    neighbours = zip(ring, [*ring[1:], ring[0]], strict=True)
    return [Pair(min(pair), max(pair)) for pair in neighbours]
