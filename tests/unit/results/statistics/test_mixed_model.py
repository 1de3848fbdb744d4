"""Variance components by likelihood, against lme4's published results and direct computation."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from daydream.results.statistics import alike_nodes
from daydream.results.statistics import likelihood_region as likelihood_region_module
from daydream.results.statistics.likelihood_fit import (
    Curvature,
    approximate,
    approximate_share,
    curvature,
)
from daydream.results.statistics.likelihood_optimum import LEAST_RESIDUAL, best_variances
from daydream.results.statistics.likelihood_region import likelihood_region
from daydream.results.statistics.mixed_model import mixed_model
from daydream.results.statistics.newton import Root
from daydream.results.statistics.profile_likelihood import profile_share, profiles
from tests.support.marks import NO_WARNINGS

# O. L. Davies and P. L. Goldsmith (1972), "Statistical Methods in Research and Production": yield
# of dyestuff (table 6.4; 6 batches x 5), and growth inhibition by penicillin (table 6.6; 24 plates
# x samples A to F). Both are data sets of lme4 for R, whose results are in D. Bates (2010),
# "lme4: Mixed-effects modeling with R", sections 1.4 and 2.1.
DYESTUFF = [
    *(1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495),
    *(1595, 1550, 1605, 1510, 1560, 1445, 1440, 1595, 1465, 1545),
    *(1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445),
]
PENICILLIN = [
    *("27 23 26 23 23 21", "27 23 26 23 23 21", "25 21 25 24 24 20", "26 23 25 23 23 20"),
    *("25 22 26 22 23 20", "24 22 25 23 22 19", "24 20 23 21 22 19", "26 22 26 24 24 21"),
    *("24 21 24 22 22 20", "24 21 24 23 22 19", "26 23 26 24 24 21", "25 22 26 24 24 20"),
    *("26 24 26 24 25 22", "26 23 26 23 23 20", "26 23 25 24 24 22", "25 22 25 23 23 20"),
    *("25 21 24 23 23 20", "25 22 24 23 23 19", "24 21 23 21 21 19", "26 23 26 24 24 21"),
    *("25 21 24 22 22 18", "25 22 25 22 22 20", "24 21 24 22 24 19", "24 21 24 22 21 18"),
]


def dyestuff():
    batch = np.repeat(np.arange(6), 5)
    return mixed_model(np.array(DYESTUFF, dtype=float), [("batch", batch)], [])


def test_dyestuff_has_the_components_and_profile_intervals_of_lme4():
    model = dyestuff()
    found = best_variances(model, reml=True) * model.scale**2
    assert found == pytest.approx([1764.05, 2451.25], rel=1e-9)
    best = best_variances(model, reml=False)
    assert np.sqrt(best) * model.scale == pytest.approx([37.26, 49.51], abs=0.01)  # ML
    published = [(12.2, 84.1), (38.2, 67.7)]
    for found, ends in zip(profiles(model, best, reml=False), published, strict=True):
        assert found.deviation == pytest.approx(ends, abs=0.05)


def test_an_end_at_which_newtons_method_does_not_settle_is_that_of_the_search(monkeypatch):
    """It was taken for no end: the upper end of a share was 1."""
    model = dyestuff()
    best = best_variances(model, reml=False)
    exact = profiles(model, best, reml=False)
    unsettled = lambda slopes, start, bottom, is_minimum: Root(start, False)  # noqa: E731
    monkeypatch.setattr(likelihood_region_module, "newton", unsettled)
    for found, ends in zip(profiles(model, best, reml=False), exact, strict=True):
        assert found.deviation == pytest.approx(ends.deviation, rel=2e-3)
        assert found.share == pytest.approx(ends.share, rel=2e-3)


@pytest.mark.parametrize("nested", [False, True])
def test_penicillin_has_the_components_and_profile_intervals_of_lme4(nested):
    values = np.array([row.split() for row in PENICILLIN], dtype=float).ravel()
    plate, sample = ("plate", np.repeat(np.arange(24), 6)), ("sample", np.tile(np.arange(6), 24))
    parts = ([plate], [sample]) if nested else ([], [plate, sample])
    model = mixed_model(values, *parts)
    deviations = np.sqrt(best_variances(model, reml=True)) * model.scale
    assert deviations == pytest.approx([0.8467, 1.9316, 0.5499], abs=1e-4)
    best = best_variances(model, reml=False)
    published = [(0.634, 1.182), (1.096, 3.556), (0.486, 0.629)]
    for found, ends in zip(profiles(model, best, reml=False), published, strict=True):
        assert found.deviation == pytest.approx(ends, abs=0.001)


@pytest.mark.parametrize("reml", [False, True])
def test_the_variances_of_greatest_likelihood_are_the_same_wherever_the_search_begins(reml):
    """Few levels of everything, and variances of 0, where a search by deviations would stay."""
    rng = np.random.default_rng(8)
    essay, judge = np.repeat(np.arange(12), 3), np.tile(np.arange(3), 12)
    y = rng.normal(size=3)[essay % 3] + rng.normal(size=36).round()
    crossed = [("model", essay % 3), ("judge", judge), ("template", essay % 2)]
    model = mixed_model(y, [("essay", essay), ("draft", essay // 2)], crossed)
    starts = [None, np.full(6, 1e-3), np.array([2.0, 1e-3, 1e-3, 3.0, 1e-3, 0.1])]
    found = [best_variances(model, reml=reml, start=start) for start in starts]
    assert (found[0] == 0).sum() >= 2 and (found[0] > 0).sum() >= 2
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-8, abs=1e-9)
    slopes = model.deviance(found[0], reml=reml)[1]
    assert (slopes[found[0] == 0] > 0).all()
    assert slopes[found[0] > 0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("crossed", [False, True])
@pytest.mark.parametrize("reml", [False, True])
def test_the_likelihood_is_that_of_the_whole_covariance_matrix(crossed, reml):
    rng = np.random.default_rng(0)
    essay = rng.integers(20, size=90)
    combo, judge = (essay // 4), rng.integers(3, size=90)
    y = rng.normal(size=90)
    parts = [("essay", essay), ("combo", combo)]
    model = mixed_model(y, [] if crossed else parts, [*(parts if crossed else []), ("j", judge)])
    variances = np.array([0.3, 0.2, 0.15, 0.5])
    v = 0.5 * np.eye(90)
    for codes, variance in ((essay, 0.3), (combo, 0.2), (judge, 0.15)):
        v += variance * (codes[:, None] == codes[None, :])
    inverse, x, z = np.linalg.inv(v), np.ones((90, 1)), (y - y.mean()) / y.std()
    information = x.T @ inverse @ x
    residual = inverse - inverse @ x @ x.T @ inverse / information
    expected = np.linalg.slogdet(v)[1] + z @ residual @ z
    expected += reml * np.log(information.item())
    value, gradient = model.deviance(variances, reml=reml)
    assert value == pytest.approx(float(expected))
    slope = approx_fprime(variances, lambda at: model.deviance(at, reml=reml)[0], 1e-7)
    assert gradient == pytest.approx(slope, rel=1e-3, abs=1e-3)


def test_the_interval_from_the_curvature_is_near_the_profile_where_there_are_many_levels():
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(150), 4)
    y = rng.normal(size=150)[group] + rng.normal(size=600)
    model = mixed_model(y, [("group", group)], [])
    best = best_variances(model, reml=True)
    at = curvature(model, best)
    exact = profiles(model, best, reml=True)[0]
    assert approximate(at, 0, model.scale) == pytest.approx(exact.deviation, abs=0.02)
    assert approximate_share(at, [0], [0, 1]) == pytest.approx(exact.share, abs=0.02)


def test_the_profile_of_a_share_ends_where_the_likelihood_has_fallen_by_the_cut():
    """Two nested parts together over all: the least deviance with it."""
    rng = np.random.default_rng(5)
    essay, draft = np.repeat(np.arange(24), 3), np.repeat(np.arange(8), 9)
    y = rng.normal(size=8)[draft] + 0.7 * rng.normal(size=24)[essay] + rng.normal(size=72)
    model = mixed_model(y, [("essay", essay), ("draft", draft)], [])
    best = best_variances(model, reml=True)
    least = model.deviance(best, reml=True)[0]
    region = likelihood_region(model, best, reml=True)
    for share in profile_share(region, [0, 1], [0, 1, 2]):

        def deviance(at, share=share):
            part, total = 1 / (1 + np.exp(-at[0])), np.exp(at[1])
            variances = np.array([part * share, (1 - part) * share, 1 - share]) * total
            return model.deviance(variances, reml=True)[0]

        lowest = minimize(deviance, [0.0, 0.0], method="Nelder-Mead").fun
        assert lowest - least == pytest.approx(3.84, abs=0.01)


def least_with(model, place, variance, share=False):
    """The least deviance with one variance (or its share of all) held: a plain search."""
    others = [n for n in range(len(model.names)) if n != place]

    def deviance(at):
        variances = np.zeros(len(model.names))
        variances[others] = np.exp(at)
        total = variances.sum()
        variances[place] = total * variance / (1 - variance) if share else variance
        return model.deviance(variances, reml=False)[0]

    starts = [np.full(len(others), -1.0), np.where(np.arange(len(others)) == 1, 0.0, -9.0)]
    options = {"maxiter": 4000, "maxfev": 4000, "fatol": 1e-4, "xatol": 1e-2}
    return min(minimize(deviance, x, method="Nelder-Mead", options=options).fun for x in starts)


def test_profiles_end_where_the_likelihood_has_fallen_by_the_cut_also_next_to_zeros():
    """Judges whose variance came out as 0, drafts near 0, and few levels of everything."""
    rng = np.random.default_rng(2)
    essay, judge = np.repeat(np.arange(24), 3), np.tile(np.arange(3), 24)
    draft = essay // 4
    y = rng.normal(size=24)[essay] + rng.normal(size=72)
    y -= 0.999 * np.array([y[judge == j].mean() for j in range(3)])[judge]
    model = mixed_model(y, [("essay", essay), ("draft", draft)], [("judge", judge)])
    best = best_variances(model, reml=False)
    least = model.deviance(best, reml=False)[0]
    found = profiles(model, best, reml=False)
    assert found[model.names.index("judge")].deviation.low == 0
    for place, (deviation, share) in enumerate(found):
        for end in deviation:
            rise = least_with(model, place, (end / model.scale) ** 2) - least if end else 3.84
            assert rise == pytest.approx(3.84, abs=0.03)
        for end in share if place == 2 else ():
            rise = least_with(model, place, end, share=True) - least if end else 3.84
            assert rise == pytest.approx(3.84, abs=0.03)


@NO_WARNINGS
def test_profiles_of_a_tiny_cohort_without_any_residual_divide_by_nothing():
    """Two essays, each scored twice alike: all variance is between essays."""
    model = mixed_model(np.array([1.0, 1.0, 5.0, 5.0]), [("essay", [0, 0, 1, 1])], [])
    best = best_variances(model, reml=False)
    assert best == pytest.approx([1.0, LEAST_RESIDUAL], abs=1e-6)
    for place, found in enumerate(profiles(model, best, reml=False)):
        ends = np.array(found.share)
        assert (np.isnan(ends) | ((ends >= 0) & (ends <= 1))).all(), place


@NO_WARNINGS
def test_a_variance_of_which_nearly_nothing_is_known_has_no_upper_end():
    for covariance in (1e8, 1e5):  # e to the 19,600, and to the 620, whose square is too large
        at = Curvature(np.array([0.5, 0.5]), np.array([0, 1]), np.diag([covariance, 0.01]))
        low, high = approximate(at, 0, 1.0)
        assert low < 1e-200 and np.isnan(high)
    assert np.isfinite(approximate(at, 1, 1.0)).all()


def test_a_likelihood_with_nodes_summed_up_by_kind_is_the_one_without(monkeypatch):
    """Scores are missing, so that essays and drafts are of several kinds."""
    rng = np.random.default_rng(4)
    judge, essay, _ = (index.ravel() for index in np.indices((3, 240, 2)))
    there = rng.random(len(essay)) > 0.02
    judge, essay = judge[there], essay[there]
    y = rng.normal(size=len(essay))
    parts = [("j x e", judge * 240 + essay), ("essay", essay), ("draft", essay // 4)]
    model = mixed_model(y, parts, [("judge", judge)])
    assert [len(kinds.nodes) > 1 for kinds in model.summary.kinds] == [True, True]
    monkeypatch.setattr(alike_nodes, "_MOST_VALUES", 0)
    plain = mixed_model(y, parts, [("judge", judge)])
    assert not plain.summary.kinds
    for reml in (False, True):
        variances = np.array([0.3, 0.0, 0.2, 0.0, 0.5])
        value, gradient = model.deviance(variances, reml=reml)
        expected, slope = plain.deviance(variances, reml=reml)
        assert value == pytest.approx(expected)
        assert gradient == pytest.approx(slope)
        step = np.array([0, 0, 0, 1e-7, 0])
        rise = plain.deviance(variances + step, reml=reml)[0] - expected
        assert gradient[3] == pytest.approx(rise / 1e-7, rel=0.02)


def test_factors_that_are_not_nested_are_refused():
    with pytest.raises(ValueError, match="not nested"):
        mixed_model(np.arange(4.0), [("a", [0, 0, 1, 1]), ("b", [0, 1, 0, 1])], [])


@pytest.mark.parametrize("seed", [1, 3, 4, 5])
def test_the_share_of_a_variance_that_is_all_there_is_ends_where_that_of_another_does(seed):
    """Rows and columns alike: the residual has least where one of the two has most."""
    rng = np.random.default_rng(seed)
    row, column = np.repeat(np.arange(6), 4), np.tile(np.arange(4), 6)
    values = rng.normal(size=24)
    for group in (row, column):
        values -= 0.8 * (np.bincount(group, values) / np.bincount(group))[group]
    model = mixed_model(values, [("row", row)], [("column", column)])
    best = best_variances(model, reml=False)
    assert best[:2].tolist() == [0, 0]
    of_row, of_column, rest = (found.share for found in profiles(model, best, reml=False))
    assert rest.low == pytest.approx(1 - max(of_row.high, of_column.high), abs=1e-7)
    assert rest.high == 1
