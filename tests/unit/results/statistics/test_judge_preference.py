"""Preference for one's own texts, told from severity and from quality."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from daydream.results.statistics.judge_preference import judge_preference

MODELS = ("a", "b", "c")
MODELS_AS_WRITERS = pd.DataFrame({"writer": ["a", "other"]})


def panel(bonus=0.0, drafts=12, seed=1):
    """Three models that write and judge; ``a`` adds ``bonus`` points to its own essays."""
    rng = np.random.default_rng(seed)
    rows = []
    for writer in MODELS:
        for draft in range(drafts):
            essay = rng.normal(5, 0.5)
            for judge in MODELS:
                score = essay + {"a": -1.0, "b": 0.5, "c": 0.0}[judge] + rng.normal(0, 0.3)
                score += bonus * (judge == writer == "a")
                rows.append((f"{writer}{draft}", writer, judge, score))
    frame = pd.DataFrame(
        rows, columns=["parent_gen_id", "generation_model", "evaluation_llm_model", "score"]
    )
    family = {"a": "x", "b": "x", "c": "y"}
    return frame.assign(
        gen_id=[f"v{n}" for n in range(len(frame))],
        draft_gen_id=frame["parent_gen_id"],
        evaluation_template="t",
        replicate=1,
        generation_provider=frame["generation_model"].map(family),
        evaluation_provider=frame["evaluation_llm_model"].map(family),
    )


def test_a_judge_that_prefers_its_own_is_found_and_severity_is_no_preference():
    table = judge_preference(panel(bonus=1.5), {}).set_index(["kind", "evaluation_llm_model"])
    own = table.loc[("self", "a")]
    assert own["difference_share"] == pytest.approx(0.15, abs=0.03)  # of a scale of ten points
    assert own["p_holm"] < 0.001
    assert (own["n_own_drafts"], own["n_other_drafts"]) == (12, 24)


def test_the_preference_of_one_judge_is_not_taken_for_one_of_the_others():
    """Beside the scores that a gives its own essays, b and c seem to like theirs more."""
    found = pd.concat(judge_preference(panel(bonus=1.5, seed=seed), {}) for seed in range(8))
    of_all = found[found["kind"] == "self"].groupby("evaluation_llm_model")["difference_share"]
    assert of_all.mean().tolist() == pytest.approx([0.15, 0.0, 0.0], abs=0.012)


def test_beside_judges_that_do_not_write_it_is_the_t_test_of_welch():
    scores = panel(bonus=0.5)
    scores = scores[scores["generation_model"] == "a"].merge(MODELS_AS_WRITERS, how="cross")
    scores["generation_model"] = scores["writer"]
    scores["parent_gen_id"] = scores["draft_gen_id"] = scores["writer"] + scores["parent_gen_id"]
    scores["score"] += np.random.default_rng(3).normal(0, 0.4, len(scores))
    scores["gen_id"] = [f"v{n}" for n in range(len(scores))]
    (row,) = judge_preference(scores, {}).query("kind == 'self'").to_dict("records")
    table = scores.pivot(index=["writer", "parent_gen_id"], columns="evaluation_llm_model")["score"]
    gap = (table["a"] - table[["b", "c"]].mean(axis=1)) / 10
    test = stats.ttest_ind(gap["a"], gap["other"], equal_var=False)
    low, high = test.confidence_interval(0.95)
    assert [row["p"], row["df"], row["low_share"], row["high_share"]] == pytest.approx(
        [test.pvalue, test.df, low, high]
    )


def test_scores_that_a_severe_judge_did_not_give_are_no_preference():
    scores = panel()
    exact = {"a": -1.0, "b": 0.5, "c": 0.0}
    scores["score"] = scores["evaluation_llm_model"].map(exact) + 5 + scores.index % 36 // 3 / 10
    lost = (scores["evaluation_llm_model"] == "b") & (scores["generation_model"] == "a")
    found = judge_preference(scores[~(lost & (scores.index % 2 == 0))], {})
    assert found["difference_share"].dropna().tolist() == pytest.approx([0.0] * 3, abs=1e-9)


def test_of_two_judges_that_wrote_everything_nothing_is_said():
    scores = panel(bonus=1.0)
    two = scores[scores["evaluation_llm_model"].isin(["a", "b"])]
    two = two[two["generation_model"].isin(["a", "b"])]
    rows = judge_preference(two, {}).query("kind == 'self'")
    assert rows["difference_share"].isna().all() and rows["p"].isna().all()
    assert rows["rank_without_own"].isna().all()
    assert set(rows["note"]) == {
        "no other judge scored both these and others' essays that are not its own"
    }
    # So are families: only c is no ally of a, and c wrote what is left.
    family = judge_preference(scores, {}).query("kind == 'family'")
    assert family["difference_share"].isna().all()


def test_a_writer_without_the_scores_of_its_own_lenient_judge_is_not_worse_for_it():
    """In truth a is before b before c; a is the severe judge, and b the lenient one."""
    truth, leniency = {"a": 5.2, "b": 5.0, "c": 4.9}, {"a": -1.0, "b": 0.5, "c": 0.0}
    scores = panel()
    scores["score"] = scores["generation_model"].map(truth) + scores["evaluation_llm_model"].map(
        leniency
    )
    rows = judge_preference(scores, {}).query("kind == 'self'")
    assert rows["rank_without_own"].tolist() == rows["rank"].tolist() == [1, 2, 3]


@pytest.mark.thorough
def test_without_preference_the_difference_is_no_more_than_chance():
    nobody = {"generation_provider": "", "evaluation_provider": ""}  # families are not the matter
    found = [judge_preference(panel(seed=seed).assign(**nobody), {}) for seed in range(40)]
    p = pd.concat(found).groupby(np.repeat(np.arange(40), 3))["p_holm"]
    assert (p.min() < 0.05).mean() <= 0.15  # 0.05 of families, give or take three errors


def test_with_one_judge_nothing_is_tested_and_the_row_says_so():
    scores = panel()
    (row,) = (
        judge_preference(scores[scores["evaluation_llm_model"] == "a"], {})
        .query("kind == 'self'")
        .to_dict("records")
    )
    assert row["note"] == "no other judge scored these essays" and np.isnan(row["p"])


def test_drafts_that_do_not_differ_leave_half_a_step_of_doubt():
    scores = panel()
    scores["score"] = 5.0 + (scores["evaluation_llm_model"] == "a")
    rows = judge_preference(scores, {}).query("kind == 'self'")
    assert (rows["high_share"] - rows["low_share"]).min() > 0.05
    assert (rows["p"] > 0.9).all() and set(rows["note"]) == {""}
