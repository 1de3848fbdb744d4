"""Ids are made of what a thing is, exactly as the contract writes them."""

from __future__ import annotations

import hashlib
import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.store.ids import combo_id, generation_id, sha256
from daydream.store.layout import LEVELS, STAGES

NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,10}", fullmatch=True)


def by_contract(concepts: list[str], level: str, k: int) -> str:
    key = "|".join(sorted(concepts)) + "|" + level + "|" + str(k)
    return "combo_v1_" + hashlib.sha256(key.encode()).hexdigest()[:12]


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from(LEVELS), st.integers(1, 9))
def test_a_combo_id_is_the_formula_of_the_contract(concepts: list[str], level: str, k: int) -> None:
    assert combo_id(concepts, level, k) == by_contract(concepts, level, k)


def test_a_combo_id_that_was_computed_by_hand() -> None:
    # printf 'bees|tides|paragraph|2' | sha256sum
    assert combo_id(["tides", "bees"], "paragraph", 2) == "combo_v1_540abd2cda63"


@settings(deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=5, unique=True), st.randoms())
def test_a_combo_id_does_not_depend_on_the_order(concepts: list[str], random: object) -> None:
    shuffled = list(concepts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert combo_id(shuffled, "sentence", 2) == combo_id(iter(concepts), "sentence", 2)


@pytest.mark.parametrize(("stage", "prefix"), [("draft", "d"), ("essay", "e"), ("evaluation", "v")])
def test_a_generation_id_is_a_prefix_and_sixteen_base_36_digits(stage, prefix) -> None:
    assert re.fullmatch(rf"{prefix}_[0-9a-z]{{16}}", generation_id(stage, "p", "t", "m", 1))


PARTS = st.tuples(st.sampled_from(STAGES), NAMES, NAMES, NAMES, st.integers(1, 500))


@settings(deadline=None)
@given(PARTS, PARTS)
def test_generation_ids_are_equal_exactly_when_everything_is(one, other) -> None:
    assert (generation_id(*one) == generation_id(*other)) == (one == other)


@settings(deadline=None)
@given(PARTS)
def test_a_change_of_any_field_is_another_generation(parts) -> None:
    stage, parent, template, model, replicate = parts
    changed = [
        (stage, parent + "x", template, model, replicate),
        (stage, parent, template + "x", model, replicate),
        (stage, parent, template, model + "x", replicate),
        (stage, parent, template, model, replicate + 1),
        *((s, parent, template, model, replicate) for s in STAGES if s != stage),
    ]
    digits = {generation_id(*p)[2:] for p in [parts, *changed]}
    assert len(digits) == 1 + len(changed)


def test_a_field_that_moves_to_its_neighbour_is_another_generation() -> None:
    assert generation_id("draft", "a", "bc", "d", 1) != generation_id("draft", "ab", "c", "d", 1)
    assert generation_id("draft", "a", "b", "c", 11) != generation_id("draft", "a", "b", "c1", 1)


def test_a_generation_id_is_the_same_in_every_version() -> None:
    """An id that changes would have every answer of every user bought again."""
    assert generation_id("draft", "combo_v1_0123456789ab", "free", "gpt", 1) == "d_0zhouxeninz9s8xk"
    assert generation_id("essay", "d_0", "copy", "gpt", 1) == "e_4qullo1b22x4neoe"
    assert generation_id("evaluation", "e_0", "novelty", "gpt", 2) == "v_s7h58vbd2sopxycz"


def test_ten_thousand_ids_do_not_collide_and_use_every_digit() -> None:
    ids = [
        generation_id("draft", f"combo_{c}", f"t{t}", f"m{m}", 1)
        for c, t, m in product(range(100), range(10), range(10))
    ]
    assert len(set(ids)) == len(ids)
    assert all(len({i[place] for i in ids}) == 36 for place in range(2, 18))


def test_sha256_is_over_utf_8() -> None:
    assert sha256("é") == hashlib.sha256("é".encode()).hexdigest()


def test_the_id_of_a_comparison_tells_which_essay_is_shown_first() -> None:
    one = generation_id("comparison", "e_1|e_2", "closer", "gpt", 1)
    assert one == "c_jsztg1loa6cqk9g9"
    assert one != generation_id("comparison", "e_2|e_1", "closer", "gpt", 1)
