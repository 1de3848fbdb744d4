"""Evaluations are put on one scale, and replicates are averaged, before anything is compared."""

import numpy as np
import pandas as pd
import pytest

from daydream.errors import CatalogError
from daydream.parsers.score import ScoreRange
from daydream.results.statistics.agreement import comprehensive_variance, evaluator_agreement
from daydream.results.statistics.d_study import d_study
from daydream.results.statistics.evaluator_effects import evaluator_effects
from daydream.results.statistics.judge_preference import judge_preference
from daydream.results.statistics.length_effect import length_effect
from daydream.results.statistics.pairwise import bradley_terry, comparisons
from daydream.results.statistics.ranking import ranking
from daydream.results.statistics.ratings import comparable, evaluations, ratings
from daydream.results.statistics.reliability import reliability
from daydream.results.statistics.sensitivity import sensitivity
from daydream.results.statistics.variance_components import variance_components
from tests.support.marks import NO_WARNINGS
from tests.unit.results.statistics.designs import Sizes, cohort

pytestmark = NO_WARNINGS

COLUMNS = [
    "gen_id",
    "parent_gen_id",
    "cohort_id",
    "combo_id",
    "draft_template",
    "generation_template",
    "generation_model",
    "evaluation_template",
    "evaluation_llm_model",
    "replicate",
    "score",
    "error",
    "evaluation_response_path",
    "generation_response_path",
]

ANALYSES = {
    "agreement": evaluator_agreement,
    "variance": comprehensive_variance,
    "reliability": reliability,
    "components": variance_components,
    "d_study": d_study,
    "judge_preference": judge_preference,
    "sensitivity": sensitivity,
    "length_effect": length_effect,
    "ranking": ranking,
    "effects": evaluator_effects,
}


def table(*rows):
    """Rows of (essay, template, evaluator, replicate, score), as parsed_scores.csv has them."""
    frame = pd.DataFrame(
        rows,
        columns=[
            "parent_gen_id",
            "evaluation_template",
            "evaluation_llm_model",
            "replicate",
            "score",
        ],
    )
    frame["gen_id"] = [f"v_{i}" for i in range(len(frame))]
    return frame.reindex(columns=COLUMNS)


def full(seed=0):
    rng = np.random.default_rng(seed)
    return table(
        *(
            (f"e{e}", f"t{t}", f"m{m}", r, float(rng.integers(0, 11)))
            for e in range(6)
            for t in range(2)
            for m in range(3)
            for r in (1, 2)
        )
    ).assign(combo_id=lambda f: "c" + f["parent_gen_id"].str[-1].astype(int).mod(2).astype(str))


@pytest.mark.parametrize("name", ANALYSES)
def test_no_rows_give_the_same_columns_and_no_rows(name):
    columns = list(ANALYSES[name](full(), {}).columns)
    for nothing in (full().iloc[:0], pd.DataFrame(columns=COLUMNS), pd.DataFrame()):
        result = ANALYSES[name](nothing, {})
        assert list(result.columns) == columns
        assert result.empty


@pytest.mark.parametrize("name", ANALYSES)
def test_scores_that_are_all_missing_give_no_numbers_and_no_warnings(name):
    scores = full().assign(score=np.nan, error="no score found")
    result = ANALYSES[name](scores, {})
    assert list(result.columns) == list(ANALYSES[name](full(), {}).columns)
    if name.startswith("ranking"):
        assert result["mean"].isna().all()
        assert result["rank"].isna().all()
    elif name == "effects":
        assert (result["unparsed_share"] == 1).all()
        assert result["severity"].isna().all()
    else:
        assert result.empty


@pytest.mark.parametrize("name", ["agreement", "reliability"])
def test_a_single_evaluator_agrees_with_nobody(name):
    one = full().query("evaluation_llm_model == 'm0'")
    assert ANALYSES[name](one, {}).empty


@pytest.mark.parametrize("name", ANALYSES)
def test_a_table_that_was_prepared_gives_what_the_scores_give(name):
    scores = full().query("parent_gen_id != 'e5' and replicate == 1")
    prepared = evaluations(scores, {"t0": ScoreRange(0, 20)})
    found = ANALYSES[name](prepared, {"t0": ScoreRange(0, 20)})
    assert found.equals(ANALYSES[name](scores, {"t0": ScoreRange(0, 20)}))


@pytest.mark.parametrize("name", ANALYSES)
def test_one_evaluation_or_one_value_everywhere_gives_no_warning(name):
    ANALYSES[name](full().head(1), {})
    ANALYSES[name](full().head(2), {})
    ANALYSES[name](full().assign(score=7.0), {})


@pytest.mark.parametrize("name", ANALYSES)
def test_the_order_of_the_rows_does_not_matter(name):
    scores = full()
    result = ANALYSES[name](scores, {})
    pd.testing.assert_frame_equal(result, ANALYSES[name](scores.sample(frac=1, random_state=1), {}))


@pytest.mark.parametrize("name", ANALYSES)
def test_the_scores_that_are_given_are_not_changed(name):
    scores = full()
    before = scores.copy(deep=True)
    ANALYSES[name](scores, {})
    pd.testing.assert_frame_equal(scores, before)


@pytest.mark.parametrize("function", [bradley_terry, comparisons])
def test_no_duels_give_the_same_columns_and_no_rows(function):
    row = {"item_a": "x", "item_b": "y", "first": "a", "winner": "a"}
    columns = list(function(pd.DataFrame([row])).columns)
    for nothing in (pd.DataFrame(), pd.DataFrame([row]).iloc[:0]):
        assert list(function(nothing).columns) == columns
        assert function(nothing).empty


def test_scores_are_normalised_on_the_scale_of_their_own_template():
    scores = table(("e", "ten", "m", 1, 5.0), ("e", "five", "m", 1, 2.0), ("e", "x", "m", 1, 10.0))
    frame = evaluations(scores, {"five": ScoreRange(1, 5), "ten": ScoreRange(0, 10)})
    assert frame["unit"].tolist() == [0.5, 0.25, 1.0]


def test_scores_of_one_scale_stay_as_they_are_and_mixed_ones_become_points_of_ten():
    scales = {"five": ScoreRange(1, 5), "six": ScoreRange(1, 5)}
    same = evaluations(table(("e", "five", "m", 1, 2.0), ("e", "six", "m", 1, 3.0)), scales)
    mixed = evaluations(table(("e", "five", "m", 1, 2.0), ("e", "ten", "m", 1, 3.0)), scales)
    assert comparable(same)["value"].tolist() == [2.0, 3.0]
    assert comparable(mixed)["value"].tolist() == [2.5, 3.0]
    assert comparable(mixed)["scale_high"].tolist() == [10.0, 10.0]


def test_a_scale_that_does_not_rise_is_named():
    with pytest.raises(CatalogError, match=r"'flat'.*score_max"):
        evaluations(table(("e", "flat", "m", 1, 5.0)), {"flat": ScoreRange(3, 3)})


def test_an_evaluation_that_two_cohorts_share_counts_once():
    scores = full()
    twice = pd.concat([scores.assign(cohort_id="a"), scores.assign(cohort_id="b")])
    assert len(evaluations(twice, {})) == len(scores)


def test_replicates_become_one_rating():
    scores = table(("e", "t", "m", 1, 4.0), ("e", "t", "m", 2, 7.0), ("e", "t", "m", 3, np.nan))
    rated = ratings(evaluations(scores, {}))
    assert rated[["score", "n"]].to_numpy().tolist() == [[5.5, 2]]


def test_ratings_with_equal_means_are_ties_to_ranks():
    """0 and 1.5 average to 0.075 of ten, 0.5 and 1 to a float beside it."""
    given = {"e1": (0.0, 1.5), "e2": (0.5, 1.0)}
    rows = [
        (essay, "t", "j", n, score) for essay, pair in given.items() for n, score in enumerate(pair)
    ]
    found = ratings(evaluations(table(*rows), {}))
    assert found["unit"].tolist() == [0.075, 0.075]


def test_scores_of_evaluations_whose_essay_is_unknown_are_not_pooled_into_one_essay():
    scores = table((None, "t", "m0", 1, 1.0), (np.nan, "t", "m1", 1, 9.0))
    assert evaluator_agreement(scores, {}).empty


def test_words_and_infinities_are_not_scores():
    scores = table(("e", "t", "m", 1, "seven"), ("e", "t", "m", 2, "7"), ("e", "t", "m", 3, np.inf))
    assert evaluations(scores, {})["score"].tolist()[1] == 7.0
    assert evaluations(scores, {})["score"].notna().sum() == 1


def test_an_essay_from_elsewhere_stands_for_its_own_draft() -> None:
    frame = cohort(np.random.default_rng(1), Sizes())
    blank = dict.fromkeys(("combo_id", "draft_template", "draft_gen_id"), "")
    found = evaluations(frame.assign(**blank), {})
    assert (found["draft_gen_id"] == found["parent_gen_id"]).all()
    known = evaluations(frame.assign(draft_gen_id=""), {})  # as earlier versions wrote tables
    assert (known["draft_gen_id"] == "").all()
