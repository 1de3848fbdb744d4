"""Holm's correction, compact letters, rank sets and shrunken means."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from daydream.results.statistics.letters import compact_letters
from daydream.results.statistics.multiplicity import holm
from daydream.results.statistics.rank_sets import rank_sets
from daydream.results.statistics.shrinkage import between_variance, shrunken_means


def test_holm_is_as_in_statsmodels(monkeypatch):
    monkeypatch.setattr(gc, "collect", lambda: 0)  # statsmodels calls it: 0.3 s each time
    rng = np.random.default_rng(0)
    drawn = [rng.random(size) ** power for size in range(1, 41) for power in (1, 4)]
    tied = [p.round(1) for p in drawn]  # with zeros and ones among them
    for p in (*drawn, *tied):
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


def test_unknown_p_values_count_for_none():
    found = holm(np.array([0.01, np.nan, 0.02]))
    assert found[[0, 2]].tolist() == [0.02, 0.02]
    assert np.isnan(found[1])


def symmetric(n, pairs):
    matrix = np.zeros((n, n), dtype=bool)
    for i, j in pairs:
        matrix[i, j] = matrix[j, i] = True
    return matrix


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.tuples(
            st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))
        )
    )
)
def test_levels_share_a_letter_if_and_only_if_they_are_not_apart(drawn):
    n, pairs = drawn
    apart = symmetric(n, [(i, j) for i, j in pairs if i != j])
    letters = compact_letters(apart)
    assert all(letters)
    for i in range(n):
        for j in range(n):
            if i != j:
                assert bool(set(letters[i]) & set(letters[j])) == (not apart[i, j])


@pytest.mark.parametrize(
    ("n", "pairs", "letters"),
    [
        (3, [], ["a", "a", "a"]),
        (3, [(0, 2)], ["a", "ab", "b"]),
        (3, [(0, 1), (0, 2), (1, 2)], ["a", "b", "c"]),
        (4, [(0, 2), (0, 3), (1, 3)], ["a", "ab", "bc", "c"]),
        # Not transitive: the first differs from the second only.
        (3, [(0, 1)], ["a", "b", "ab"]),
    ],
)
def test_letters_of_known_displays(n, pairs, letters):
    assert compact_letters(symmetric(n, pairs)) == letters


def test_more_than_26_letters_are_numbered():
    found = compact_letters(~np.eye(28, dtype=bool))
    assert found[:2] == ["a1", "b1"]
    assert found[25:] == ["z1", "a2", "b2"]


def test_rank_sets_count_what_is_better_and_worse_for_certain():
    mean = np.array([9.0, 7.0, 6.5, 1.0])
    found = rank_sets(mean, symmetric(4, [(0, 3), (1, 3), (2, 3), (0, 2)]))
    assert found.low.tolist() == [1, 1, 2, 4]
    assert found.high.tolist() == [2, 3, 3, 4]


def test_rank_sets_hold_all_true_ranks_at_once():
    rng, held = np.random.default_rng(0), []
    truth = np.arange(6) / 3
    for _ in range(400):
        mean = truth + 0.5 * rng.normal(size=6)
        gap = np.abs(mean[:, None] - mean[None, :]) / (0.5 * np.sqrt(2))
        first, second = np.triu_indices(6, 1)
        p = holm(2 * stats.norm.sf(gap[first, second]))
        apart = symmetric(
            6, [(i, j) for i, j, q in zip(first, second, p, strict=True) if q <= 0.05]
        )
        found = rank_sets(mean, apart)
        true_rank = 6 - np.arange(6)
        held.append(((found.low <= true_rank) & (true_rank <= found.high)).all())
    assert np.mean(held) >= 0.93


def test_equal_means_shrink_to_the_common_one():
    rng = np.random.default_rng(1)
    mean, variance = rng.normal(5.5, 1.5, size=120), np.full(120, 1.5**2)
    found = shrunken_means(mean, variance)
    assert mean.max() > 8.5
    assert found.max() < 6.3


def test_shrunken_means_are_nearer_to_the_truth():
    rng = np.random.default_rng(2)
    truth = rng.normal(0, 1, size=200)
    variance = rng.uniform(0.2, 3, size=200)
    mean = truth + np.sqrt(variance) * rng.normal(size=200)
    error = ((shrunken_means(mean, variance) - truth) ** 2).mean()
    assert error < 0.6 * ((mean - truth) ** 2).mean()


def test_unknown_variance_says_nothing_about_a_level():
    found = shrunken_means(np.array([1.0, 5.0, 9.0]), np.array([0.1, np.nan, 0.1]))
    assert found[1] == pytest.approx(found[[0, 2]].mean())
    assert found[2] > 8.5


def test_paule_and_mandel_solve_their_equation():
    mean, variance = np.array([1.0, 2.0, 4.0, 7.0]), np.array([0.5, 0.1, 1.0, 0.3])
    between = between_variance(mean, variance)
    weight = 1 / (variance + between)
    centre = weight @ mean / weight.sum()
    assert weight @ (mean - centre) ** 2 == pytest.approx(3)
