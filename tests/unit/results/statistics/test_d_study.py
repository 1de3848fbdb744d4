"""Design studies: what a conclusion needs, by generalizability theory."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from daydream.results.statistics.comparison_units import MIN_CLUSTERS, compare_on
from daydream.results.statistics.d_study import ONE_JUDGE, d_study
from daydream.results.statistics.error_strata import combination_squares
from daydream.results.statistics.essay_scores import essay_scores
from daydream.results.statistics.level_variances import (
    NOT_APART,
    ONE_COMBO,
    UNPAIRED,
    level_variances,
)
from daydream.results.statistics.ratings import evaluations
from tests.support.marks import NO_WARNINGS
from tests.unit.results.statistics.designs import Sizes, Spread, cohort
from tests.unit.results.statistics.oats import SCALES, oats
from tests.unit.results.statistics.test_sensitivity import scores

pytestmark = NO_WARNINGS
MODEL, ESSAY_TEMPLATE = "generation_model", "generation_template"


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


def of(axis, frame, scales=None):
    return level_variances(essay_scores(evaluations(frame, scales or {}))[-1], axis)


def test_yates_oats_have_the_mean_squares_of_r():
    """R 4.2: anova(lm(Y ~ B:V + N + B:N, MASS::oats)), and of the plots' means by B and V."""
    nitrogen, variety = (of(axis, oats(), SCALES) for axis in (ESSAY_TEMPLATE, "draft_template"))
    assert nitrogen.behind.shares_drafts and not variety.behind.shares_drafts
    assert nitrogen.unit.value * 200**2 == pytest.approx(180.6, abs=0.05)  # on 36
    # 119.2 on 15 degrees of freedom is less than that.
    assert nitrogen.level_x_combo.value == nitrogen.level_x_combo.low == 0
    assert nitrogen.level_x_combo.high > 0
    assert variety.unit.value * 200**2 == pytest.approx(150.33, abs=0.005)
    assert np.isnan(variety.level_x_combo.value)


def test_with_plots_missing_the_squares_of_combinations_are_those_of_r():
    """R 4.2: anova(lm(Y ~ B:V + N + B:N, MASS::oats[(0:71) %% 11 != 3, ])), sequential squares."""
    frame = oats()[np.arange(72) % 11 != 3].reset_index(drop=True)
    scored = essay_scores(evaluations(frame, SCALES))[-1]
    compared = compare_on(scored.table, ESSAY_TEMPLATE)
    squares, df = combination_squares(compared.units, compared.fit)
    assert (squares * 200**2, df) == (pytest.approx(15 * 179.915731), 15)
    assert of(ESSAY_TEMPLATE, frame, SCALES).unit.value * 200**2 == pytest.approx(163.492419)


@pytest.mark.thorough
@pytest.mark.parametrize("axis", [MODEL, ESSAY_TEMPLATE])
def test_what_a_combination_gives_to_one_level_is_told_from_its_drafts(axis):
    """Interaction 0.8, drafts 0.6, essays 0.5, judgements 0.4: standard deviations in points."""
    rng, spread = np.random.default_rng(3), Spread(1.0, 0.6, 0.5, 0.4, 0.8)
    sizes = Sizes(combos=10, draft_templates=3, models=2, essay_templates=2, judges=2)
    found = [of(axis, cohort(rng, sizes, spread, axis=axis)) for _ in range(80)]
    table = 100 * np.array([one.level_x_combo for one in found])
    assert table[:, 0].mean() == pytest.approx(0.8**2, abs=0.08)
    assert ((table[:, 1] <= 0.8**2) & (table[:, 2] >= 0.8**2)).mean() >= 0.9
    unit = 0.5**2 + 0.4**2 / 2 if axis == ESSAY_TEMPLATE else 0.6**2 + (0.5**2 + 0.4**2 / 2) / 2
    assert 100 * np.mean([one.unit.value for one in found]) == pytest.approx(unit, rel=0.06)


def planned(axis, interaction):
    """The row for one point, from a large pilot, and the variance of a difference by Brennan."""
    spread = Spread(1.0, 0.8, 0.5, 0.6, interaction)
    sizes = Sizes(combos=150, draft_templates=2, models=2, essay_templates=2, judges=2)
    pilot = cohort(np.random.default_rng(11), sizes, spread, axis=axis)
    parts = PARTS.assign(variance=[0.64, 0.25, 0.0, 0.0, 0.0, 0.36, 0.0])
    row = d_study(pilot, {}, components=parts).set_index(["target", "share"]).loc[(axis, 0.1)]
    of_essays = (0.5**2 + 0.6**2 / row["judges"]) / row["essays"]
    of_draft = of_essays + (0.0 if axis == ESSAY_TEMPLATE else 0.8**2)
    return row, 2 * (interaction**2 + of_draft)


@pytest.mark.parametrize("axis", [MODEL, ESSAY_TEMPLATE])
def test_the_planned_design_finds_the_difference_with_the_power_promised(axis):
    """By the noncentral t distribution of statsmodels, with the variances that are true."""
    row, variance = planned(axis, 0.9)
    power = TTestPower().power(1 / np.sqrt(variance), row["drafts"], 0.05)
    assert power == pytest.approx(0.8, abs=0.06)
    without, _ = planned(axis, 0.0)
    assert row["combos"] == row["drafts"] > without["drafts"]
    assert row["drafts_low"] < row["drafts"] < row["drafts_high"]
    drafts = row["drafts"] * (1 if axis == ESSAY_TEMPLATE else 2)
    essays = 2 * row["drafts"] * row["essays"]
    assert row["calls"] == drafts + essays * (1 + row["judges"] * row["replicates"])
    assert row["level_x_combo_low"] < 0.81 < row["level_x_combo_high"]


def test_contrasts_of_such_cohorts_have_the_power_promised():
    """A model of the whole: combination, its liking for a level, drafts, essays, judgements."""
    row, _ = planned(MODEL, 0.9)
    n, essays, judges = (int(row[name]) for name in ("drafts", "essays", "judges"))
    rng, shape = np.random.default_rng(5), (2000, n, 2)
    value = np.array([0.0, 1.0]) + rng.normal(size=(2000, n, 1))
    value = value + rng.normal(0, 0.9, shape) + rng.normal(0, 0.8, shape)
    of_essay = rng.normal(0, 0.5, (*shape, essays))
    judged = rng.normal(0, 0.6, (*shape, essays, judges)).mean(axis=-1)
    value = value + (of_essay + judged).mean(axis=-1)
    found = stats.ttest_rel(value[..., 1], value[..., 0], axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.06)


def test_where_level_and_combination_cannot_be_told_from_drafts_their_sum_is_planned_for():
    rng = np.random.default_rng(2)
    frame = cohort(rng, Sizes(combos=60, draft_templates=1, models=2, judges=2), axis=MODEL)
    row = d_study(frame, {}, components=PARTS).iloc[0]
    assert row["note"].startswith(NOT_APART)
    assert row["drafts"] > 0 and np.isnan(row["level_x_combo"])


def test_nothing_is_said_where_there_is_one_combination_or_none_is_shared():
    rng = np.random.default_rng(6)
    sizes = Sizes(combos=8, draft_templates=2, models=2, judges=2)
    frame = cohort(rng, sizes, axis=MODEL)
    one = frame[frame["combo_id"] == "c0000"]
    odd = frame["combo_id"].str[-1].astype(int) % 2 == 1
    apart = frame[odd == (frame[MODEL] == "m01")]
    for part, note in ((one, ONE_COMBO), (apart, UNPAIRED)):
        rows = d_study(part, {}, components=PARTS).set_index("target").loc[[MODEL]]
        assert set(rows["note"]) == {note}
        assert rows[["drafts", "calls", "level_x_combo"]].isna().all(axis=None)
