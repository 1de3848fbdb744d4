"""Which essays are compared with which."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.experiment.pairing import Pair, ring_pairs

IDS = st.sets(st.text("abcdefgh0123456789_", min_size=1, max_size=8), max_size=40)
MANY = IDS.filter(lambda ids: len(ids) > 2)
RINGS = st.integers(1, 5)


def connected(ids: set[str], pairs: list[Pair]) -> bool:
    near = defaultdict(set)
    for one, other in pairs:
        near[one].add(other)
        near[other].add(one)
    seen, todo = set(), sorted(ids)[:1]
    while todo:
        seen.add(todo[-1])
        todo += near[todo.pop()] - seen
    return seen == ids


def met(pairs: list[Pair]) -> Counter[str]:
    return Counter(essay for pair in pairs for essay in pair)


@given(IDS, RINGS)
def test_a_pair_is_two_different_essays_and_is_there_once(ids: set[str], rings: int) -> None:
    pairs = ring_pairs(ids, rings)
    assert all(one < other for one, other in pairs)
    assert len(set(pairs)) == len(pairs)
    assert {essay for pair in pairs for essay in pair} <= ids


@given(MANY, RINGS)
def test_the_pairs_do_not_depend_on_the_order_of_the_essays(ids: set[str], rings: int) -> None:
    assert ring_pairs(sorted(ids), rings) == ring_pairs(sorted(ids, reverse=True), rings)
    assert ring_pairs([*ids, *ids], rings) == ring_pairs(ids, rings)


@given(MANY)
def test_one_ring_connects_all_essays_with_two_comparisons_each(ids: set[str]) -> None:
    pairs = ring_pairs(ids, 1)
    assert connected(ids, pairs)
    assert set(met(pairs).values()) == {2}


@given(MANY, RINGS)
def test_no_essay_has_more_than_two_comparisons_a_ring(ids: set[str], rings: int) -> None:
    counts = met(ring_pairs(ids, rings))
    assert set(counts) == ids
    assert all(2 <= count <= 2 * rings for count in counts.values())


@given(MANY, RINGS)
def test_another_ring_only_adds_pairs(ids: set[str], rings: int) -> None:
    fewer, more = ring_pairs(ids, rings), ring_pairs(ids, rings + 1)
    assert more[: len(fewer)] == fewer


@settings(max_examples=200)
@given(IDS.filter(lambda ids: len(ids) > 1), RINGS)
def test_one_essay_more_adds_few_pairs_and_takes_fewer_away(ids: set[str], rings: int) -> None:
    newcomer = min(ids)
    before = set(ring_pairs(ids - {newcomer}, rings))
    after = set(ring_pairs(ids, rings))
    assert len(after - before) <= 2 * rings
    assert all(newcomer in pair for pair in after - before)
    assert len(before - after) <= rings


def test_a_crowd_is_not_split_and_few_pairs_are_on_two_rings() -> None:
    ids = {f"e_{number}" for number in range(500)}
    pairs = ring_pairs(ids, 2)
    assert connected(ids, pairs)
    assert len(pairs) >= 990


@pytest.mark.parametrize("rings", [1, 3])
def test_few_essays_are_compared_as_far_as_they_go(rings: int) -> None:
    assert ring_pairs([], rings) == []
    assert ring_pairs(["e_1"], rings) == []
    assert ring_pairs(["e_2", "e_1"], rings) == [("e_1", "e_2")]
    assert len(ring_pairs(["e_3", "e_1", "e_2"], rings)) == 3


def test_the_pairs_are_the_same_in_every_version() -> None:
    """Pairs that change would have comparisons of every user bought again."""
    expected = [("a", "c"), ("a", "b"), ("b", "e"), ("d", "e"), ("c", "d")]
    assert ring_pairs(["a", "b", "c", "d", "e"], 1) == expected
