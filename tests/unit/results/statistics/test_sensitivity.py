"""What changes when a judge or a template is left out, and the effect of length."""

import numpy as np
import pandas as pd
import pytest

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


def test_the_slope_and_its_error_are_those_of_clubsandwich():
    """R's clubSandwich 0.5.8: coef_test(lm(v ~ w + m), vcovCR(type="CR2"), "Satterthwaite")."""
    at = np.arange(30)
    rows = [(f"e{i}", "AB"[i % 2], "j", 3.0 + i * 7 % 5) for i in at]
    frame = scores(rows).assign(essay_words=100 + at * 37 % 400, draft_gen_id=at // 4)
    found = length_effect(frame, {}).iloc[0]
    names = ["slope_share", "se_share", "df", "p"]
    assert found[names].tolist() == pytest.approx(
        [-0.017848284125, 0.03779669269, 3.724551168, 0.6630974731]
    )


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


def test_a_slope_without_any_rest_is_not_certain():
    rows = [(f"e{i}", "AB"[i % 2], "j", 3.0 + i // 2 % 4) for i in range(16)]
    words = [100 * 2 ** (i // 2 % 4) for i in range(16)]
    slope = length_effect(scores(rows).assign(essay_words=words, draft_gen_id=range(16)), {}).iloc[
        0
    ]
    assert slope["slope_share"] == pytest.approx(0.1)
    assert slope["se_share"] == pytest.approx(0.05 / np.sqrt(16 * 1.25))  # half a point, rounded
    assert slope["high_share"] > slope["slope_share"] > slope["low_share"]
