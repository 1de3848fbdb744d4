"""How many generations are asked for, before any is made."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from daydream.errors import CohortError
from daydream.experiment.size import check_size, count_generations, count_subsets


@pytest.mark.parametrize(("n", "k"), [(4, 2), (5, 5), (5, 0), (40, 3)])
def test_subsets_are_counted_as_in_the_standard_library(n: int, k: int) -> None:
    assert count_subsets(n, k) == math.comb(n, k)


def test_counting_of_what_nobody_can_make_ends() -> None:
    assert count_subsets(10**6, 500_000) == 10**300


def catalog(comparisons: int) -> Any:
    copied, written = SimpleNamespace(is_copy=True), SimpleNamespace(is_copy=False)
    templates = {
        "draft": [written] * 2,
        "essay": [copied, written],
        "evaluation": [written] * 3,
        "comparison": [written] * comparisons,
    }
    replicates = {"draft": 1, "essay": 4, "evaluation": 2, "comparison": 1}
    return SimpleNamespace(
        templates=templates.__getitem__,
        replicates=replicates,
        generation_models=["ann", "bob"],
        evaluation_models=["joe"],
    )


def test_copies_have_no_replicates_and_comparisons_are_asked_in_both_orders() -> None:
    settings: Any = SimpleNamespace(pairs_per_essay=2)
    drafts = 5 * 2 * 2
    essays = drafts * (1 + 4)
    evaluations = essays * 3 * 2
    assert count_generations(catalog(0), settings, 5) == drafts + essays + evaluations
    more = count_generations(catalog(1), settings, 5) - drafts - essays - evaluations
    assert more == 2 * essays * 2


def test_more_than_is_allowed_is_refused_with_its_number() -> None:
    settings: Any = SimpleNamespace(max_generations=1000, k_max=3)
    check_size(1000, settings, "here")
    with pytest.raises(CohortError, match=r"here: k_max 3 .* 1,001 generations, .* allows 1,000"):
        check_size(1001, settings, "here")
    with pytest.raises(CohortError, match=r"about 10\^20 generations"):
        check_size(10**20, settings, "here")
