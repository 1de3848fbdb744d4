"""Contrasts: published analyses, independent software, and what they promise on average."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols

from daydream.parsers.score import ScoreRange
from daydream.results.statistics.contrasts import CONTRAST_COLUMNS, contrasts
from tests.support.marks import NO_WARNINGS
from tests.unit.results.statistics.designs import Sizes, Spread, cohort
from tests.unit.results.statistics.oats import SCALES, oats

pytestmark = NO_WARNINGS
TEMPLATE, DRAFT_TEMPLATE, MODEL = "generation_template", "draft_template", "generation_model"


def of(axis, scores, scales=None, template="t"):
    table = contrasts(scores, scales or {}, axes=[axis])
    return table[table["evaluation_template"] == template].reset_index(drop=True)


def test_yates_oats_have_the_published_errors():
    variety = of(DRAFT_TEMPLATE, oats(), SCALES, "yield")
    assert variety["se"].tolist() == pytest.approx([7.0789] * 3, abs=5e-5)
    assert variety["df"].tolist() == [10, 10, 10]
    assert variety["difference"].tolist() == pytest.approx([5.2917, 12.1667, 6.8750], abs=5e-5)
    nitrogen = of(TEMPLATE, oats(), SCALES, "yield")
    assert nitrogen["se"].tolist() == pytest.approx([4.2500] * 6, abs=5e-5)
    assert nitrogen["n_blocks"].tolist() == [18] * 6
    tests = nitrogen[["axis_f", "axis_df", "axis_df_residual"]].iloc[0].tolist()
    assert tests == [pytest.approx(37.69, abs=5e-3), 3, 45]


def test_two_essay_templates_on_the_same_drafts_are_the_paired_t_test():
    scores = cohort(np.random.default_rng(1), effects=[0, 0.6])
    (row,) = of(TEMPLATE, scores).to_dict("records")
    one, other = (
        scores[scores[TEMPLATE] == name].sort_values("draft_gen_id")["score"].to_numpy()
        for name in (row["level_a"], row["level_b"])
    )
    paired = stats.ttest_rel(one, other)
    low, high = paired.confidence_interval(0.95)
    assert [row["t"], row["df"], row["p"]] == pytest.approx([paired.statistic, 17, paired.pvalue])
    assert [row["low"], row["high"]] == pytest.approx([low, high])
    assert row["superiority"] == (one > other).mean()
    assert row["n_drafts"] == 18


def test_incomplete_blocks_are_as_least_squares_in_statsmodels():
    scores = cohort(
        np.random.default_rng(2), Sizes(combos=24, draft_templates=1, essay_templates=4)
    )
    scores = scores.sample(frac=0.8, random_state=3)
    found = of(TEMPLATE, scores)
    model = ols("score ~ C(generation_template) + C(draft_gen_id)", scores).fit()
    for row in found.to_dict("records"):
        names = [f"C({TEMPLATE})[T.{row[side]}]" for side in ("level_a", "level_b")]
        weights = np.array(
            [(one == names[0]) - float(one == names[1]) for one in model.params.index]
        )
        test = model.t_test(weights)
        assert row["difference"] == pytest.approx(float(test.effect[0]))
        assert row["se"] == pytest.approx(float(np.squeeze(test.sd)))
        assert row["df"] == model.df_resid


def test_combinations_are_compared_by_drafts_within_templates_and_models():
    sizes = Sizes(combos=7, draft_templates=3, models=2, essay_templates=1)
    scores = cohort(np.random.default_rng(4), sizes)
    found = of("combo_id", scores)
    model = ols("score ~ C(combo_id) + C(draft_template):C(generation_model)", scores).fit()
    assert found["df"].unique() == [7 * 6 - 7 - 6 + 1]
    assert found["se"].iloc[0] == pytest.approx(float(np.sqrt(model.mse_resid * 2 / 6)), rel=1e-6)


def test_levels_that_share_no_combination_are_compared_by_combinations():
    rng = np.random.default_rng(5)
    scores = cohort(rng, Sizes(combos=12, models=2, essay_templates=3))
    odd = scores["combo_id"].str[-1].astype(int) % 2 == 1
    scores = scores[odd == (scores[MODEL] == "m01")]
    (row,) = of(MODEL, scores).to_dict("records")
    means = scores.groupby([MODEL, "combo_id"])["score"].mean()
    test = stats.ttest_ind(means[row["level_a"]], means[row["level_b"]])
    assert (row["t"], row["df"]) == pytest.approx((test.statistic, 10))
    assert (row["method"], row["n_blocks"]) == ("combinations as clusters, unpaired", 0)


def test_with_too_few_blocks_there_is_no_interval_and_the_row_says_why():
    scores = cohort(np.random.default_rng(6), Sizes(combos=3, essay_templates=3))
    (row,) = of(DRAFT_TEMPLATE, scores).to_dict("records")
    assert np.isnan([row["se"], row["low"], row["p"], row["p_holm"]]).all()
    assert row["warning"] == (
        "no interval: 3 blocks (same combination and generation model), 5 are needed"
    )
    assert abs(row["difference"]) > 0


def test_differences_that_vary_with_the_combination_are_held_against_that():
    rng = np.random.default_rng(7)
    spread = Spread(interaction=2.0, essay=0.3)
    scores = cohort(rng, Sizes(combos=10, draft_templates=4), spread)
    (row,) = of(TEMPLATE, scores).to_dict("records")
    means = scores.pivot_table(index="combo_id", columns=TEMPLATE, values="score")
    test = stats.ttest_rel(means[row["level_a"]], means[row["level_b"]])
    assert (row["t"], row["df"]) == pytest.approx((test.statistic, 9))
    assert row["method"].endswith("errors by combination")


def test_one_noisy_level_makes_its_own_differences_uncertain_only():
    rng = np.random.default_rng(8)
    scores = cohort(rng, Sizes(combos=15, essay_templates=3), Spread(essay=0.3))
    noisy = scores[TEMPLATE] == "w02"
    scores.loc[noisy, "score"] += rng.normal(0, 3, noisy.sum())
    found = of(TEMPLATE, scores)
    touched = (found["level_a"] == "w02") | (found["level_b"] == "w02")
    assert found["method"].str.endswith("variance of this pair").all()
    assert found.loc[touched, "se"].min() > 4 * found.loc[~touched, "se"].max()
    assert (found["df"] == 29).all()


def test_scores_that_the_lenient_judge_lost_do_not_make_a_model_worse():
    """Two equal models, 8 of one's 20 scores by the lenient judge are lost."""
    rows = [
        (f"c{c}", model, judge, 4.0 + 3.0 * (judge == "lenient") + 0.1 * (c % 3))
        for c in range(20)
        for model in ("a", "b")
        for judge in ("lenient", "strict")
        if not (model == "a" and judge == "lenient" and c < 8)
    ]
    scores = pd.DataFrame(rows, columns=["combo_id", MODEL, "evaluation_llm_model", "score"])
    essay = scores["combo_id"] + scores[MODEL]
    scores = scores.assign(
        gen_id=essay + scores["evaluation_llm_model"],
        parent_gen_id=essay,
        evaluation_template="t",
        draft_template="d",
        generation_template="w",
    )
    lost = scores.iloc[:8].assign(
        gen_id=[f"lost{n}" for n in range(8)],
        combo_id=[f"c{n}" for n in range(8)],
        generation_model="a",
        parent_gen_id=[f"c{n}a" for n in range(8)],
        score=np.nan,
    )
    (row,) = of(MODEL, pd.concat([scores, lost])).to_dict("records")
    assert row["difference"] == pytest.approx(0, abs=1e-9)
    assert "coverage differs" in row["warning"]
    assert "80%" in row["warning"]


def test_equal_scores_leave_half_a_step_of_doubt():
    scores = cohort(np.random.default_rng(0), Sizes(combos=5)).assign(score=8.0)
    scores.loc[scores[TEMPLATE] == "w01", "score"] = 9.0
    (row,) = of(TEMPLATE, scores).to_dict("records")
    assert row["se"] == pytest.approx(0.5 * np.sqrt(2 / 10))
    assert row["high"] > row["low"]


def test_templates_come_first_and_the_composite_last_with_equal_weights():
    rng = np.random.default_rng(9)
    novelty = cohort(rng, effects=[3, 0]).assign(evaluation_template="novelty")
    other = cohort(rng, effects=[0, 3]).assign(evaluation_template="reinvention")
    other["gen_id"] = "r" + other["gen_id"]
    other["score"] *= 10
    scores = pd.concat([novelty, other], ignore_index=True)
    found = contrasts(scores, {"reinvention": ScoreRange(0, 100)}, axes=[TEMPLATE])
    assert found["evaluation_template"].tolist() == ["novelty", "reinvention", "all"]
    assert found["n_templates"].tolist() == [1, 1, 2]
    assert found["scale_high"].tolist() == [10, 100, 10]
    signed = found["difference_share"].where(found["level_a"] == "w00", -found["difference_share"])
    assert signed[2] == pytest.approx(signed[:2].mean())
    assert (found["difference"] / found["scale_high"]).tolist() == pytest.approx(
        found["difference_share"].tolist()
    )


def test_nothing_gives_the_columns_and_no_rows():
    assert list(contrasts(oats().iloc[:0], SCALES).columns) == CONTRAST_COLUMNS
    lost = contrasts(oats().assign(score=np.nan), SCALES)
    assert list(lost.columns) == CONTRAST_COLUMNS
    assert lost.empty


def test_a_copy_of_the_draft_that_has_no_second_level_has_no_pairs():
    assert MODEL not in set(contrasts(oats(), SCALES)["axis"])


EVEN = Spread(combo=0.0)


def false_findings(n_trials, sizes, axis, seed, spread=EVEN):
    rng = np.random.default_rng(seed)
    return np.mean(
        [(of(axis, cohort(rng, sizes, spread))["p_holm"] <= 0.05).any() for _ in range(n_trials)]
    )


def covered(n_trials, sizes, axis, seed, spread=EVEN):
    rng = np.random.default_rng(seed)
    inside = []
    for _ in range(n_trials):
        found = of(axis, cohort(rng, sizes, spread))
        inside.append(((found["low"] <= 0) & (found["high"] >= 0)).mean())
    return np.mean(inside)


@pytest.mark.thorough
def test_fifteen_equal_levels_are_seldom_told_apart():
    sizes = Sizes(combos=15, draft_templates=2, models=2, essay_templates=1)
    assert false_findings(25, sizes, "combo_id", 11) <= 0.10


@pytest.mark.thorough
def test_intervals_cover_the_truth_with_ten_blocks():
    assert 0.88 <= covered(40, Sizes(combos=5), TEMPLATE, 12) <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("axis", "sizes"),
    [
        ("combo_id", Sizes(combos=15, draft_templates=2, models=2)),
        (TEMPLATE, Sizes(combos=9, essay_templates=6)),
        (MODEL, Sizes(combos=10, draft_templates=1, models=15, essay_templates=2)),
        (DRAFT_TEMPLATE, Sizes(combos=10, draft_templates=5)),
        (TEMPLATE, Sizes(combos=9, essay_templates=2)),
        (MODEL, Sizes(combos=10, draft_templates=2, models=5)),
    ],
)
def test_the_family_wise_error_is_at_most_five_percent(axis, sizes):
    # 0.05 and twice the simulation's own standard error.
    found = false_findings(400, sizes, axis, 21)
    print(f"family-wise error {axis}: {found:.4f}")
    assert found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("axis", "sizes", "spread"),
    [
        (TEMPLATE, Sizes(combos=5), Spread()),
        (TEMPLATE, Sizes(combos=10, essay_templates=4), Spread()),
        (TEMPLATE, Sizes(combos=10, essay_templates=2), Spread(interaction=1.0)),
        (MODEL, Sizes(combos=10, draft_templates=1, models=3), Spread()),
        (MODEL, Sizes(combos=10, draft_templates=2, models=2), Spread(interaction=1.0)),
        (DRAFT_TEMPLATE, Sizes(combos=10, draft_templates=3), Spread()),
        ("combo_id", Sizes(combos=6, draft_templates=2, models=5), Spread(combo=0.0)),
        (MODEL, Sizes(combos=12, draft_templates=2, models=3, judges=3), Spread(interaction=0.5)),
        # The shape that is shipped: six drafts.
        (TEMPLATE, Sizes(combos=3, draft_templates=2, essay_templates=3), Spread()),
    ],
)
def test_intervals_cover_between_93_and_97_percent_from_ten_clusters_on(axis, sizes, spread):
    found = covered(500, sizes, axis, 22, spread)
    print(f"coverage of the contrasts of {axis}: {found:.4f}")
    assert 0.93 <= found <= 0.97


@pytest.mark.slow
def test_the_power_is_that_of_the_paired_test():
    """Two essay templates on the same 18 drafts, true difference 0.6."""
    rng, ours, paired = np.random.default_rng(23), [], []
    for _ in range(500):
        scores = cohort(rng, Sizes(combos=9, draft_templates=2), effects=[0, 0.6])
        (row,) = of(TEMPLATE, scores).to_dict("records")
        sides = [part["score"].to_numpy() for _, part in scores.groupby(TEMPLATE)]
        ours.append(row["p_holm"] <= 0.05)
        paired.append(stats.ttest_rel(*sides).pvalue <= 0.05)
    print(f"power {np.mean(ours):.3f}, of the paired test {np.mean(paired):.3f}")
    assert 0.5 <= np.mean(paired) <= 0.9
    assert np.mean(ours) >= np.mean(paired) - 0.05
