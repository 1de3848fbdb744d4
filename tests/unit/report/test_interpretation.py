"""What the report says of reliability follows the interval, not the value in the middle of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from daydream.report.data import ReportTables
from daydream.report.interpretation import reliability_in_words

ROW = {"measure": "krippendorff_alpha", "scope": "overall", "among": "all essays"}


def sentence(**values: Any) -> str:
    table = pd.DataFrame([{**ROW, "n_units": 30, "n_raters": 3, **values}])
    tables = SimpleNamespace(table=lambda name: table)
    (found,) = reliability_in_words(cast(ReportTables, tables))
    return found


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.81, 0.95, "the scores can be relied upon (0.80 or above)."),
        (0.1, 0.6, "too low to draw conclusions from single scores (below 0.667)."),
        (-0.3, -0.1, "no agreement beyond chance."),
        (-0.2, 0.7, "from: no agreement beyond chance, to: good enough for tentative"),
        (float("nan"), float("nan"), "without an interval nothing can be concluded."),
    ],
)
def test_alpha_has_the_words_of_both_ends_of_its_interval(
    low: float, high: float, expected: str
) -> None:
    assert expected in sentence(value=0.85, low=low, high=high)


def test_a_correlation_overall_and_one_within_origins_are_told_apart() -> None:
    total = sentence(measure="ICC(2,1)", value=0.85, low=0.76, high=0.89)
    assert "any rater's (ICC(2,1)): 0.85" in total and "good reliability" in total
    within = sentence(
        measure="ICC(3,1)", among="within model and combo", value=0.07, low=-0.1, high=0.2
    )
    assert "one model and combination" in within and "poor reliability" in within
