"""Where controls stand among essays, held against numbers made by hand and SciPy's interval."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from daydream.parsers import ScoreRange
from daydream.report import control_grids
from daydream.report.data import ReportTables
from daydream.report.names import Names
from daydream.results.statistics.controls import controls
from tests.support.marks import NO_WARNINGS

pytestmark = NO_WARNINGS
SCALES = {"novelty": ScoreRange(0, 10)}


def scores(kind: str, by_judge: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        {
            "gen_id": f"{kind}{judge}{n}",
            "parent_gen_id": f"{kind}{n}",
            "generation_model": kind,
            "evaluation_template": "novelty",
            "evaluation_llm_model": judge,
            "score": score,
        }
        for judge, given in by_judge.items()
        for n, score in enumerate(given)
    ]
    return pd.DataFrame(rows)


def test_a_control_has_its_mean_and_place_by_all_judges_and_by_each() -> None:
    essays = scores("writer", {"a": [2, 4, 6, 8], "b": [4, 4, 6, 10]})
    planted = scores("control-empty", {"a": [3], "b": [5]})
    found = controls(essays, planted, SCALES).set_index("evaluation_llm_model")
    assert list(found.index) == ["", "a", "b"]
    whole = found.loc[""]
    assert (whole["mean"], whole["essays_mean"], whole["difference"]) == (4, 5.5, -1.5)
    assert whole["share_below"] == (1 + 0.5) / 4  # essays are at 3, 4, 6 and 9
    assert whole["warning"] == "no interval: 1 of the 5 texts that it needs"
    assert (found.loc["a", "mean"], found.loc["b", "share_below"]) == (3, 0.5)


def test_a_judge_that_is_called_all_or_not_named_is_not_the_row_of_all_judges() -> None:
    given = {"all": [2.0, 4], "": [6.0, 8]}
    essays, planted = scores("writer", given), scores("control-empty", given)
    found = controls(essays, planted, SCALES)
    assert found["evaluation_llm_model"].tolist() == ["", "all"]
    assert found["mean"].tolist() == [5, 3]
    names = Names({}, {}, {"all": "all"}, {})
    tables = SimpleNamespace(table=lambda _: found.assign(coverage_ok=True), names=names)
    shown = control_grids.controls(cast(ReportTables, tables))
    assert shown is not None
    assert [row[2].text for row in shown.rows] == ["(all judges)", "all"]


def test_five_texts_have_an_interval_and_missing_scores_are_counted() -> None:
    given = [1.0, 2, 4, 5, 9, np.nan]
    planted = scores("control-concepts", {"a": given})
    (row,) = controls(scores("w", {"a": [3, 5]}), planted, SCALES).iloc[:1].to_dict("records")
    ends = stats.t.interval(0.95, 4, np.mean(given[:5]), stats.sem(given[:5]))
    assert (row["low"], row["high"]) == pytest.approx(ends)
    assert (row["n_essays"], row["n_expected"], row["n_valid"]) == (5, 6, 5)


def test_without_controls_or_scores_there_is_nothing_to_tell() -> None:
    essays = scores("w", {"a": [3.0, 5]})
    assert controls(essays, essays[:0], SCALES).empty
    lost = controls(essays, scores("control-empty", {"a": [np.nan]}), SCALES)
    assert lost["mean"].isna().all() and list(lost["n_valid"]) == [0, 0]
