"""Two cohorts compared, held against SciPy's paired and Welch's tests on means made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from daydream.parsers import ScoreRange
from daydream.results.statistics.cohort_pairs import (
    SAME_CELLS,
    SAME_ESSAYS,
    UNPAIRED,
    CohortDifference,
    compare_cohorts,
)
from tests.support.marks import NO_WARNINGS
from tests.unit.results.statistics.designs import Sizes, cohort

pytestmark = NO_WARNINGS
SCALES = {"novelty": ScoreRange(0, 10), "depth": ScoreRange(0, 10)}


def scores(seed: int, combos: int = 9, **columns: object) -> pd.DataFrame:
    frame = cohort(np.random.default_rng(seed), Sizes(combos=combos))
    return frame.assign(evaluation_template="novelty", **columns)


def own(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The same design, with generations of its own."""
    ids = ["gen_id", "parent_gen_id", "draft_gen_id"]
    return frame.assign(**{column: name + frame[column] for column in ids})


def means(frame: pd.DataFrame, by: str) -> np.ndarray:
    return frame.groupby(by)["score"].mean().to_numpy()


def only(found: list[CohortDifference]) -> CohortDifference:
    (one,) = found
    return one


def test_essays_of_both_are_paired_with_drafts_as_clusters() -> None:
    june = scores(1, evaluation_llm_model="gpt")
    november = june.assign(
        score=scores(2)["score"], evaluation_llm_model="claude", gen_id="n" + june["gen_id"]
    )
    found = only(compare_cohorts(june, november, SCALES))
    one, other = (means(frame, "draft_gen_id") for frame in (june, november))
    ends = stats.ttest_rel(other, one).confidence_interval()
    assert (found.on, found.n_pairs, found.n_clusters) == (SAME_ESSAYS, 36, 18)
    assert found.difference == pytest.approx(november["score"].mean() - june["score"].mean())
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.mean == pytest.approx((june["score"].mean(), november["score"].mean()))
    assert (found.judges, found.n_same) == (("claude", "gpt"), 0)


def test_cells_of_both_designs_are_paired_with_combinations_as_clusters() -> None:
    june = own(scores(1, generation_model="old"), "j")
    november = own(scores(2, generation_model="new"), "n")
    found = only(compare_cohorts(june, november, SCALES))
    one, other = (means(frame, "combo_id") for frame in (june, november))
    ends = stats.ttest_rel(other, one).confidence_interval()
    assert (found.on, found.n_pairs, found.n_clusters) == (SAME_CELLS, 36, 9)
    assert found.paired_by == ("combo_id", "draft_template", "generation_template")
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_cells_that_only_one_cohort_has_are_left_out() -> None:
    june = own(scores(1, generation_model="old"), "j")
    november = own(scores(2, generation_model="new"), "n")
    more = own(scores(3, generation_model="new", draft_template="third"), "m")
    found = only(compare_cohorts(june, pd.concat([november, more]), SCALES))
    plain = only(compare_cohorts(june, november, SCALES))
    assert found.difference == pytest.approx(plain.difference)


def test_few_combinations_give_an_interval_over_their_cells_and_say_so() -> None:
    june, november = own(scores(1, 3), "j"), own(scores(2, 3), "n")
    found = only(compare_cohorts(june, november, SCALES))
    assert (found.n_clusters, found.note) == (12, "holds for these 3 combinations")
    assert np.isfinite(found.low)


def test_other_combinations_are_not_paired() -> None:
    june, november = own(scores(1), "j"), own(scores(2), "n")
    november["combo_id"] = "other " + november["combo_id"]
    found = only(compare_cohorts(june, november, SCALES))
    one, other = (means(frame, "combo_id") for frame in (june, november))
    ends = stats.ttest_ind(other, one, equal_var=False).confidence_interval()
    assert (found.on, found.n_pairs, found.n_clusters) == (UNPAIRED, 0, 9)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert "other combinations" in found.note


def test_evaluations_that_both_have_are_counted_and_have_no_interval() -> None:
    june = scores(1)
    found = only(compare_cohorts(june, june, SCALES))
    assert (found.difference, found.n_same, found.n_scores) == (0, 36, 36)
    assert np.isnan(found.low) and "the same in every cluster" in found.note


def test_only_common_judges_and_templates_are_compared_where_there_are_some() -> None:
    june, november = (
        own(scores(seed, evaluation_llm_model="gpt"), name) for seed, name in ((1, "j"), (2, "n"))
    )
    ids = november["gen_id"]
    stray = november.assign(evaluation_llm_model="harsh", score=0.0, gen_id="h" + ids)
    other = november.assign(evaluation_template="depth", score=0.0, gen_id="t" + ids)
    found = only(compare_cohorts(june, pd.concat([november, stray, other]), SCALES))
    assert (found.judges, found.template) == (("gpt",), "novelty")
    plain = only(compare_cohorts(june, november, SCALES))
    assert found.difference == pytest.approx(plain.difference)


def test_templates_of_both_also_have_a_composite() -> None:
    june, november = (
        pd.concat([part, part.assign(evaluation_template="depth", gen_id="t" + part["gen_id"])])
        for part in (own(scores(1), "j"), own(scores(2), "n"))
    )
    found = compare_cohorts(june, november, SCALES)
    templates = [(part.template, part.n_templates) for part in found]
    assert templates == [("depth", 1), ("novelty", 1), ("all", 2)]
    assert found[2].difference == pytest.approx(found[0].difference)


def test_without_a_common_template_there_is_nothing_to_compare() -> None:
    june = scores(1)
    assert compare_cohorts(june, june.assign(evaluation_template="depth"), SCALES) == []
    assert compare_cohorts(june, june.assign(score=np.nan), SCALES) == []


def test_essays_from_elsewhere_share_no_cell_and_are_clusters_by_themselves() -> None:
    june, texts = own(scores(1), "j"), own(scores(2), "p")
    blank = dict.fromkeys(("combo_id", "draft_template", "draft_gen_id"), "")
    people = texts.assign(**blank, generation_template="import", generation_model="people")
    web = own(scores(3), "w").assign(**blank, generation_template="import", generation_model="web")
    for first in (june, web):
        found = only(compare_cohorts(first, people, SCALES))
        units = "combo_id" if first is june else "parent_gen_id"
        one, other = means(first, units), means(people, "parent_gen_id")
        ends = stats.ttest_ind(other, one, equal_var=False).confidence_interval()
        assert found.on == UNPAIRED and found.n_clusters == min(len(one), len(other))
        assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
