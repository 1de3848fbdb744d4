"""Agreement and variance per essay."""

import numpy as np
import pandas as pd
import pytest

from daydream.parsers.score import ScoreRange
from daydream.results.statistics.agreement import comprehensive_variance, evaluator_agreement
from tests.support.marks import NO_WARNINGS

pytestmark = NO_WARNINGS


def table(*rows):
    """Rows of (essay, template, evaluator, replicate, score)."""
    names = ["parent_gen_id", "evaluation_template", "evaluation_llm_model", "replicate", "score"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(
        gen_id=[f"v_{i}" for i in range(len(frame))],
        combo_id="c",
        draft_template="d",
        generation_template="g",
        generation_model="w",
    )


def duel(*scores):
    """One essay, one template, an evaluator per score."""
    return table(*(("e", "t", f"m{i}", 1, score) for i, score in enumerate(scores)))


def test_an_essay_is_described_by_the_statistics_of_its_ratings():
    row = evaluator_agreement(duel(4.0, 6.0, 8.0), {}).iloc[0]
    assert row["n_valid"] == row["n_ratings"] == row["n_evaluators"] == 3
    assert (row["mean"], row["min"], row["max"], row["median"], row["range"]) == (6, 4, 8, 6, 4)
    assert row["std_dev"] == pytest.approx(2.0)
    assert row["coefficient_of_variation"] == pytest.approx(1 / 3)
    assert row["relative_range"] == pytest.approx(4 / 6)
    assert row["relative_std_dev"] == pytest.approx(2 / 6)
    origin = ["combo_id", "draft_template", "generation_template", "generation_model"]
    assert row[origin].tolist() == ["c", "d", "g", "w"]


@pytest.mark.parametrize(
    ("spread", "expected"),
    [
        (0.0, "high_agreement"),
        (1.0, "high_agreement"),
        (1.5, "moderate_agreement"),
        (2.0, "moderate_agreement"),
        (3.0, "low_agreement"),
        (3.5, "poor_agreement"),
        (10.0, "poor_agreement"),
    ],
)
def test_the_class_is_read_from_the_range(spread, expected):
    row = evaluator_agreement(duel(0.0, spread), {}).iloc[0]
    assert row["agreement_class"] == expected


def test_rounding_does_not_push_a_range_over_a_limit():
    assert 8.3 - 7.3 > 1
    assert evaluator_agreement(duel(7.3, 8.3), {})["agreement_class"].item() == "high_agreement"


def test_one_template_is_compared_on_its_own_scale_and_judged_in_tenths_of_it():
    row = evaluator_agreement(duel(70.0, 78.0), {"t": ScoreRange(0, 100)}).iloc[0]
    assert (row["range"], row["scale_high"]) == (8, 100)
    assert row["range_of_ten"] == pytest.approx(0.8)
    assert row["agreement_class"] == "high_agreement"


def test_templates_of_different_scales_are_compared_in_points_of_ten():
    scores = table(("e", "ten", "m0", 1, 8.0), ("e", "five", "m1", 1, 4.0))
    row = comprehensive_variance(scores, {"five": ScoreRange(1, 5)}).iloc[0]
    assert (row["min"], row["max"], row["range"]) == (7.5, 8.0, 0.5)
    assert (row["scale_low"], row["scale_high"]) == (0, 10)


def test_the_scale_is_chosen_essay_by_essay():
    scores = table(
        *(("mixed", template, f"m{i}", 1, 4.0) for i, template in enumerate(("ten", "five"))),
        *(("plain", "five", f"m{i}", 1, score) for i, score in enumerate((2.0, 4.0))),
    )
    rows = comprehensive_variance(scores, {"five": ScoreRange(1, 5)})
    rows = rows[rows["analysis_type"] == "overall_variance"].set_index("parent_gen_id")
    assert rows.loc["plain", "range"] == 2.0
    assert rows.loc["mixed", "range"] == pytest.approx(3.5)


def test_replicates_are_averaged_and_never_count_as_evaluators():
    scores = table(*(("e", "t", "m0", i, 0.0) for i in range(9)), ("e", "t", "m1", 1, 4.0))
    row = evaluator_agreement(scores, {}).iloc[0]
    assert (row["mean"], row["n_ratings"], row["n_valid"]) == (2.0, 2, 10)
    assert evaluator_agreement(scores.head(9), {}).empty


def test_essays_are_kept_apart_although_everything_else_about_them_is_equal():
    scores = pd.concat([duel(1.0, 2.0), duel(8.0, 9.0).assign(parent_gen_id="f")])
    scores = scores.assign(gen_id=["a", "b", "c", "d"])
    assert evaluator_agreement(scores, {})["mean"].tolist() == [1.5, 8.5]


def test_missing_scores_are_counted_as_expected_and_not_as_valid():
    row = evaluator_agreement(duel(5.0, np.nan, 6.0), {}).iloc[0]
    assert (row["n_expected"], row["n_valid"], row["n_evaluators"]) == (3, 2, 2)
    assert evaluator_agreement(duel(5.0, np.nan), {}).empty


def test_a_mean_of_zero_has_no_relative_measures():
    row = evaluator_agreement(duel(0.0, 0.0), {}).iloc[0]
    assert np.isnan(row["coefficient_of_variation"])
    assert np.isnan(row["relative_range"])


def test_templates_that_ask_different_things_are_no_disagreement():
    scores = table(*(("e", t, m, 1, s) for t, s in (("a", 2.0), ("b", 8.0)) for m in ("x", "y")))
    apart = evaluator_agreement(scores, {})
    assert apart["evaluation_template"].tolist() == ["a", "b"]
    assert apart["range"].tolist() == [0.0, 0.0]


def essays(rng, n_essays, n_judges, noise=1.0, spread=0.0):
    levels = 5 + spread * rng.normal(size=n_essays)
    return table(
        *(
            (f"e{e}", "t", f"m{m}", 1, levels[e] + noise * rng.normal())
            for e in range(n_essays)
            for m in range(n_judges)
        )
    )


def test_how_far_judges_are_apart_does_not_depend_on_how_many_there_are():
    rng = np.random.default_rng(0)
    two, ten = (evaluator_agreement(essays(rng, 400, judges), {}) for judges in (2, 10))
    assert (two["agreement_class"] == "poor_agreement").mean() < 0.06
    assert (ten["agreement_class"] == "poor_agreement").mean() > 0.4
    assert two["pair_difference"].mean() == pytest.approx(2 / np.sqrt(np.pi), abs=0.1)
    assert ten["pair_difference"].mean() == pytest.approx(2 / np.sqrt(np.pi), abs=0.1)
    assert (ten["pair_class"] == "poor_agreement").mean() == 0


def test_of_two_judges_the_difference_is_the_range_and_the_classes_are_the_same():
    rows = evaluator_agreement(essays(np.random.default_rng(1), 30, 2, noise=2.0), {})
    assert rows["pair_difference"].to_numpy() == pytest.approx(rows["range_of_ten"].to_numpy())
    assert rows["pair_class"].tolist() == rows["agreement_class"].tolist()


def test_beside_it_stands_what_judges_who_saw_no_essay_would_give():
    rng = np.random.default_rng(2)
    blind = evaluator_agreement(essays(rng, 300, 4), {})
    assert blind["pair_difference"].mean() == pytest.approx(blind["chance_difference"].iloc[0], 0.1)
    rows = evaluator_agreement(essays(rng, 300, 4, noise=0.5, spread=2.0), {})
    assert rows["pair_difference"].mean() < 0.3 * rows["chance_difference"].iloc[0]


def test_the_chance_difference_is_of_other_judges_and_other_essays():
    scores = table(("e", "t", "x", 1, 0.0), ("e", "t", "y", 1, 1.0), ("f", "t", "x", 1, 4.0))
    # Of three ratings only y's of e and x's of f have neither judge nor essay in common.
    assert evaluator_agreement(scores, {})["chance_difference"].tolist() == pytest.approx([3.0])
    assert evaluator_agreement(duel(1.0, 2.0), {})["chance_difference"].isna().all()


def test_variance_is_taken_across_everything_across_templates_and_across_models():
    cells = {("a", "x"): 2.0, ("b", "x"): 4.0, ("a", "y"): 3.0, ("b", "y"): 9.0}
    scores = table(*(("e", t, m, 1, s) for (t, m), s in cells.items()))
    rows = comprehensive_variance(scores, {})
    key = ["analysis_type", "evaluation_template", "evaluation_llm_model"]
    ranges = {tuple(row[key]): row["range"] for _, row in rows.iterrows()}
    assert ranges == {
        ("overall_variance", "", ""): 7.0,
        ("template_variance", "", "x"): 2.0,
        ("template_variance", "", "y"): 6.0,
        ("model_variance", "a", ""): 1.0,
        ("model_variance", "b", ""): 5.0,
    }
    stability = dict(zip(rows["range"], rows["stability_class"], strict=True))
    assert stability == {
        7: "unstable",
        2: "moderate_stability",
        6: "unstable",
        1: "high_stability",
    } | {5: "unstable"}


def test_one_model_under_one_template_has_no_variance_to_speak_of():
    scores = table(("e", "t", "m", 1, 1.0), ("e", "t", "m", 2, 9.0))
    assert comprehensive_variance(scores, {}).empty


def test_counts_in_the_variance_table_are_those_of_its_own_cell():
    scores = table(
        ("e", "a", "x", 1, 1.0),
        ("e", "a", "y", 1, 2.0),
        ("e", "b", "x", 1, 3.0),
        ("e", "b", "y", 1, np.nan),
    )
    rows = comprehensive_variance(scores, {}).set_index("analysis_type")
    assert rows["n_expected"].to_dict() == {
        "overall_variance": 4,
        "template_variance": 2,
        "model_variance": 2,
    }
    assert rows.loc["overall_variance", "n_valid"] == 3
