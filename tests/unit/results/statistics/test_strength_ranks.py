"""Ranks of strengths, and wins that go round."""

import numpy as np
import pandas as pd

from daydream.results.statistics.pairwise import bradley_terry
from daydream.results.statistics.strength_ranks import circular_triads, strength_ranks


def both_orders(*winners):
    """Pairs (winner, loser), judged alike in both orders."""
    rows = [
        {"item_a": one, "item_b": other, "first": first, "winner": "a", "judge": f"j{n}"}
        for n, (one, other) in enumerate(winners)
        for first in ("a", "b")
    ]
    return pd.DataFrame(rows)


def test_a_circle_of_three_is_one_triad_of_each():
    pairs, points = np.array([[0, 1], [1, 2], [2, 0], [0, 3], [1, 3]]), np.ones(5)
    around, decided = circular_triads(pairs, points, 4)
    assert around.tolist() == [1, 1, 1, 0]
    assert decided.tolist() == [2, 2, 1, 1]


def test_a_random_tournament_has_a_quarter_of_its_triads_going_round():
    rng, k = np.random.default_rng(0), 60
    pairs = np.column_stack(np.triu_indices(k, 1))
    around, decided = circular_triads(pairs, rng.integers(0, 2, len(pairs)).astype(float), k)
    assert set(decided) == {59 * 58 // 2}
    assert abs(around.sum() / decided.sum() - 0.25) < 0.02


def test_clear_differences_fix_ranks_and_an_unknown_error_fixes_none():
    strength = np.array([2.0, 0.0, -2.0])
    found = strength_ranks(strength, np.full(3, 0.01), np.full(3, np.inf))
    assert (found.low.tolist(), found.high.tolist()) == ([1, 2, 3], [1, 2, 3])
    found = strength_ranks(strength, np.array([np.nan, 0.01, 0.01]), np.full(3, np.inf))
    assert (found.low.tolist(), found.high.tolist()) == ([1, 1, 2], [3, 2, 3])
    assert found.n_tied.tolist() == [2, 1, 1]


def test_who_wins_or_loses_everything_is_at_the_bound():
    table = bradley_terry(both_orders(("x", "y"), ("x", "z"), ("y", "z"), ("z", "y")))
    bound = table.set_index("item")["at_bound"]
    assert bound.to_dict() == {"x": True, "y": False, "z": False}
    assert table["rank_low"].tolist() == [1, 1, 1]
    assert table["triads"].tolist() == [0, 0, 0]
