"""What is said about each evaluator."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from daydream.parsers.score import ScoreRange
from daydream.results.statistics.evaluator_effects import evaluator_effects
from tests.support.marks import NO_WARNINGS

pytestmark = NO_WARNINGS

NAMES = ["parent_gen_id", "evaluation_template", "evaluation_llm_model", "score"]
NAMES += ["error_stage", "error_kind"]


def effects(rows, scales=None):
    """Rows of (essay, template, evaluator, score[, stage and kind of the error])."""
    frame = pd.DataFrame([(*row, "", "")[:6] for row in rows], columns=NAMES)
    frame["gen_id"] = [f"v{i}" for i in range(len(frame))]
    found = evaluator_effects(frame, scales or {})
    return found.set_index(["evaluation_llm_model", "evaluation_template"])


def test_severity_is_the_mean_difference_from_the_others_on_the_same_essay_and_template():
    rows = [("e", "t", "kind", 8.0), ("e", "t", "mean", 2.0), ("e", "t", "fair", 5.0)]
    rows += [("f", "t", "kind", 9.0), ("f", "t", "fair", 6.0)]
    found = effects(rows)["severity"]
    assert found["kind", ""] == pytest.approx((0.45 + 0.3) / 2)
    assert found["mean", "t"] == pytest.approx(-0.45)
    assert found["fair", ""] == pytest.approx((0.0 - 0.3) / 2)


def test_judges_that_always_differ_by_the_same_leave_half_a_step_of_doubt():
    rows = [(f"e{i}", "t", judge, 4.0 + i + (judge == "b")) for i in range(5) for judge in "ab"]
    found = effects(rows).loc[("b", "")]
    error = 0.05 / np.sqrt(5)  # half a point of ten, five ratings
    ends = 0.1 - 2.776445 * error, 0.1 + 2.776445 * error
    assert (found["severity_low"], found["severity_high"]) == pytest.approx(ends)


def test_an_evaluator_is_not_severe_for_having_got_the_poor_essays():
    rows = [(f"good{i}", "t", m, 9.0) for i in range(3) for m in ("x", "y")]
    rows += [(f"poor{i}", "t", m, 1.0) for i in range(3) for m in ("x", "z")]
    assert effects(rows)["severity"].tolist() == pytest.approx([0] * 6)


def test_severity_is_recovered_from_incomplete_simulated_scores():
    rng = np.random.default_rng(0)
    shift = {"a": 0.0, "b": 1.0, "c": -1.0}
    rows = []
    for essay in range(400):
        level = rng.normal(5, 1)
        rows += [
            (f"e{essay}", "t", m, level + s + 0.3 * rng.normal() if rng.random() < 0.8 else np.nan)
            for m, s in shift.items()
        ]
    found = effects(rows)
    assert found["severity"]["b", ""] == pytest.approx(0.15, abs=0.02)
    assert found["severity"]["c", ""] == pytest.approx(-0.15, abs=0.02)
    assert found["pearson"]["a", ""] > 0.8
    assert found["n_expected"]["a", ""] == 400
    assert found["n_valid"]["a", ""] < 400


def test_replicates_weigh_no_more_than_one_rating():
    rows = [("e", "t", "x", 0.0)] * 5 + [("e", "t", "y", 10.0)] + [("e", "t", "z", 5.0)]
    assert effects(rows)["severity"]["z", ""] == pytest.approx(0.0)


def test_shares_at_the_ends_are_of_the_scores_and_on_the_scale_of_the_template():
    rows = [("e", "five", "x", s) for s in (5.0, 5.0, 1.0, 3.0, np.nan)]
    rows += [("e", "ten", "x", s) for s in (5.0, 10.0, 1.0, 0.0)]
    found = effects(rows, {"five": ScoreRange(1, 5)})
    assert found.loc[("x", "five"), ["ceiling_share", "floor_share"]].tolist() == [0.5, 0.25]
    assert found.loc[("x", "ten"), ["ceiling_share", "floor_share"]].tolist() == [0.25, 0.25]
    assert found.loc[("x", ""), "ceiling_share"] == pytest.approx(3 / 8)
    assert found.loc[("x", "five"), "std_share"] == pytest.approx(np.std([1, 1, 0, 0.5], ddof=1))


def test_lost_scores_are_shares_of_what_was_expected():
    rows = [
        ("e", "t", "x", 5.0, ""),
        ("f", "t", "x", np.nan, "evaluation", "TruncatedError"),
        ("g", "t", "x", np.nan, "evaluation", "TruncatedError"),
        ("h", "t", "x", np.nan, "evaluation", "ParseError"),
    ]
    row = effects(rows).loc[("x", "")]
    assert row["unparsed_share"] == 0.75
    assert row["truncated_share"] == 0.5
    assert (row["n_expected"], row["n_valid"]) == (4, 1)


def test_an_evaluator_is_not_blamed_for_what_never_reached_it():
    rows = [
        ("e", "t", "x", 5.0, ""),
        ("f", "t", "x", np.nan, "essay", "TruncatedError"),
        ("g", "t", "x", np.nan, "draft", "ParseError"),
        ("h", "t", "x", np.nan, "evaluation", "CallError"),
        ("i", "t", "x", np.nan, "evaluation", "BudgetError"),
        ("j", "t", "x", np.nan, "evaluation", "TruncatedError"),
        ("k", "t", "x", np.nan, "evaluation", "ParseError"),
        ("l", "t", "x", 6.0, ""),
    ]
    row = effects(rows).loc[("x", "")]
    assert (row["n_expected"], row["n_valid"], row["n_asked"]) == (8, 2, 4)
    assert (row["unparsed_share"], row["truncated_share"]) == (0.5, 0.25)


def test_correlation_is_with_the_mean_of_the_others_over_essays():
    mine, theirs = [1.0, 2.0, 3.0, 9.0], [2.0, 3.0, 5.0, 6.0]
    rows = [(f"e{i}", "t", "x", s) for i, s in enumerate(mine)]
    rows += [(f"e{i}", "t", "y", s - 1) for i, s in enumerate(theirs)]
    rows += [(f"e{i}", "t", "z", s + 1) for i, s in enumerate(theirs)]
    row = effects(rows).loc[("x", "")]
    assert row["pearson"] == pytest.approx(np.corrcoef(mine, theirs)[0, 1])
    assert row["spearman"] == pytest.approx(1.0)
    assert row["n_correlation"] == 4


def test_a_constant_or_lonely_evaluator_correlates_with_nobody():
    rows = [(f"e{i}", "t", m, 7.0 if m == "x" else float(i)) for i in range(5) for m in ("x", "y")]
    rows += [("lonely", "t", "w", 3.0)]
    found = effects(rows)
    assert np.isnan(found["pearson"]["x", ""])
    assert np.isnan(found["severity"]["w", ""])
    assert found["n_severity"]["w", ""] == 0


def many(rng, judges, essays, per_draft=1, noise=1.0):
    """Rows of essays that every judge scored, with the draft of each."""
    rows = []
    for essay in range(essays):
        level = 5 + rng.normal()
        rows += [(f"e{essay}", "t", m, level + s + noise * rng.normal()) for m, s in judges]
    frame = pd.DataFrame(rows, columns=NAMES[:4])
    number = frame["parent_gen_id"].str[1:].astype(int)
    drafts = (number // per_draft).map("d{}".format)
    return frame.assign(gen_id=[f"v{i}" for i in range(len(frame))], draft_gen_id=drafts)


def test_the_interval_of_severity_is_students_over_drafts():
    frame = many(np.random.default_rng(1), [("x", 0.5), ("y", 0.0)], 12)
    row = evaluator_effects(frame, {}).set_index(["evaluation_llm_model", "evaluation_template"])
    row = row.loc[("x", "t")]
    wide = frame.pivot(index="parent_gen_id", columns="evaluation_llm_model", values="score") / 10
    paired = ttest_rel(wide["x"], wide["y"]).confidence_interval()
    assert (row["severity_low"], row["severity_high"]) == pytest.approx((paired.low, paired.high))
    assert row["warning"] == ""


def test_essays_of_one_draft_widen_the_interval_and_four_drafts_have_none():
    rng = np.random.default_rng(2)
    frame = many(rng, [("x", 0.5), ("y", 0.0)], 60, per_draft=6, noise=0.2)
    taste = dict(zip(frame["draft_gen_id"].unique(), rng.normal(size=10), strict=True))
    shift = frame["draft_gen_id"].map(taste).where(frame["evaluation_llm_model"] == "x", 0.0)
    frame = frame.assign(score=frame["score"] + shift)
    alone = frame.assign(draft_gen_id=frame["parent_gen_id"])
    together, apart = (evaluator_effects(one, {}).iloc[0] for one in (frame, alone))
    width = together["severity_high"] - together["severity_low"]
    assert width > 1.8 * (apart["severity_high"] - apart["severity_low"])
    few = evaluator_effects(frame[frame["draft_gen_id"].isin(["d0", "d1", "d2", "d3"])], {})
    assert few["severity"].notna().all() and few["severity_low"].isna().all()
    assert set(few["warning"]) == {"fewer than 5 drafts: no interval"}


def test_panels_that_share_no_essay_have_no_severity_and_say_why():
    rng = np.random.default_rng(3)
    one = many(rng, [("a", 0.0), ("b", 1.0)], 8)
    other = many(rng, [("c", 0.0), ("d", 1.0)], 8)
    other = other.assign(
        gen_id="w" + other["gen_id"], parent_gen_id="f" + other["parent_gen_id"].str[1:]
    )
    found = evaluator_effects(pd.concat([one, other]), {})
    assert found["severity"].isna().all()
    assert set(found["warning"]) == {"judges fall into 2 panels that share no essay"}
    assert found["pearson"].notna().all()


def test_replicates_tell_how_far_a_judge_repeats_itself():
    rng = np.random.default_rng(4)
    rows = []
    for essay in range(40):
        level = 5 + 2 * rng.normal()
        rows += [(f"e{essay}", "t", "sure", level)] * 2
        rows += [(f"e{essay}", "t", "vague", level + 2 * rng.normal()) for _ in range(3)]
        rows += [(f"e{essay}", "t", "once", level)]
    frame = pd.DataFrame(rows, columns=NAMES[:4])
    frame = frame.assign(
        gen_id=[f"v{i}" for i in range(len(frame))], draft_gen_id=frame["parent_gen_id"]
    )
    found = evaluator_effects(frame, {}).query("evaluation_template == 't'")
    found = found.set_index("evaluation_llm_model")
    assert found["n_retest"].to_dict() == {"sure": 40, "vague": 40, "once": 0}
    assert found.loc["sure", ["retest_sd", "retest_alpha"]].tolist() == pytest.approx([0, 1])
    assert found.loc["vague", "retest_sd"] == pytest.approx(0.2, abs=0.03)
    vague = found.loc["vague"]
    assert vague["retest_low"] < vague["retest_alpha"] < vague["retest_high"]
    assert vague["retest_alpha"] == pytest.approx(0.5, abs=0.15)
    assert np.isnan(found.loc["once", "retest_sd"])
