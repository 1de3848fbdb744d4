"""What changes when a judge or a template is left out, and the effect of length."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from daydream.results.statistics.comparison_units import MIN_CLUSTERS
from daydream.results.statistics.d_study import ONE_JUDGE, d_study
from daydream.results.statistics.length_effect import length_effect
from daydream.results.statistics.sensitivity import sensitivity


def scores(rows):
    names = ["parent_gen_id", "generation_model", "evaluation_llm_model", "score"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(
        gen_id=[f"v{n}" for n in range(len(frame))], evaluation_template="t", replicate=1
    )


def test_a_winner_that_hangs_on_one_judge_is_found():
    given = {("A", "fair"): 5, ("B", "fair"): 6, ("A", "fan"): 10, ("B", "fan"): 4}
    table = sensitivity(scores([(w, w, j, s) for (w, j), s in given.items()]), {})
    rows = table.set_index(["left_out", "left_out_name", "level"])
    assert rows.loc[("nothing", "", "A"), ["mean_share", "rank"]].tolist() == [0.75, 1]
    without = rows.loc[("judge", "fan", "A")]
    assert (without["rank_change"], without["winner"], without["winner_changes"]) == (1, "B", True)
    assert without["kendall_tau"] == -1
    assert not rows.loc[("judge", "fair", "A"), "winner_changes"]


def test_a_panel_in_which_one_judge_gave_nearly_all_scores_counts_as_little_more_than_one():
    rows = [(f"e{i}", "AB"[i % 2], "busy", 5.0) for i in range(18)]
    rows += [(f"e{i}", "AB"[i % 2], "idle", 5.0) for i in range(2)]
    table = sensitivity(scores(rows), {}).query("left_out == 'nothing'")
    assert table["n_judges"].tolist() == [2, 2]
    assert table["n_effective_judges"].tolist() == pytest.approx([100 / 82] * 2)  # 9 and 1


def test_the_slope_and_its_clustered_error_are_those_of_statsmodels():
    rng = np.random.default_rng(2)
    words = rng.integers(100, 2000, size=60)
    model, draft = np.array(["A", "B"])[np.arange(60) % 2], np.arange(60) // 4
    value = 5 + 0.4 * np.log2(words / 500) + rng.normal(size=15)[draft] + rng.normal(size=60)
    rows = [(f"e{i}", model[i], "j", value[i]) for i in range(60)]
    frame = scores(rows).assign(essay_words=words, draft_gen_id=draft)
    found = length_effect(frame, {}).iloc[0]
    design = sm.add_constant(np.column_stack([np.log2(words), model == "A"]).astype(float))
    expected = sm.OLS(value / 10, design).fit(cov_type="cluster", cov_kwds={"groups": draft})
    assert found["slope_share"] == pytest.approx(expected.params[1])
    assert found["se_share"] == pytest.approx(expected.bse[1], rel=1e-6)
    assert found["df"] == 14


def test_at_a_common_length_a_writer_of_long_essays_loses_what_length_gave_it():
    rows, words = [], []
    for i in range(20):
        long = i % 2
        for size in (0, 1):
            words.append(200 * 2 ** (2 * long + size))
            rows.append((f"e{i}{size}", "BA"[long], "j", 3.0 + 2 * long + size))
    frame = scores(rows).assign(essay_words=words, draft_gen_id=[r[0] for r in rows])
    table = length_effect(frame, {})
    means = table[table["evaluation_llm_model"] == ""].set_index("generation_model")
    assert means.loc["A", "mean_share"] - means.loc["B", "mean_share"] == pytest.approx(0.2)
    gap = means.loc["A", "share_at_common_length"] - means.loc["B", "share_at_common_length"]
    assert gap == pytest.approx(0.0)


def crossed(judges):
    rng = np.random.default_rng(5)
    noise = {key: rng.normal() for key in [*"ABCD", *range(40), *range(100, 105)]}
    rows = [
        (f"e{d}", "ABCD"[d % 4], f"j{j}", 5 + noise["ABCD"[d % 4]] + noise[d] + rng.normal())
        for d in range(40)
        for j in range(judges)
    ]
    frame = scores(rows)
    combos = [int(r[0][1:]) // 4 for r in rows]
    return frame.assign(draft_gen_id=frame["parent_gen_id"], combo_id=combos)


def test_with_one_judge_a_design_study_says_that_nothing_can_be_said():
    table = d_study(crossed(1), {})
    assert set(table["note"]) == {ONE_JUDGE} and table["calls"].isna().all()


PARTS = pd.DataFrame(
    {
        "component": [
            *("draft_gen_id", "parent_gen_id", "evaluation_llm_model"),
            *("judge_x_generator", "judge_x_essay", "residual", "replicate"),
        ],
        "variance": [0.0, 1.0, 0.5, 0.0, 0.0, 1.0, 0.0],
    }
).assign(low=lambda t: t["variance"] / 2, high=lambda t: t["variance"] * 2)


def test_a_design_costs_its_calls_at_their_prices_and_more_at_the_high_end():
    prices = {"draft": 0.1, "essay": 0.2, "evaluation": 0.01}
    table = d_study(crossed(3), {}, prices, PARTS).set_index(["target", "share"])
    row = table.loc[("generation_model", 0.1)]
    essays = 2 * row["drafts"] * row["essays"]
    judged = essays * row["judges"] * row["replicates"]
    assert row["dollars"] == pytest.approx(0.2 * row["drafts"] + 0.2 * essays + 0.01 * judged)
    per_draft = row["dollars"] / row["drafts"]
    assert row["dollars_low"] == pytest.approx(per_draft * row["drafts_low"])
    assert row["dollars_high"] == pytest.approx(per_draft * row["drafts_high"])
    one = table.loc[("one_essay", 0.2)]
    assert one["dollars"] == pytest.approx(0.01 * one["calls"])
    unknown = d_study(crossed(3), {}, {"draft": 0.1}, PARTS)
    assert unknown["dollars"].isna().all() and unknown["calls"].notna().all()


def test_a_variance_without_an_upper_end_leaves_the_drafts_needed_open_above():
    parts = PARTS.assign(high=PARTS["high"].mask(PARTS["component"] == "residual"))
    row = d_study(crossed(3), {}, {}, parts).set_index(["target", "share"]).loc["one_essay", 0.2]
    assert row["drafts_low"] > 0 and pd.isna(row["drafts_high"])
    assert row["note"] == "an end of the interval is not known"


def test_no_design_has_fewer_drafts_than_the_contrasts_need_for_a_test():
    """A large difference and little variance: two drafts of each level would be enough by z."""
    parts = PARTS.assign(variance=PARTS["variance"] / 20, high=PARTS["high"] / 20)
    table = d_study(crossed(3), {}, {}, parts)
    of_levels = table[table["target"] != "one_essay"]
    assert (of_levels[["drafts", "drafts_low"]] >= MIN_CLUSTERS).all(axis=None)


def test_dear_drafts_are_made_the_most_of():
    cheap = {"draft": 0.01, "essay": 0.01, "evaluation": 0.01}
    parts = PARTS.assign(variance=[1.0, 1.0, 0.5, 0.0, 0.0, 1.0, 0.0])
    dear = cheap | {"draft": 5.0}
    few, many = (
        d_study(crossed(3), {}, prices, parts).set_index(["target", "share"])
        for prices in (dear, cheap)
    )
    at = ("generation_model", 0.1)
    assert few.loc[at, "drafts"] < many.loc[at, "drafts"]


def test_the_planned_design_finds_the_difference_with_the_power_promised():
    table = d_study(crossed(3), {}, components=PARTS).set_index(["target", "share"])
    row = table.loc[("generation_model", 0.1)]
    n, judges, essays = (int(row[name]) for name in ("drafts", "judges", "essays"))
    rng = np.random.default_rng(0)
    sd = np.sqrt((1.0 + 1.0 / (judges * row["replicates"] ** 0)) / essays)
    gaps = 1.0 + sd * np.sqrt(2) * rng.normal(size=(4000, n))
    found = stats.ttest_1samp(gaps, 0.0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.05)
    assert row["drafts_low"] < n < row["drafts_high"]
    assert row["calls"] == 2 * n * (1 + essays * (1 + judges * row["replicates"]))
