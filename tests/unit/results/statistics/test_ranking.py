"""Rankings: order, intervals, ties and groups."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from daydream.errors import ConfigError
from daydream.parsers.score import ScoreRange
from daydream.results.statistics import rank_ties as ties
from daydream.results.statistics.rank_ties import Spread, standing
from daydream.results.statistics.ranking import ranking

pytestmark = pytest.mark.filterwarnings("error")

NAMES = ["generation_model", "parent_gen_id", "evaluation_llm_model", "score"]


def table(rows, template="t"):
    """Rows of (model, essay, evaluator, score)."""
    frame = pd.DataFrame(rows, columns=NAMES)
    return frame.assign(
        gen_id=[f"v{i}" for i in range(len(frame))], evaluation_template=template, combo_id="c"
    )


def simulate(rng, means, n_essays, n_evaluations=3, essay_sd=1.0):
    """Models with these means, each with essays that differ, evaluations that differ less."""
    rows = []
    for model, mean in enumerate(means):
        essays = mean + essay_sd * rng.normal(size=n_essays)
        for essay, level in enumerate(essays):
            marks = level + 0.5 * rng.normal(size=n_evaluations)
            rows += [(f"m{model}", f"{model}-{essay}", f"j{j}", s) for j, s in enumerate(marks)]
    return table(rows)


def by_model(scores, **options):
    return ranking(scores, {}, by=["generation_model"], **options).set_index("key")


def test_keys_are_ranked_by_the_mean_of_their_scores():
    scores = simulate(np.random.default_rng(0), [3, 7, 5], 20)
    found = by_model(scores)
    means = scores.groupby("generation_model")["score"].mean()
    assert list(found.index) == ["m1", "m2", "m0"]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["score_mean"].to_dict() == pytest.approx(means.to_dict())
    assert found["mean"].to_dict() == pytest.approx((means / 10).to_dict())
    assert found["tied_with"].tolist() == ["", "", ""]
    assert found["group"].tolist() == ["a", "b", "c"]
    assert (found["rank_low"] == found["rank"]).all()
    assert (found["rank_high"] == found["rank"]).all()
    assert found["n_essays"].tolist() == [20, 20, 20]


def test_keys_that_cannot_be_told_apart_are_tied_and_share_a_group():
    scores = simulate(np.random.default_rng(1), [5, 5, 9], 15)
    found = by_model(scores)
    assert found.loc["m2", ["rank_low", "rank_high", "group"]].tolist() == [1, 1, "a"]
    assert found.loc["m0", "tied_with"] == "m1"
    assert found.loc["m1", "tied_with"] == "m0"
    assert found.loc["m0", ["rank_low", "rank_high", "tied", "group"]].tolist() == [2, 3, True, "b"]


def test_a_key_may_be_several_columns_joined():
    scores = simulate(np.random.default_rng(1), [5, 6], 5)
    found = ranking(scores, {}, by=["combo_id", "generation_model"])
    assert sorted(found["key"]) == ["c|m0", "c|m1"]
    assert found["combo_id"].tolist() == ["c", "c"]


def test_many_evaluations_of_one_essay_are_no_evidence_about_the_key():
    rows = [("m0", "a", f"j{i}", 9.0) for i in range(50)]
    rows += [("m1", f"b{i}", "j0", 1.0 + i / 10) for i in range(9)]
    found = by_model(table(rows))
    assert np.isnan(found.loc["m0", "low"])
    assert found.loc["m0", "tied_with"] == "m1"
    assert found.loc["m0", "n_valid"] == 50


def test_intervals_widen_with_the_spread_of_essays_not_with_the_number_of_evaluations():
    rng = np.random.default_rng(2)
    few, many = (by_model(simulate(rng, [5, 5], 10, n)) for n in (2, 40))
    narrower = (many["high"] - many["low"]).mean() / (few["high"] - few["low"]).mean()
    assert narrower > 0.6


@pytest.mark.parametrize("n_essays", [3, 8, 30])
def test_intervals_cover_the_mean_of_the_key_as_often_as_they_say(n_essays):
    rng = np.random.default_rng(n_essays)
    covered = []
    for seed in range(25):
        scores = simulate(rng, [5] * 12, n_essays)
        found = by_model(scores, n_boot=300, seed=seed)
        covered += list((found["score_low"] <= 5) & (found["score_high"] >= 5))
    assert 0.91 <= np.mean(covered) <= 0.985


@pytest.mark.parametrize("n_essays", [2, 4, 20])
def test_without_a_difference_pairs_are_told_apart_in_about_one_case_in_twenty(n_essays):
    rng = np.random.default_rng(n_essays)
    scores = simulate(rng, [5] * 12, n_essays)
    essays = scores["parent_gen_id"].unique()
    apart = []
    for seed in range(12):
        shuffled = dict(
            zip(
                essays,
                rng.permutation(scores["generation_model"].unique().repeat(n_essays)),
                strict=True,
            )
        )
        mixed = scores.assign(generation_model=scores["parent_gen_id"].map(shuffled))
        found = by_model(mixed, n_boot=300, seed=seed)
        apart.append(1 - found["tied_with"].str.split().str.len().sum() / 132)
    assert np.mean(apart) <= 0.08


def test_evaluators_who_score_the_same_essays_are_compared_as_pairs():
    rng = np.random.default_rng(7)
    rows = []
    for essay, level in enumerate(rng.normal(5, 2, size=30)):
        rows += [("m", f"e{essay}", f"j{j}", level + 0.5 * j + 0.2 * rng.normal()) for j in (0, 1)]
    found = ranking(table(rows), {}, by=["evaluation_llm_model"]).set_index("key")
    assert found["low"].max() < found["high"].min()
    assert found["tied_with"].tolist() == ["", ""]


def test_pairs_of_evaluators_without_a_difference_are_seldom_told_apart():
    rng = np.random.default_rng(9)
    apart = []
    for seed in range(30):
        level = rng.normal(5, 2, size=12)
        rows = [
            ("m", f"e{e}", f"j{j}", level[e] + rng.normal()) for e in range(12) for j in range(6)
        ]
        found = ranking(table(rows), {}, by=["evaluation_llm_model"], n_boot=300, seed=seed)
        apart.append(1 - found["tied_with"].str.split().str.len().sum() / 30)
    assert np.mean(apart) <= 0.08


def test_raw_means_are_left_out_when_scales_are_mixed():
    one = table([("m0", "a", "j", 8.0), ("m1", "b", "j", 2.0)])
    other = table([("m0", "a", "j", 80.0), ("m1", "b", "j", 20.0)], "hundred")
    both = pd.concat([one, other.assign(gen_id=["x", "y"])])
    found = ranking(both, {"hundred": ScoreRange(0, 100)}, by=["generation_model"])
    assert found["mean"].tolist() == pytest.approx([0.8, 0.2])
    assert found["score_mean"].isna().all()


def test_raw_means_are_on_the_scale_of_the_template():
    scores = table([("m0", "a", "j", 4.0), ("m0", "b", "j", 2.0)])
    found = ranking(scores, {"t": ScoreRange(1, 5)}, by=["generation_model"])
    assert found["score_mean"].tolist() == [3.0]
    assert found["mean"].tolist() == [0.5]


def test_a_key_without_scores_is_last_and_has_no_rank():
    scores = simulate(np.random.default_rng(0), [5, 6], 4)
    scores["score"] = scores["score"].where(scores["generation_model"] != "m0")
    found = by_model(scores)
    assert list(found.index) == ["m1", "m0"]
    assert pd.isna(found.loc["m0", "rank"])
    assert found.loc["m0", ["n_expected", "n_valid", "n_essays"]].tolist() == [12, 0, 0]
    assert found.loc["m1", ["rank", "rank_high"]].tolist() == [1, 1]


def test_groups_go_on_after_z():
    rows = [(f"m{m}", f"{m}-{e}", "j", m / 10 + e / 1000) for m in range(30) for e in range(3)]
    groups = by_model(table(rows))["group"].tolist()
    assert (groups[0], groups[25:28]) == ("a", ["z", "aa", "ab"])


def test_equal_means_have_equal_ranks():
    found = by_model(table([(m, f"{m}{i}", "j", 5.0 + i) for m in ("x", "y") for i in range(3)]))
    assert found["rank"].tolist() == [1, 1]
    assert found["tied_with"].tolist() == ["y", "x"]


def test_the_same_seed_gives_the_same_ranking():
    scores = simulate(np.random.default_rng(0), [5, 5.5], 6)
    pd.testing.assert_frame_equal(by_model(scores, seed=3), by_model(scores, seed=3))


def test_ranking_by_what_is_not_there_says_what_is():
    with pytest.raises(ConfigError, match=r"cannot rank by colour.*generation_model"):
        ranking(simulate(np.random.default_rng(0), [5], 2), {}, by=["colour"])


def pairwise_standing(mean, spread, confidence=0.95):
    """The same one pair at a time: places from, to, and ties, of every key."""
    few = spread.essays - 1
    places = []
    for i in range(len(mean)):
        better, worse, tied = 0, 0, []
        for j in set(range(len(mean))) - {i}:
            one, other = (spread.variance[k] * spread.essays[k] / max(few[k], 1) for k in (i, j))
            variance, freedom = one + other, min(few[i], few[j])
            if spread.covariance is not None:
                shared = spread.covariance[i, j] * np.sqrt(
                    spread.essays[i] * spread.essays[j] / (few[i] * few[j])
                )
                variance = max(variance - 2 * shared, 0)
            elif min(few[i], few[j]) > 0 and one + other > 0:
                freedom = (one + other) ** 2 / (one**2 / few[i] + other**2 / few[j])
            margin = stats.t.isf((1 - confidence) / 2, freedom) * np.sqrt(variance)
            if min(few[i], few[j]) < 1 or abs(mean[i] - mean[j]) <= margin:
                tied.append(j)
            else:
                better, worse = better + (mean[j] > mean[i]), worse + (mean[j] < mean[i])
        places.append((1 + better, len(mean) - worse, tied))
    return places


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_keys_compared_in_blocks_stand_as_they_do_compared_one_by_one(monkeypatch, shared, seed):
    rng = np.random.default_rng(seed)
    mean = -np.sort(-rng.normal(size=40))
    essays = rng.integers(2 if shared else 1, 9, size=40).astype(float)
    root = rng.normal(size=(40, 60)) * 0.05
    covariance = root @ root.T + np.diag(rng.random(40) * 0.1)
    spread = Spread(np.diag(covariance), essays, covariance if shared else None)
    monkeypatch.setattr(ties, "_BLOCK_CELLS", 280)
    found = standing(mean, spread, 0.95)
    expected = pairwise_standing(mean, spread)
    assert found.rank_low.tolist() == [low for low, _, _ in expected]
    assert found.rank_high.tolist() == [high for _, high, _ in expected]
    assert [row.tolist() for row in found.tied_with] == [sorted(tied) for _, _, tied in expected]
    assert found.n_tied.tolist() == [len(tied) for _, _, tied in expected]
    opened = 0
    for number, letter in enumerate(found.group):
        if number and number not in expected[opened][2]:
            opened = number
        assert letter == found.group[opened]
    assert 0 < sum(len(tied) for _, _, tied in expected) < 40 * 39
