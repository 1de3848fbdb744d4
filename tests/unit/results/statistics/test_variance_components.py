"""Variance components of simulated designs, and the evaluations an essay needs."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from daydream.parsers.score import ScoreRange
from daydream.results.statistics import variance_components as variance_components_module
from daydream.results.statistics.henderson import variance_of
from daydream.results.statistics.variance_components import variance_components
from tests.support.marks import NO_WARNINGS
from tests.unit.results.statistics.test_mixed_model import DYESTUFF, PENICILLIN

pytestmark = NO_WARNINGS

ORIGIN = ["combo_id", "draft_template", "generation_template", "generation_model"]
PANEL = ["evaluation_llm_model", "evaluation_template"]


def design(levels, essays=2, panel=(6, 5), replicates=2):
    """A full cross of origins, ``essays`` of each, a panel of evaluators x templates."""
    origins = pd.DataFrame(product(*(range(n) for n in levels), range(essays)))
    origins.columns = [*ORIGIN, "copy"]
    origins["parent_gen_id"] = [f"e{i}" for i in range(len(origins))]
    judges = pd.DataFrame(
        product(range(panel[0]), range(panel[1]), range(1, replicates + 1)),
        columns=[*PANEL, "replicate"],
    )
    frame = origins.merge(judges, how="cross")
    return frame.assign(gen_id=[f"v{i}" for i in range(len(frame))])


def exact(rng, n, sd):
    """Normal deviates with exactly mean 0 and the standard deviation: no luck of the draw."""
    draws = rng.normal(size=n)
    return sd * (draws - draws.mean()) / draws.std(ddof=1)


def simulate(frame, sds, seed=0):
    rng = np.random.default_rng(seed)
    score = pd.Series(5.0, index=frame.index)
    for name, sd in sds.items():
        by = {
            "rating": ["parent_gen_id", *PANEL],
            "noise": ["gen_id"],
        }.get(name, [name])
        codes = frame.groupby(by).ngroup().to_numpy()
        score += exact(rng, codes.max() + 1, sd)[codes]
    return frame.assign(score=score)


SDS = {
    "combo_id": 1.0,
    "draft_template": 0.5,
    "generation_template": 0.4,
    "generation_model": 0.8,
    "parent_gen_id": 0.6,
    "evaluation_llm_model": 0.7,
    "evaluation_template": 0.3,
    "rating": 0.5,
    "noise": 0.4,
}


SMALL_SDS = {"combo_id": 1.0, "generation_model": 0.8, "evaluation_llm_model": 0.7, "noise": 0.5}
ORDER_SDS = {"combo_id": 0.6, "generation_model": 0.8, "parent_gen_id": 0.6, "noise": 0.7}


def names_of(sds):
    renamed = {"rating": "residual", "noise": "replicate"}
    return {renamed.get(name, name): sd**2 for name, sd in sds.items()}


@pytest.mark.thorough
def test_the_components_of_a_crossed_design_are_recovered(monkeypatch):
    monkeypatch.setattr(variance_components_module, "MOST_COST", 0)  # no profiles, which take long
    scores = simulate(design((12, 3, 3, 4), panel=(5, 4)), SDS)
    table = variance_components(scores, {}).set_index("component")
    truth = names_of(SDS)
    for name, variance in truth.items():
        assert table.loc[name, "variance"] == pytest.approx(variance, rel=0.15, abs=0.01), name
    assert table["share"].sum() == pytest.approx(1)
    total = sum(truth.values())
    assert table.loc["combo_id", "share"] == pytest.approx(1 / total, abs=0.03)
    assert table["n_valid"].eq(len(scores)).all()


@pytest.mark.thorough
def test_scores_missing_at_random_and_an_unbalanced_design_do_not_move_the_components(
    monkeypatch,
):
    monkeypatch.setattr(variance_components_module, "MOST_COST", 0)
    scores = simulate(design((12, 3, 3, 4), panel=(5, 4)), SDS, seed=1)
    rng = np.random.default_rng(0)
    lost = rng.random(len(scores)) < np.where(scores["combo_id"] < 4, 0.6, 0.1)
    table = variance_components(scores.assign(score=scores["score"].mask(lost)), {})
    table = table.set_index("component")
    for name, variance in names_of(SDS).items():
        assert table.loc[name, "variance"] == pytest.approx(variance, rel=0.3, abs=0.05), name
    assert table["n_valid"].eq(int((~lost).sum())).all()
    assert table["n_expected"].eq(len(scores)).all()


def test_in_a_balanced_nested_design_the_estimates_are_those_of_the_analysis_of_variance():
    rng = np.random.default_rng(4)
    table = rng.normal(size=(8, 1)) + rng.normal(size=(8, 5))
    within = table.var(axis=1, ddof=1).mean()
    between = table.mean(axis=1).var(ddof=1) - within / 5
    found = variance_of(table.ravel(), {"group": np.repeat(np.arange(8), 5)})
    assert found.variance["residual"] == pytest.approx(within)
    assert found.variance["group"] == pytest.approx(between)


def test_the_components_of_the_dyestuff_data_are_the_published_ones():
    # O. L. Davies and P. L. Goldsmith (1972), "Statistical Methods in Research and Production",
    # section 6.4: yield of dyestuff, 6 batches x 5; the example of lme4 in R as well.
    values = np.array(DYESTUFF, dtype=float)
    found = variance_of(values, {"batch": np.repeat(np.arange(6), 5)}).variance
    assert found["batch"] == pytest.approx(1764.05)
    assert found["residual"] == pytest.approx(2451.25)


def of_essays_and_judges(values, essays, judges):
    """Scores of a cohort whose only sources are essays and judges."""
    count = len(values)
    one = dict.fromkeys((*ORIGIN[1:], "evaluation_template"), "same")
    essays = [f"e{essay}" for essay in essays]
    return pd.DataFrame(
        {
            "gen_id": [f"v{n:03}" for n in range(count)],
            "combo_id": essays,
            "draft_gen_id": essays,
            "parent_gen_id": essays,
            "evaluation_llm_model": judges,
            "replicate": np.arange(count),
            "score": np.array(values, dtype=float),
        }
    ).assign(**one)


def test_the_table_has_the_intervals_that_lme4_gives_of_dyestuff_and_penicillin():
    dyestuff = of_essays_and_judges(DYESTUFF, np.repeat(np.arange(6), 5), "j")
    values = np.array([row.split() for row in PENICILLIN], dtype=float).ravel()
    samples = np.tile(list("ABCDEF"), 24)
    penicillin = of_essays_and_judges(values, np.repeat(np.arange(24), 6), samples)
    published = [
        (dyestuff, {"combo_id": (12.2, 84.1), "residual": (38.2, 67.7)}, 0.05),
        (
            penicillin,
            {
                "combo_id": (0.634, 1.182),
                "evaluation_llm_model": (1.096, 3.556),
                "residual": (0.486, 0.629),
            },
            0.001,
        ),
    ]
    for scores, intervals, within in published:
        table = variance_components(scores, {}).set_index("component")
        for name, ends in intervals.items():
            row = table.loc[name]
            assert np.sqrt([row["low"], row["high"]]) == pytest.approx(ends, abs=within)
            assert row["method"] == "REML, profile"
            assert row["low"] < row["variance"] < row["high"]
            assert row["share_low"] < row["share"] < row["share_high"]


@pytest.mark.thorough
def test_where_a_likelihood_costs_much_the_intervals_are_from_its_curvature(monkeypatch):
    sds = {name: sd for name, sd in SDS.items() if name not in ORIGIN[1:3]}
    scores = simulate(design((12, 1, 1, 2), panel=(3, 2)), sds)
    profile = variance_components(scores, {}).set_index("component")
    monkeypatch.setattr(variance_components_module, "MOST_COST", 0)
    table = variance_components(scores, {}).set_index("component")
    assert set(table["method"]) == {"REML, curvature"}
    assert table["variance"].equals(profile["variance"])
    essays = ["parent_gen_id", "residual", "replicate"]  # many levels: hardly a difference
    for end in ("low", "high"):
        assert table.loc[essays, end].to_numpy() == pytest.approx(profile.loc[essays, end], rel=0.1)


def test_the_components_of_shrout_and_fleiss_make_their_intraclass_correlation():
    # (1979), table 2: six targets x four judges. Their mean squares, table 3, are 11.24 between
    # targets, 32.49 between judges and 1.02 residual.
    table = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    )
    labels = {"target": np.repeat(np.arange(6), 4), "judge": np.tile(np.arange(4), 6)}
    found = variance_of(table.ravel().astype(float), labels).variance
    expected = {"target": (11.24 - 1.02) / 4, "judge": (32.49 - 1.02) / 6, "residual": 1.02}
    assert found == pytest.approx(expected, abs=0.005)
    assert found["target"] / sum(found.values()) == pytest.approx(0.29, abs=0.005)


def test_estimates_are_unbiased_in_an_unbalanced_crossed_design():
    rng = np.random.default_rng(6)
    rows, columns = rng.integers(8, size=150), rng.integers(4, size=150) ** 2 // 3
    sums = np.zeros(3)
    for _ in range(400):
        values = 2 * rng.normal(size=8)[rows] + rng.normal(size=4)[columns] + rng.normal(size=150)
        found = variance_of(values, {"row": rows, "column": columns})
        sums += list(found.variance.values())
    assert sums / 400 == pytest.approx([4, 1, 1], rel=0.12)


def test_factors_with_one_level_are_dropped_and_say_so():
    scores = simulate(design((6, 1, 1, 3), panel=(2, 1)), {"combo_id": 1, "noise": 1})
    table = variance_components(scores, {}).set_index("component")
    assert table.loc["draft_template", "note"] == "fewer than two levels"
    assert np.isnan(table.loc["generation_template", "variance"])
    assert table.loc["combo_id", "note"] == ""


def test_factors_that_go_together_are_not_told_apart():
    scores = simulate(design((6, 2, 2, 3), panel=(2, 1)), {"combo_id": 1, "noise": 1})
    scores = scores[scores["draft_template"] == scores["generation_template"]]
    table = variance_components(scores, {}).set_index("component")
    assert table.loc["generation_template", "note"] == "same groups as draft_template"


def test_an_essay_of_which_there_is_one_per_combo_is_not_told_from_its_combo():
    scores = simulate(design((20, 1, 1, 1), 1, (2, 1)), {"combo_id": 1, "noise": 1})
    table = variance_components(scores, {}).set_index("component")
    assert table.loc["parent_gen_id", "note"] == "same groups as combo_id"


def test_without_replicates_their_variance_is_part_of_the_residual():
    sds = {name: sd for name, sd in SDS.items() if name not in ORIGIN[1:3]}
    scores = simulate(design((12, 1, 1, 4), panel=(3, 2), replicates=1), sds)
    table = variance_components(scores, {}).set_index("component")
    assert table.loc["replicate", "note"].startswith("no replicates")
    expected = SDS["rating"] ** 2 + SDS["noise"] ** 2
    assert table.loc["residual", "variance"] == pytest.approx(expected, rel=0.15)


def test_a_negative_estimate_counts_as_nothing_and_is_flagged():
    sds = {"parent_gen_id": 1.0, "noise": 1.0}
    tables = [
        variance_components(simulate(design((4, 2, 1, 2), 1, (2, 2)), sds, seed), {})
        for seed in range(3)
    ]
    table = pd.concat(tables)
    negative = table[table["estimate"] < 0]
    assert len(negative)
    assert (negative["variance"] == 0).all()
    assert negative["truncated"].all()
    assert not table.loc[table["estimate"] >= 0, "truncated"].any()


def test_a_variance_of_zero_may_be_as_large_as_the_upper_end_of_its_profile():
    frame = design((3, 2, 2, 2), essays=1, panel=(3, 2), replicates=1)
    scores = simulate(frame, {"combo_id": 0.8, "parent_gen_id": 0.4, "noise": 0.8}, seed=3)
    table = variance_components(scores, {})
    zero = table[table["variance"] == 0]
    assert len(zero) >= 2
    assert (zero["low"] == 0).all() and (zero["share_low"] == 0).all()
    assert (zero["high"] > 0).all() and zero["share_high"].between(0.001, 0.999).all()


@pytest.mark.thorough
def test_shuffled_scores_have_their_variance_in_the_noise():
    scores = simulate(design((6, 2, 2, 3), panel=(3, 2)), SDS)
    shuffled = np.random.default_rng(0).permutation(scores["score"])
    table = variance_components(scores.assign(score=shuffled), {}).set_index("component")
    assert table.loc["replicate", "share"] > 0.95


def test_templates_on_different_scales_are_put_on_zero_to_ten():
    scores = simulate(design((4, 1, 1, 2), 1, (2, 2), 1), SMALL_SDS)
    scores = scores.assign(evaluation_template=scores["evaluation_template"].map("t{}".format))
    second = scores["evaluation_template"] == "t1"
    stretched = scores.assign(score=scores["score"].where(~second, scores["score"] * 10))
    plain = variance_components(scores, {})
    mixed = variance_components(stretched, {"t1": ScoreRange(0, 100)})
    pd.testing.assert_frame_equal(plain, mixed)


def test_the_shares_do_not_depend_on_the_unit_or_the_zero_of_the_scale():
    scores = simulate(design((4, 1, 1, 2), panel=(2, 1), replicates=1), SMALL_SDS)
    moved = scores.assign(score=scores["score"] * 3 + 1000)
    shares = ["share", "share_low", "share_high"]
    one, other = (variance_components(frame, {})[shares] for frame in (scores, moved))
    pd.testing.assert_frame_equal(one, other, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("essays", [1, 2])
def test_the_printed_table_does_not_hang_on_the_order_in_which_sums_are_taken(essays):
    """With other ids the rows are in another order: every sum is rounded in another way."""
    rng = np.random.default_rng(essays)
    scores = simulate(design((5, 2, 1, 3), essays, (3, 1), 1), ORDER_SDS)
    scores = scores.assign(score=scores["score"].round().mask(rng.random(len(scores)) < 0.1))
    printed = variance_components(scores, {}).round(6)
    assert printed["variance"].eq(0).any() and printed["low"].gt(0).any()
    other = scores.assign(gen_id=rng.permutation(scores["gen_id"])).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(variance_components(other, {}).round(6), printed)


def test_replicates_that_never_differ_leave_the_other_components_as_without_them():
    one = simulate(design((4, 1, 1, 2), panel=(2, 1), replicates=1), SMALL_SDS)
    twice = pd.concat([one, one.assign(gen_id=one["gen_id"] + "b", replicate=2)])
    tables = [variance_components(frame, {}).set_index("component") for frame in (one, twice)]
    numbers = ["variance", "low", "high", "share", "share_low", "share_high"]
    without, replicated = (table.drop("replicate")[numbers] for table in tables)
    pd.testing.assert_frame_equal(without, replicated)
    row = tables[1].loc["replicate"]
    assert row["variance"] == 0 and np.isnan(row["high"]) and "never differ" in row["note"]


def test_scores_without_any_chance_in_them_have_components_and_no_intervals():
    frame = design((4, 1, 1, 2), essays=1, panel=(3, 1), replicates=1)
    frame = frame.assign(score=frame["combo_id"] + 2.0 * frame["evaluation_llm_model"])
    table = variance_components(frame, {}).set_index("component")
    assert set(table["method"]) == {"moments"} and table["high"].isna().all()
    assert table.loc["evaluation_llm_model", "variance"] == pytest.approx(4.0)
    assert table.loc["residual", "variance"] == pytest.approx(0.0, abs=1e-12)
