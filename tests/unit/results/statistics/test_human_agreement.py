"""Agreement with people and prediction-powered means, against independent software."""

from __future__ import annotations

import numpy as np
import pytest
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from daydream.results.statistics.human_agreement import _measures, agreement, weighted_kappa
from daydream.results.statistics.prediction_powered import corrected_mean


def pairs(n: int, seed: int = 0, noise: float = 1.0):
    random = np.random.default_rng(seed)
    truth = random.normal(5, 2, n)
    return truth, 0.7 * truth + 1 + random.normal(0, noise, n)


@pytest.mark.parametrize(("n", "others"), [(20, 100), (10, 15), (60, 1000), (3, 2)])
def test_the_corrected_mean_is_that_of_the_authors_package(n: int, others: int) -> None:
    human, judge = pairs(n + others, seed=n)
    ours = corrected_mean(human[:n], judge[:n], judge[n:])
    assert ours.estimate == pytest.approx(
        float(ppi_mean_pointestimate(human[:n], judge[:n], judge[n:])[0])
    )
    low, high = ppi_mean_ci(human[:n], judge[:n], judge[n:], alpha=0.05)
    assert ours.interval() == pytest.approx((float(low[0]), float(high[0])))


def test_a_judge_that_knows_nothing_is_not_relied_on_much() -> None:
    random = np.random.default_rng(1)
    human = random.normal(5, 2, 400)
    ours = corrected_mean(human, random.normal(size=400), random.normal(size=4000))
    assert ours.weight < 0.3
    assert ours.gain == pytest.approx(1.0, abs=0.03)


def test_a_constant_judge_leaves_the_human_mean() -> None:
    human, _ = pairs(12)
    ours = corrected_mean(human, np.full(12, 7.0), np.full(100, 7.0))
    assert (ours.estimate, ours.weight) == (pytest.approx(human.mean()), 0.0)


def test_clusters_of_one_change_nothing_and_larger_ones_widen() -> None:
    human, judge = pairs(60)
    alone = corrected_mean(human[:20], judge[:20], judge[20:])
    singles = corrected_mean(human[:20], judge[:20], judge[20:], np.arange(20), np.arange(40))
    assert singles == pytest.approx(alone)
    doubled = np.repeat(human[:10], 2), np.repeat(judge[:10], 2), np.repeat(judge[10:30], 2)
    naive = corrected_mean(*doubled)
    clustered = corrected_mean(*doubled, np.repeat(np.arange(10), 2), np.repeat(np.arange(20), 2))
    assert clustered.se == pytest.approx(naive.se * np.sqrt(2))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        draft = random.normal(0, 1, 100).repeat(3)  # three essays a draft
        truth = 5 + draft + random.normal(0, 1, 300)
        judge = truth + 1 + random.normal(0, 1, 300)
        clusters = np.arange(100).repeat(3)
        rated = random.permutation(300)[:90]
        mask = np.zeros(300, dtype=bool)
        mask[rated] = True
        low, high = corrected_mean(
            truth[mask], judge[mask], judge[~mask], clusters[mask], clusters[~mask]
        ).interval()
        hits += low <= 5 <= high
    assert 0.90 <= hits / 400 <= 0.99


def test_weighted_kappa_is_cohens_with_quadratic_weights() -> None:
    random = np.random.default_rng(2)
    first = random.integers(0, 10, 200)
    second = np.clip(first + random.integers(-2, 3, 200), 0, 9)
    table = np.zeros((10, 10))
    np.add.at(table, (first, second), 1)
    expected = cohens_kappa(table, wt="quadratic").kappa
    assert weighted_kappa(first.astype(float), second.astype(float)) == pytest.approx(expected)


def test_correlations_are_those_of_scipy_and_bias_and_guesser_are_plain() -> None:
    human, judge = pairs(40)
    found = agreement(human, judge, np.arange(40))
    assert found.pearson == pytest.approx(stats.pearsonr(human, judge).statistic)
    assert found.spearman == pytest.approx(stats.spearmanr(human, judge).statistic)
    assert found.bias == pytest.approx(judge.mean() - human.mean())
    assert found.mae_constant == pytest.approx(np.abs(human - np.median(human)).mean())
    assert found.pearson_low < found.pearson < found.pearson_high


@pytest.mark.parametrize("seed", range(5))
def test_an_essay_that_is_drawn_twice_counts_as_two_equal_ones(seed: int) -> None:
    random = np.random.default_rng(seed)
    human, judge = (random.integers(0, 5, 12).astype(float) for _ in range(2))
    counts = random.integers(0, 4, 12)
    first, second = human.repeat(counts), judge.repeat(counts)
    expected = [
        stats.pearsonr(first, second).statistic,
        stats.spearmanr(first, second).statistic,
        weighted_kappa(first, second),
        float(np.mean(second - first)),
    ]
    assert _measures(human, judge, counts[None, :].astype(float))[0] == pytest.approx(expected)


def test_few_drafts_have_no_interval() -> None:
    human, judge = pairs(12)
    found = agreement(human, judge, np.arange(12) // 4)
    assert found.n_clusters == 3
    assert np.isnan([found.pearson_low, found.kappa_high, found.bias_low]).all()


@pytest.mark.thorough
def test_the_bootstrap_interval_of_the_bias_covers_with_drafts_of_alike_essays() -> None:
    random = np.random.default_rng(4)
    hits = 0
    for seed in range(100):
        shift = random.normal(0, 1, 25).repeat(4)  # how a judge errs on a draft
        human = random.normal(5, 1, 100)
        found = agreement(human, human + 1 + shift, np.arange(25).repeat(4), seed=seed)
        hits += found.bias_low <= 1 <= found.bias_high
    assert hits / 100 >= 0.86
