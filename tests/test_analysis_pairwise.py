"""Pairs judged in both orders: strengths and position bias."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from daydream.analysis.davidson import fit_davidson
from daydream.analysis.pairwise import bradley_terry, comparisons, position_bias

pytestmark = pytest.mark.filterwarnings("error")

COLUMNS = ["item_a", "item_b", "first", "winner"]


def judged(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def both_orders(a, b, winner, times=1):
    return [(a, b, "a", winner), (a, b, "b", winner)] * times


def simulate(rng, strengths, times, tie=0.5):
    """Judgements that agree in both orders, drawn from Davidson's model."""
    rows = []
    for one, other in combinations(strengths, 2):
        p, q = np.exp(strengths[one]), np.exp(strengths[other])
        odds = np.array([p, tie * np.sqrt(p * q), q])
        for winner in rng.choice(["a", "tie", "b"], size=times, p=odds / odds.sum()):
            rows += both_orders(one, other, winner)
    return judged(*rows)


@pytest.mark.parametrize(
    ("in_one_order", "in_the_other", "verdict"),
    [
        ("a", "a", "a"),
        ("b", "b", "b"),
        ("a", "b", "tie"),
        ("b", "a", "tie"),
        ("tie", "a", "tie"),
        ("tie", "tie", "tie"),
        ("a", None, ""),
        ("a", "unclear", ""),
    ],
)
def test_a_comparison_is_won_only_if_both_orders_say_so(in_one_order, in_the_other, verdict):
    found = comparisons(judged(("x", "y", "a", in_one_order), ("x", "y", "b", in_the_other)))
    assert found["winner"].tolist() == [verdict]


def test_a_pair_that_was_judged_in_one_order_only_does_not_count():
    found = comparisons(judged(("x", "y", "a", "a"), ("x", "y", "a", "a")))
    assert found["winner"].tolist() == ["", ""]
    assert bradley_terry(judged(("x", "y", "a", "a")))["strength"].isna().all()


def test_the_names_of_the_columns_may_be_swapped_between_orders():
    found = comparisons(judged(("y", "x", "a", "a"), ("x", "y", "a", "b")))
    assert found[["item_a", "item_b", "winner"]].to_numpy().tolist() == [["x", "y", "b"]]


def test_orders_are_matched_judge_by_judge():
    rows = judged(("x", "y", "a", "a"), ("x", "y", "b", "a")).assign(judge=["one", "two"])
    assert comparisons(rows)["winner"].tolist() == ["", ""]


def test_two_items_differ_by_the_log_odds_of_their_wins():
    rows = both_orders("x", "y", "a", 300) + both_orders("x", "y", "b", 100)
    found = bradley_terry(judged(*rows)).set_index("item")
    assert found.loc["x", "strength"] - found.loc["y", "strength"] == pytest.approx(
        np.log(3), abs=0.01
    )
    # The information of 400 comparisons at 3 : 1 about a difference is 75, and an item is half.
    error = (found["high"] - found["low"]) / (2 * 1.959964)
    assert error.tolist() == pytest.approx([0.5 / np.sqrt(75)] * 2, rel=0.01)
    assert found.loc["x", ["wins", "losses", "ties", "n_valid"]].tolist() == [300, 100, 0, 800]


def test_davidsons_tie_parameter_is_recovered():
    points = np.array([1.0] * 400 + [0.5] * 200 + [0.0] * 400)
    fit = fit_davidson(np.tile([0, 1], (1000, 1)), points)
    assert fit.strength == pytest.approx([0, 0], abs=1e-6)
    assert np.exp(fit.tie) == pytest.approx(0.5, abs=0.01)


def test_strengths_are_recovered_and_intervals_cover_them():
    truth = {"a": -1.2, "b": -0.7, "c": -0.2, "d": 0.3, "e": 0.6, "f": 1.2}
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(25):
        found = bradley_terry(simulate(rng, truth, 40)).set_index("item").sort_index()
        assert found["strength"].sum() == pytest.approx(0, abs=1e-9)
        covered += [
            found["low"].iloc[i] <= t <= found["high"].iloc[i] for i, t in enumerate(truth.values())
        ]
    assert 0.91 <= np.mean(covered) <= 0.99
    assert bradley_terry(simulate(rng, truth, 200))["item"].tolist() == list("fedcba")


def test_an_item_that_always_wins_has_a_finite_strength_and_a_wide_interval():
    rows = (
        both_orders("x", "y", "a", 5)
        + both_orders("y", "z", "a", 5)
        + both_orders("y", "z", "b", 5)
    )
    found = bradley_terry(judged(*rows))
    assert found["item"].iloc[0] == "x"
    assert np.isfinite(found[["strength", "low", "high"]].to_numpy(dtype=float)).all()
    assert found["high"].iloc[0] - found["low"].iloc[0] > 3


def test_a_judge_who_always_takes_the_first_makes_ties_and_is_found_out():
    pairs = list(combinations("wxyz", 2))
    rows = [(a, b, first, first) for a, b in pairs for first in "ab"]
    found = bradley_terry(judged(*rows))
    assert found["strength"].tolist() == pytest.approx([0] * 4, abs=1e-6)
    assert found["ties"].tolist() == [3] * 4
    bias = position_bias(judged(*rows)).iloc[0]
    assert (bias["first_share"], bias["first_wins"]) == (1.0, 12)
    assert bias["high"] == pytest.approx(1.0)
    assert bias["low"] == pytest.approx(12 / (12 + 1.959964**2))


def test_without_position_bias_the_interval_covers_one_half():
    bias = position_bias(judged(*both_orders("x", "y", "a", 20))).iloc[0]
    assert bias["first_share"] == 0.5
    assert bias["low"] < 0.5 < bias["high"]
    assert (bias["n_expected"], bias["n_valid"], bias["ties"]) == (40, 40, 0)


def test_position_bias_leaves_out_ties_and_lost_judgements_and_counts_them():
    bias = position_bias(
        judged(("x", "y", "a", "a"), ("x", "y", "b", "tie"), ("x", "y", "a", None))
    )
    row = bias.iloc[0]
    assert (row["first_share"], row["ties"]) == (1.0, 1)
    assert (row["n_expected"], row["n_valid"]) == (3, 2)


def test_position_bias_is_also_given_per_judge():
    rows = judged(*both_orders("x", "y", "a", 2)).assign(judge=["p", "p", "q", "q"])
    assert position_bias(rows)["judge"].tolist() == ["", "p", "q"]
