"""Alpha and the intraclass correlations, against published tables and simulations."""

import numpy as np
import pandas as pd
import pytest

from daydream.parsers.score import ScoreRange
from daydream.results.statistics.icc import intraclass_correlations
from daydream.results.statistics.icc_mixed import mixed_correlations
from daydream.results.statistics.icc_within import within_origins
from daydream.results.statistics.krippendorff import Rated, interval_alpha, mean_alpha, midranks
from daydream.results.statistics.pair_kappa import pair_kappas
from daydream.results.statistics.reliability import ALL_ESSAYS, WITHIN, reliability
from tests.support.marks import NO_WARNINGS

pytestmark = NO_WARNINGS

# Krippendorff (2011), section D: four observers, twelve units; 0 stands for a missing value.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ],
    dtype=float,
)
KRIPPENDORFF = np.where(OBSERVERS == 0, np.nan, OBSERVERS).T

# Shrout and Fleiss (1979), table 2: six targets, four judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
    dtype=float,
)


def scores_of(matrix, template="t", per_draft=1):
    """A row per cell: unit i is essay ei, column j is evaluator mj, NaN is a score that failed."""
    rows = [
        (f"{template}{i}{j}", f"e{i:04d}", template, f"m{j}", 1, score)
        for i, row in enumerate(matrix)
        for j, score in enumerate(row)
    ]
    names = [
        "gen_id",
        "parent_gen_id",
        "evaluation_template",
        "evaluation_llm_model",
        "replicate",
        "score",
    ]
    frame = pd.DataFrame(rows, columns=names)
    number = frame["parent_gen_id"].str[1:].astype(int)
    return frame.assign(draft_gen_id=(number // per_draft).map("d{:04d}".format))


def coefficients(table, scope="t", among=ALL_ESSAYS):
    """The rows of one scope by measure."""
    kept = table[(table["scope"] == scope) & (table["among"] == among)]
    return kept[kept["measure"] != "weighted_kappa"].set_index("measure")


def crossed(rng, n_units, n_raters, reliability):
    unit = rng.normal(size=(n_units, 1)) * np.sqrt(reliability)
    return 5 + unit + rng.normal(size=(n_units, n_raters)) * np.sqrt(1 - reliability)


def test_alpha_is_that_of_krippendorffs_worked_example():
    alpha = interval_alpha(KRIPPENDORFF)
    assert alpha.value == pytest.approx(0.849, abs=0.0005)
    assert (alpha.n_units, alpha.n_raters) == (11, 4)
    assert alpha.low < alpha.value < alpha.high <= 1


def test_ordinal_alpha_is_that_of_krippendorffs_worked_example():
    panel = Rated(KRIPPENDORFF, np.arange(12))
    assert mean_alpha([midranks(panel)]).value == pytest.approx(0.815, abs=0.0005)


def test_alpha_of_a_score_table_is_that_of_the_matrix_on_any_scale():
    table = reliability(scores_of(KRIPPENDORFF), {"t": ScoreRange(1, 5)}, n_boot=50)
    for scope in ("t", "overall"):
        part = coefficients(table, scope)
        assert part.loc["krippendorff_alpha", "value"] == pytest.approx(0.849, abs=0.0005)
        assert part.loc["krippendorff_alpha_ordinal", "value"] == pytest.approx(0.815, abs=0.0005)
        assert set(part["n_expected"]) == {48} and set(part["n_valid"]) == {41}


def test_the_intraclass_correlations_are_those_of_shrout_and_fleiss():
    found = {one.form: one for one in intraclass_correlations(SHROUT_FLEISS)}
    published = {
        "ICC(1,1)": 0.17,
        "ICC(2,1)": 0.29,
        "ICC(3,1)": 0.71,
        "ICC(1,k)": 0.44,
        "ICC(2,k)": 0.62,
        "ICC(3,k)": 0.91,
    }
    assert {form: round(one.value, 2) for form, one in found.items()} == published
    for one in found.values():
        assert one.low < one.value < one.high


def test_the_intervals_are_those_that_the_psych_package_prints_for_that_table():
    # W. Revelle, "psych" for R, the example of its function ICC.
    printed = {
        "ICC(1,1)": (-0.133, 0.72),
        "ICC(2,1)": (0.019, 0.76),
        "ICC(3,1)": (0.342, 0.95),
        "ICC(1,k)": (-0.884, 0.91),
        "ICC(2,k)": (0.071, 0.93),
        "ICC(3,k)": (0.676, 0.99),
    }
    bounds = {
        one.form: (round(one.low, 3), round(one.high, 2))
        for one in intraclass_correlations(SHROUT_FLEISS)
    }
    assert bounds == printed


def test_a_complete_table_of_unrelated_essays_has_the_analysis_of_variance():
    part = coefficients(reliability(scores_of(SHROUT_FLEISS), {}, n_boot=50))
    expected = {one.form: one for one in intraclass_correlations(SHROUT_FLEISS / 10)}
    for form, one in expected.items():
        assert part.loc[form, ["value", "low", "high"]].tolist() == pytest.approx(one[1:])
    assert part.loc["ICC(2,1)", "method"] == "analysis of variance"


def test_the_mixed_model_gives_the_published_values_where_nothing_is_missing():
    found = mixed_correlations(SHROUT_FLEISS, np.arange(6))
    published = [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    assert [round(one.value, 2) for one in found] == published
    for one in found:
        assert 0 <= one.low < one.value < one.high <= 1


def test_missing_scores_lose_no_essay():
    """Complete cases would be 16 of 60 essays, and nothing to conclude from."""
    rng = np.random.default_rng(7)
    values, complete = [], []
    for _ in range(20):
        matrix = crossed(rng, 60, 4, 0.6)
        matrix[rng.random(matrix.shape) < 0.28] = np.nan
        values.append(mixed_correlations(matrix, np.arange(60), with_intervals=False)[2].value)
        complete.append(intraclass_correlations(matrix)[2].value)
    assert np.mean(values) == pytest.approx(0.6, abs=0.03)
    assert np.std(values) < 0.7 * np.std(complete)
    part = coefficients(reliability(scores_of(matrix), {}, n_boot=50))
    assert part.loc["ICC(3,1)", "method"] == "REML"
    assert part.loc["ICC(3,1)", "n_units"] > 50


def test_essays_of_one_draft_are_no_independent_witnesses():
    rng = np.random.default_rng(3)
    draft = np.repeat(np.arange(12), 5)
    matrix = rng.normal(size=12)[draft][:, None] + 0.5 * rng.normal(size=(60, 3))
    apart, together = interval_alpha(matrix), interval_alpha(matrix, clusters=draft)
    assert apart.value == pytest.approx(together.value)
    assert together.high - together.low > 1.4 * (apart.high - apart.low)
    part = coefficients(reliability(scores_of(matrix, per_draft=5), {}, n_boot=300))
    assert set(part["n_drafts"]) == {12}
    assert part.loc["ICC(2,1)", "method"] == "REML"


def test_with_four_drafts_there_is_no_interval_and_the_row_says_why():
    matrix = crossed(np.random.default_rng(1), 20, 3, 0.5)
    table = reliability(scores_of(matrix, per_draft=5), {}, n_boot=50)
    assert table["low"].isna().all() and table["value"].notna().all()
    assert set(table["warning"]) == {"fewer than 5 drafts: no interval"}


def test_identical_judges_under_each_template_agree_although_templates_differ():
    """As raters of one table they had alpha -0.19."""
    one = np.repeat([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]], 3, axis=1)
    scores = pd.concat([scores_of(one, "a"), scores_of(7 - one, "b")])
    part = coefficients(reliability(scores, {}, n_boot=50), "overall")
    assert part["value"].tolist() == pytest.approx([1.0] * 8)
    assert set(part["n_templates"]) == {2}
    assert set(part["n_raters"]) == {3}


def test_the_overall_value_is_the_average_over_templates():
    rng = np.random.default_rng(4)
    matrices = {"a": crossed(rng, 30, 3, 0.8), "b": crossed(rng, 30, 3, 0.3)}
    table = reliability(pd.concat([scores_of(m, t) for t, m in matrices.items()]), {}, n_boot=300)
    one, two, both = (coefficients(table, scope) for scope in ("a", "b", "overall"))
    assert both["value"].to_numpy() == pytest.approx((one["value"] + two["value"]).to_numpy() / 2)
    assert (both["low"] < both["value"]).all() and (both["value"] < both["high"]).all()
    alpha = both.loc["krippendorff_alpha"]
    wider = max(
        p.loc["krippendorff_alpha", "high"] - p.loc["krippendorff_alpha", "low"] for p in (one, two)
    )
    assert alpha["high"] - alpha["low"] < wider


def test_a_template_with_one_judge_is_no_part_of_the_average():
    matrix = crossed(np.random.default_rng(2), 12, 3, 0.5)
    scores = pd.concat([scores_of(matrix, "a"), scores_of(matrix[:, :1], "b")])
    table = reliability(scores, {}, n_boot=50)
    assert set(table["scope"]) == {"a", "overall"}
    assert set(table["n_templates"]) == {1}


def test_reliability_overall_may_be_that_of_models_alone():
    """Models that differ by far, essays of one model that differ in nothing but noise."""
    rng = np.random.default_rng(6)
    model = np.repeat(np.arange(10), 6)
    matrix = 5 + 2 * rng.normal(size=10)[model][:, None] + rng.normal(size=(60, 3))
    scores = scores_of(matrix)
    number = scores["parent_gen_id"].str[1:].astype(int)
    scores = scores.assign(generation_model=(number // 6).map("m{}".format), combo_id="c")
    table = reliability(scores, {}, n_boot=50)
    total, within = (coefficients(table, among=among) for among in (ALL_ESSAYS, WITHIN))
    assert total.loc["ICC(3,1)", "value"] > 0.6
    assert within.loc["ICC(3,1)", "value"] == pytest.approx(0, abs=0.15)
    assert within.loc["ICC(3,1)", "low"] < 0 < within.loc["ICC(3,1)", "high"]


def test_within_one_origin_the_value_is_that_of_the_analysis_of_variance():
    found = within_origins(SHROUT_FLEISS, np.zeros(6))
    assert [round(one.value, 2) for one in found.coefficients] == [0.71, 0.91]
    assert np.isnan(found.coefficients[0].low)


def test_gaps_do_not_move_the_reliability_within_origins():
    rng = np.random.default_rng(9)
    origin = np.repeat(np.arange(400), 4)
    matrix = crossed(rng, 1600, 3, 0.4) + rng.normal(size=(400, 3))[origin]
    matrix[rng.random(matrix.shape) < 0.2] = np.nan
    one = within_origins(matrix, origin).coefficients[0]
    assert one.value == pytest.approx(0.4, abs=0.05)
    assert one.low < 0.4 < one.high


def test_kappa_of_a_pair_is_cohens_with_quadratic_weights():
    rng = np.random.default_rng(0)
    matrix = rng.integers(1, 6, size=(40, 3)).astype(float)
    matrix[::5, 2] = np.nan
    for one in pair_kappas(Rated(matrix, np.arange(40)), n_boot=200):
        a, b = matrix[:, [one.first, one.second]][
            np.isfinite(matrix).all(axis=1) if one.second == 2 else slice(None)
        ].T
        weights = np.subtract.outer(np.arange(1, 6), np.arange(1, 6)) ** 2
        table = np.array([[np.mean((a == i) & (b == j)) for j in range(1, 6)] for i in range(1, 6)])
        chance = np.outer(table.sum(axis=1), table.sum(axis=0))
        assert one.value == pytest.approx(1 - (weights * table).sum() / (weights * chance).sum())
        assert one.low < one.value < one.high
        assert one.n_units == len(a)


def test_every_pair_of_judges_has_a_row():
    table = reliability(scores_of(SHROUT_FLEISS), {}, n_boot=50)
    pairs = table[table["measure"] == "weighted_kappa"]
    assert len(pairs) == 6 and set(pairs["scope"]) == {"t"}
    assert pairs[["judge_a", "judge_b"]].iloc[0].tolist() == ["m0", "m1"]


def test_perfect_agreement_is_one():
    same = np.repeat([[1.0], [4.0], [9.0], [2.0], [5.0]], 3, axis=1)
    alpha = interval_alpha(same)
    assert (alpha.value, alpha.low, alpha.high) == (1, 1, 1)
    assert [one.value for one in intraclass_correlations(same)] == [1] * 6


def test_raters_who_differ_by_a_constant_are_consistent_and_do_not_agree():
    shifted = np.array([1.0, 4.0, 9.0])[:, None] + np.array([0.0, 3.0])
    found = {one.form: one.value for one in intraclass_correlations(shifted)}
    assert found["ICC(3,1)"] == 1
    assert found["ICC(2,1)"] < 0.9
    assert interval_alpha(shifted).value < 0.9


def test_without_any_variance_there_is_no_reliability():
    flat = np.full((4, 3), 7.1)
    assert np.isnan(interval_alpha(flat).value)
    assert all(np.isnan(one.value) for one in intraclass_correlations(flat))


def test_alpha_of_shuffled_scores_is_about_zero():
    rng = np.random.default_rng(5)
    matrix = crossed(rng, 300, 4, 0.7)
    assert interval_alpha(matrix).value > 0.6
    shuffled = rng.permuted(matrix.ravel()).reshape(matrix.shape)
    alpha = interval_alpha(shuffled)
    assert abs(alpha.value) < 0.06
    assert alpha.low < 0 < alpha.high


def test_alpha_and_icc_recover_the_reliability_that_was_simulated():
    matrix = crossed(np.random.default_rng(2), 4000, 3, 0.6)
    assert interval_alpha(matrix, n_boot=10).value == pytest.approx(0.6, abs=0.03)
    assert intraclass_correlations(matrix)[1].value == pytest.approx(0.6, abs=0.03)


def test_holes_at_random_do_not_move_alpha():
    rng = np.random.default_rng(8)
    matrix = crossed(rng, 3000, 4, 0.5)
    matrix[rng.random(matrix.shape) < 0.4] = np.nan
    assert interval_alpha(matrix, n_boot=10).value == pytest.approx(0.5, abs=0.05)


def test_the_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(11)
    alpha, icc = 0, 0
    for seed in range(200):
        matrix = crossed(rng, 60, 3, 0.5)
        one = interval_alpha(matrix, n_boot=300, seed=seed)
        alpha += one.low <= 0.5 <= one.high
        icc += (
            intraclass_correlations(matrix)[0].low <= 0.5 <= intraclass_correlations(matrix)[0].high
        )
    assert 0.90 <= alpha / 200 <= 0.99
    assert 0.91 <= icc / 200 <= 0.99


def test_of_few_essays_and_scores_at_the_ceiling_the_interval_of_alpha_still_holds_the_truth():
    # 10,000 units x 4 stand for infinitely many.
    def draw(rng, n_units):
        return np.clip(np.round(8 + 2 * (crossed(rng, n_units, 4, 0.5) - 5)), 0, 9)

    rng = np.random.default_rng(4)
    truth = interval_alpha(draw(rng, 10_000), n_boot=2).value
    held = []
    for seed in range(300):
        one = interval_alpha(draw(rng, 15), n_boot=300, seed=seed)
        held.append(one.low <= truth <= one.high)
    assert 0.91 <= np.mean(held) <= 0.98


def test_where_disagreement_is_rare_the_interval_is_still_one_of_alphas():
    matrix = np.repeat(np.arange(8.0)[:, None], 3, axis=1)
    matrix[0, 0] += 2
    one = interval_alpha(matrix)
    assert -1 <= one.low < one.value <= one.high <= 1


@pytest.mark.parametrize("n_units", [5, 6, 7])
def test_of_a_handful_of_essays_the_interval_stays_within_the_range_of_alpha(n_units):
    rng = np.random.default_rng(n_units)
    for seed in range(20):
        one = interval_alpha(rng.integers(0, 10, size=(n_units, 3)).astype(float), seed=seed)
        assert -1 <= one.low <= one.high <= 1


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    one, same, other = (interval_alpha(KRIPPENDORFF, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_replicates_are_averaged_before_raters_are_compared():
    once = scores_of(SHROUT_FLEISS)
    both = pd.concat(
        [once.assign(score=once["score"] + d, gen_id=once["gen_id"] + str(d)) for d in (-1, 1)]
    )
    one, two = (reliability(frame, {}, n_boot=50)["value"].tolist() for frame in (once, both))
    assert two == pytest.approx(one)


def test_replicates_with_equal_means_are_ties_as_in_the_krippendorff_package():
    """krippendorff 0.9.0: alpha() of the means with level_of_measurement="ordinal"."""
    given = [
        [(0, 1.5), (0.5, 1)],
        [(0.5, 1), (1, 1.5)],
        [(3, 4.5), (3.5, 4)],
        [(2, 2), (0, 1.5)],
        [(4, 4.5), (4.5, 4)],
        [(1, 0.5), (1.5, 0)],
    ]
    rows = [
        (f"e{essay}", f"j{judge}", replicate, score)
        for essay, judges in enumerate(given)
        for judge, pair in enumerate(judges)
        for replicate, score in enumerate(pair)
    ]
    names = ["parent_gen_id", "evaluation_llm_model", "replicate", "score"]
    frame = pd.DataFrame(rows, columns=names).assign(evaluation_template="t")
    frame["gen_id"] = [f"v{n}" for n in range(len(frame))]
    table = reliability(frame, {}).set_index(["scope", "measure"])["value"]
    assert table["t", "krippendorff_alpha_ordinal"] == pytest.approx(0.7607095046854083)
    assert table["t", "krippendorff_alpha"] == pytest.approx(0.936542669584245)


def test_nothing_to_compare_is_a_table_without_rows_and_with_its_columns():
    for matrix in (SHROUT_FLEISS[:, :1], SHROUT_FLEISS[:1]):
        table = reliability(scores_of(matrix), {})
        assert table.empty and {"measure", "scope", "value", "warning"} <= set(table.columns)


def test_a_cohort_whose_raters_differ_and_nothing_else_has_no_share_without_raters():
    """Each rater gives one score to all: the variance without raters is 0, and has no share."""
    nan = np.nan
    ratings = np.array([[nan, 3, 2], [0, nan, 2], [nan, 3, 2]])
    found = {one.form: one for one in mixed_correlations(ratings, np.array([1, 0, 1]))}
    assert np.isnan([*found["ICC(3,1)"][1:], *found["ICC(3,k)"][1:]]).all()
    assert found["ICC(2,1)"].value == pytest.approx(0, abs=1e-6)


def test_the_interval_of_two_essays_goes_to_the_ends_of_the_scale_without_a_warning():
    """Nearly nothing is known: the ends of the logit are beyond what exp can hold."""
    for one in mixed_correlations(np.array([[1.0, 2.0], [1.0, 3.0]]), np.array([0, 0])):
        assert np.isnan(one.low) or 0 <= one.low <= one.value <= one.high <= 1


def test_an_interval_does_not_hang_on_whether_a_correlation_is_0_or_just_above():
    """Scores that differ between essays as much as within them, or a bit more."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(12, 3))
    within, means = noise - noise.mean(axis=1)[:, None], noise.mean(axis=1)
    means -= means.mean()
    ratio = np.sqrt((within**2).sum() / 24 / 3 / ((means**2).sum() / 11))  # mean squares alike
    ends = []
    for factor in (0.999, 1.001):
        found = mixed_correlations(within + factor * ratio * means[:, None], np.arange(12))[0]
        ends.append((found.value, found.low, found.high))
    assert ends[0][0] == 0 < ends[1][0]
    assert ends[0] == pytest.approx(ends[1], abs=0.01)
