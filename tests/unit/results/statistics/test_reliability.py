"""Alpha and the intraclass correlations, against published tables and simulations."""

import numpy as np
import pandas as pd
import pytest

from daydream.parsers.score import ScoreRange
from daydream.results.statistics.icc import intraclass_correlations
from daydream.results.statistics.krippendorff import interval_alpha
from daydream.results.statistics.reliability import intraclass, krippendorff_alpha, reliability

pytestmark = pytest.mark.filterwarnings("error")

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


def scores_of(matrix, template="t"):
    """A row per cell: unit i is essay ei, column j is evaluator mj."""
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
    return pd.DataFrame(rows, columns=names)


def crossed(rng, n_units, n_raters, reliability):
    unit = rng.normal(size=(n_units, 1)) * np.sqrt(reliability)
    return 5 + unit + rng.normal(size=(n_units, n_raters)) * np.sqrt(1 - reliability)


def test_alpha_is_that_of_krippendorffs_worked_example():
    alpha = interval_alpha(KRIPPENDORFF)
    assert alpha.value == pytest.approx(0.849, abs=0.0005)
    assert (alpha.n_units, alpha.n_raters) == (11, 4)
    assert alpha.low < alpha.value < alpha.high <= 1


def test_alpha_of_a_score_table_is_that_of_the_matrix_on_any_scale():
    table = krippendorff_alpha(scores_of(KRIPPENDORFF), {"t": ScoreRange(1, 5)})
    assert table["scope"].tolist() == ["overall", "t"]
    assert table["value"].tolist() == pytest.approx([0.849, 0.849], abs=0.0005)
    assert table["n_expected"].tolist() == [48, 48]
    assert table["n_valid"].tolist() == [41, 41]


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


def test_intraclass_uses_the_essays_that_every_rater_rated():
    holes = np.vstack([SHROUT_FLEISS, [[5, np.nan, 5, 5], [np.nan, 9, 9, 9]]])
    table = intraclass(scores_of(holes), {}).query("scope == 't'")
    assert table["n_units"].tolist() == [6] * 6
    assert table["n_raters"].tolist() == [4] * 6
    assert table["value"].round(2).tolist() == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]


def test_perfect_agreement_is_one():
    same = np.repeat([[1.0], [4.0], [9.0]], 3, axis=1)
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


@pytest.mark.parametrize("n_units", [2, 3, 4])
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
    one, two = (intraclass(frame, {})["value"].tolist() for frame in (once, both))
    assert two == pytest.approx(one)


def test_overall_a_rater_is_a_model_with_a_template_and_scales_are_normalised():
    ten = scores_of(SHROUT_FLEISS, "ten")
    hundred = scores_of(SHROUT_FLEISS * 10, "hundred")
    scales = {"hundred": ScoreRange(0, 100)}
    table = reliability(pd.concat([ten, hundred]), scales).set_index(["measure", "scope"])
    overall = table.loc[("krippendorff_alpha", "overall")]
    assert overall["n_raters"] == 8
    matrix = np.hstack([SHROUT_FLEISS, SHROUT_FLEISS])
    assert overall["value"] == pytest.approx(interval_alpha(matrix).value)
    assert table.loc[("ICC(2,1)", "ten"), "value"] == pytest.approx(0.29, abs=0.005)
    assert table.loc[("ICC(2,1)", "hundred"), "value"] == pytest.approx(0.29, abs=0.005)
