"""Slices: whole chains, each in exactly one slice."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daydream.experiment.slices import Slice, members_of_slice, slice_numbers
from daydream.store.layout import Stage
from daydream.store.membership import IMPORT, Member


def member(
    stage: Stage, gen_id: str, parent: str = "", second: str = "", template: str = "t"
) -> Member:
    return Member(stage, gen_id, "trial", parent, "combo", template, "writer", 1, second)


def cohort(drafts: int, essays: int = 2, evaluations: int = 3, imported: int = 0) -> list[Member]:
    """Members in the order of a design: drafts with their essays, then evaluations, comparisons."""
    texts: list[Member] = []
    for d in range(drafts):
        texts.append(member("draft", f"d{d}"))
        texts += [member("essay", f"e{d}.{e}", f"d{d}") for e in range(essays)]
    texts += [member("essay", f"i{i}", template=IMPORT) for i in range(imported)]
    written = [m.gen_id for m in texts if m.stage == "essay"]
    judged = [
        member("evaluation", f"v{essay}.{v}", essay)
        for essay in written
        for v in range(evaluations)
    ]
    pairs = pairwise(written)
    return [*texts, *judged, *(member("comparison", f"c{a}{b}", a, b) for a, b in pairs)]


@pytest.mark.parametrize("text", ["0/4", "5/4", "4", "a/b", "1/0", ""])
def test_what_names_no_slice_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Slice.parse(text)


def test_a_slice_is_written_as_it_is_read() -> None:
    assert str(Slice.parse("2/20")) == "2/20"


@given(st.integers(0, 12), st.integers(0, 4), st.integers(1, 7))
def test_every_member_is_in_exactly_one_slice(drafts: int, imported: int, count: int) -> None:
    members = cohort(drafts, imported=imported)
    parts = [list(members_of_slice(members, Slice(k, count))) for k in range(1, count + 1)]
    assert Counter(m.gen_id for part in parts for m in part) == Counter(m.gen_id for m in members)


@given(st.integers(1, 12), st.integers(0, 4), st.integers(1, 7))
def test_a_chain_is_never_divided(drafts: int, imported: int, count: int) -> None:
    number = {m.gen_id: n for n, m in slice_numbers(cohort(drafts, imported=imported), count)}
    for m in cohort(drafts, imported=imported):
        if m.stage in ("essay", "evaluation") and m.parent_gen_id:
            assert number[m.gen_id] == number[m.parent_gen_id]


@given(st.integers(1, 30), st.integers(1, 7))
def test_slices_differ_by_one_chain_at_most(drafts: int, count: int) -> None:
    numbers = Counter(n for n, m in slice_numbers(cohort(drafts), count) if m.stage == "draft")
    sizes = [numbers[k] for k in range(1, count + 1)]
    assert max(sizes) - min(sizes) <= 1
