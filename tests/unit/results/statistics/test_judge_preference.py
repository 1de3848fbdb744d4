"""Preference for one's own texts, told from severity and from quality."""

import numpy as np
import pandas as pd
import pytest

from daydream.results.statistics.judge_preference import judge_preference

MODELS = ("a", "b", "c")


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
    assert own["low_share"] < 0.15 < own["high_share"] and own["p_holm"] < 0.001
    assert (own["n_own_drafts"], own["n_other_drafts"]) == (12, 24)
    assert (own["rank"], own["rank_without_own"]) == (1, pytest.approx(2, abs=1))
    # Only c is no ally of a; what a gives its family is seen beside c's scores.
    assert table.loc[("family", "a"), "n_own_essays"] == 24


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
