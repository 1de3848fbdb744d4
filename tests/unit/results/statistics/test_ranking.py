"""Rankings: order, intervals, ties, letters, bounds and warnings."""

import numpy as np
import pandas as pd
import pytest

from daydream.errors import ConfigError
from daydream.parsers.score import ScoreRange
from daydream.results.statistics.ranking import RANKING_COLUMNS, ranking
from tests.support.marks import NO_WARNINGS
from tests.unit.results.statistics.designs import Sizes, Spread, cohort

pytestmark = NO_WARNINGS
MODEL = "generation_model"
MODELS = Sizes(combos=10, draft_templates=2, models=3, essay_templates=2)


def of(axis, scores, scales=None, template="t", **options):
    table = ranking(scores, scales or {}, axes=[axis], **options)
    return table[table["evaluation_template"] == template].set_index("level")


def test_levels_are_ranked_by_their_means():
    scores = cohort(np.random.default_rng(0), MODELS, effects=[-2, 2, 0], axis=MODEL)
    found = of(MODEL, scores)
    means = scores.groupby(MODEL)["score"].mean()
    assert list(found.index) == ["m01", "m02", "m00"]
    for name in ("rank", "rank_low", "rank_high"):
        assert found[name].tolist() == [1, 2, 3]
    assert found["letters"].tolist() == ["a", "b", "c"]
    for name in ("mean", "adjusted_mean", "bound_low", "bound_high"):
        assert found[name].to_dict() == pytest.approx(means.to_dict())
    assert (found["mean"] / 10).tolist() == pytest.approx(found["mean_share"].tolist())
    assert found[["n_clusters", "n_drafts", "n_essays"]].drop_duplicates().to_numpy().tolist() == [
        [10, 20, 40]
    ]
    assert set(found["warning"]) == {""}


def test_levels_that_cannot_be_told_apart_are_tied_and_share_a_letter():
    scores = cohort(np.random.default_rng(1), MODELS, effects=[0, 0, 4], axis=MODEL)
    found = of(MODEL, scores)
    assert found["letters"].tolist() == ["a", "b", "b"]
    assert found.loc["m02", ["rank_low", "rank_high", "tied_with"]].tolist() == [1, 1, ""]
    assert found.loc["m00", ["rank_low", "rank_high", "tied_with"]].tolist() == [2, 3, "m01"]


def test_fewer_than_five_clusters_have_no_interval_and_say_so():
    found = of(MODEL, cohort(np.random.default_rng(2), Sizes(combos=2, models=2)))
    assert found["low"].isna().all()
    assert found["warning"].str.startswith("no interval: 4 of the 5 clusters").all()


def test_drafts_of_few_combinations_say_nothing_of_other_ones_and_the_row_says_so():
    found = of(MODEL, cohort(np.random.default_rng(2), Sizes(combos=3, models=2)))
    assert found["n_clusters"].tolist() == [6, 6]
    assert set(found["warning"]) == {"holds for these 3 combinations"}


def test_many_essays_of_one_draft_are_no_evidence_about_other_drafts():
    rng = np.random.default_rng(3)
    few, many = (
        of(MODEL, cohort(rng, Sizes(combos=10, models=1, essay_templates=n), Spread(draft=2.0)))
        for n in (2, 20)
    )
    width = [(one["high"] - one["low"]).iloc[0] for one in (few, many)]
    assert width[1] > 0.5 * width[0]


def test_equal_scores_leave_an_interval_wider_than_nothing():
    scores = cohort(np.random.default_rng(4), Sizes(combos=5, models=2)).assign(score=8.0)
    scores.loc[scores[MODEL] == "m01", "score"] = 9.0
    found = of(MODEL, scores)
    assert (found["high"] - found["low"]).min() > 0.2


def test_two_nines_are_not_above_two_eights_for_certain():
    rows = [("a", "x", 9.0), ("a", "y", 9.0), ("b", "x", 8.0), ("b", "y", 8.0)]
    scores = pd.DataFrame(rows, columns=[MODEL, "combo_id", "score"])
    names = scores[MODEL] + scores["combo_id"]
    scores = scores.assign(gen_id=names, parent_gen_id=names, evaluation_template="t")
    found = of(MODEL, scores)
    assert found["rank_low"].tolist() == [1, 1]
    assert found["rank_high"].tolist() == [2, 2]
    assert found["low"].isna().all()


def test_missing_scores_widen_the_bounds_and_warn_where_levels_differ():
    sizes = Sizes(combos=10, draft_templates=1, models=2, essay_templates=1, judges=2)
    scores = cohort(np.random.default_rng(5), sizes)
    scores["score"] += 3.0 * (scores["evaluation_llm_model"] == "j01")
    lost = scores.index[(scores[MODEL] == "m00") & (scores["evaluation_llm_model"] == "j01")][:8]
    scores["error_kind"] = ""
    scores.loc[lost, ["score", "error_kind"]] = [np.nan, "TruncatedError"]
    found = of(MODEL, scores)
    left = scores[(scores[MODEL] == "m00") & scores["score"].notna()]["score"]
    row = found.loc["m00"]
    assert row["mean"] == pytest.approx(left.mean())
    assert row["adjusted_mean"] > row["mean"] + 0.5
    assert row["bound_low"] == pytest.approx(left.sum() / 20)
    assert row["bound_high"] == pytest.approx((left.sum() + 80) / 20)
    assert row[["n_expected", "n_valid", "n_truncated"]].tolist() == [20, 12, 8]
    assert "coverage differs between levels: 60%" in row["warning"]


def test_the_best_of_many_single_essays_is_shrunken():
    sizes = Sizes(combos=120, draft_templates=1, essay_templates=1)
    scores = cohort(np.random.default_rng(6), sizes, Spread(combo=0, draft=1.5)).assign(
        generation_template="w"
    )
    found = of("combo_id", scores)
    assert found["mean"].max() > 8
    assert found["shrunken_mean"].max() < 5.7
    assert (found["rank_high"] - found["rank_low"] == 119).all()
    assert found["warning"].str.contains("one essay").all()


def test_a_single_lucky_essay_comes_after_many_good_ones():
    sizes = Sizes(combos=8, draft_templates=10, essay_templates=1)
    scores = cohort(
        np.random.default_rng(7), sizes, Spread(combo=0, draft=1.5), [3, *[0] * 7], axis="combo_id"
    )
    lucky = scores["combo_id"] == "c0001"
    first = scores.index[lucky][0]
    scores = scores[~lucky | (scores.index == first)]
    scores.loc[first, "score"] = 9.5
    found = of("combo_id", scores)
    assert found["mean"].idxmax() == "c0001"
    assert found.index[0] == "c0000"


def test_templates_stand_by_themselves_and_the_composite_is_last():
    """Novelty 8 and reinvention 1 are not the same as 4.5 and 4.5."""
    one = cohort(np.random.default_rng(8), MODELS, effects=[3, -0.5, 0], axis=MODEL)
    other = cohort(np.random.default_rng(9), MODELS, effects=[-4, -0.5, 0], axis=MODEL)
    both = pd.concat([one, other.assign(gen_id="r" + other["gen_id"], evaluation_template="u")])
    table = ranking(both, {}, axes=[MODEL])
    assert list(dict.fromkeys(table["evaluation_template"])) == ["t", "u", "all"]
    assert table["n_templates"].tolist() == [1] * 6 + [2] * 3
    whole = table.set_index(["evaluation_template", "level"])["mean"]
    for level in ("m00", "m01"):
        halves = (whole["t", level] + whole["u", level]) / 2
        assert whole["all", level] == pytest.approx(halves)


def test_points_are_on_the_scale_of_the_template():
    scores = cohort(np.random.default_rng(10), MODELS)
    found = of(MODEL, scores.assign(score=3.0), {"t": ScoreRange(1, 5)})
    assert found["mean"].tolist() == [3.0] * 3
    assert found["mean_share"].tolist() == [0.5] * 3
    assert (found["scale_low"].iloc[0], found["scale_high"].iloc[0]) == (1, 5)


def test_a_level_without_scores_is_last_and_has_no_rank():
    scores = cohort(np.random.default_rng(11), MODELS)
    scores["score"] = scores["score"].where(scores[MODEL] != "m00")
    found = of(MODEL, scores)
    assert found.index[-1] == "m00"
    assert pd.isna(found.loc["m00", "rank"])
    assert found.loc["m00", ["n_expected", "n_valid", "n_essays", "warning"]].tolist() == [
        40,
        0,
        0,
        "no score",
    ]


def test_equal_means_have_equal_ranks():
    found = of(MODEL, cohort(np.random.default_rng(12), MODELS).assign(score=5.0))
    assert found["rank"].tolist() == [1, 1, 1]


def test_ranking_by_what_is_no_axis_says_what_is():
    with pytest.raises(ConfigError, match=r"cannot rank by colour.*generation_model"):
        ranking(cohort(np.random.default_rng(0)), {}, axes=["colour"])


def test_nothing_gives_the_columns_and_no_rows():
    assert list(ranking(pd.DataFrame(), {}).columns) == RANKING_COLUMNS


def covered(n_trials, sizes, axis, seed, spread):
    rng, inside = np.random.default_rng(seed), []
    for _ in range(n_trials):
        found = of(axis, cohort(rng, sizes, spread))
        inside.append(((found["low"] <= 5) & (found["high"] >= 5)).mean())
    return np.mean(inside)


# Judges are fixed: their mean is part of the truth, so that they do not vary here.
EVEN = Spread(combo=0.0, judge=0.0)


@pytest.mark.thorough
def test_intervals_cover_the_mean_of_a_level():
    sizes = Sizes(combos=5, draft_templates=2, models=3, essay_templates=3)
    assert 0.88 <= covered(30, sizes, MODEL, 13, EVEN) <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("axis", "sizes", "spread"),
    [
        (MODEL, Sizes(combos=5, draft_templates=2, models=4, essay_templates=3), EVEN),
        (MODEL, Sizes(combos=10, draft_templates=1, models=3), Spread(judge=0.0)),
        ("generation_template", Sizes(combos=5, essay_templates=4), EVEN),
        ("draft_template", Sizes(combos=10, draft_templates=3), Spread(judge=0.0)),
        ("combo_id", Sizes(combos=6, draft_templates=2, models=5), EVEN),
        # Drafts of one combination are alike.
        (MODEL, Sizes(combos=20, draft_templates=2, models=3), Spread(judge=0.0)),
        ("generation_template", Sizes(combos=10, essay_templates=3), Spread(judge=0.0)),
        # The shape that is shipped.
        ("generation_template", Sizes(combos=3, draft_templates=2, essay_templates=3), EVEN),
    ],
)
def test_intervals_cover_between_93_and_97_percent_from_ten_clusters_on(axis, sizes, spread):
    found = covered(500, sizes, axis, 14, spread)
    print(f"coverage of the means of {axis}: {found:.4f}")
    assert 0.93 <= found <= 0.97
