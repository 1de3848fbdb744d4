"""An axis under one evaluation template: levels in order, and what is told apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from daydream.results.statistics.comparison_units import SAME_DRAFT, Compared, compare_on
from daydream.results.statistics.error_strata import AxisTest, Stratum, axis_test, error_stratum
from daydream.results.statistics.essay_scores import EssayScores
from daydream.results.statistics.level_means import LevelMeans, level_means
from daydream.results.statistics.pair_tests import PairTests, pair_tests
from daydream.results.statistics.ratings import DRAFT, ESSAY, FloatArray, IntArray
from daydream.results.statistics.shrinkage import shrunken_means

MAX_LEVELS = 3000  # all pairs are tested: 3,000 levels are 4.5 million


class AxisComparison(NamedTuple):
    """K levels of an axis; arrays (K,) are by ``levels``, ``order`` lists them best first.

    ``n_essays`` and ``n_drafts`` count those with a score.
    """

    scored: EssayScores
    levels: list[str]
    order: IntArray
    shrunken: FloatArray
    n_essays: IntArray
    n_drafts: IntArray
    compared: Compared
    stratum: Stratum
    means: LevelMeans
    test: AxisTest
    pairs: PairTests
    dropped: int

    @property
    def within_drafts(self) -> bool:
        """Whether the levels are compared on essays of the same draft."""
        return self.compared.units.method == SAME_DRAFT


def compare_axis(scored: EssayScores, axis: str, confidence: float = 0.95) -> AxisComparison:
    """Compare the levels of ``axis`` that have a score.

    Levels are listed by adjusted mean; where one of them has a single essay, by shrunken mean,
    because the best of many single essays is mostly luck. Of more than 3,000 levels those with
    the largest means are compared, against each other only (``dropped`` counts the others).
    """
    essays, dropped = scored.table, 0
    means = essays.groupby(axis)["value"].mean()
    if len(means) > MAX_LEVELS:
        dropped = len(means) - MAX_LEVELS
        essays = essays[essays[axis].isin(means.nlargest(MAX_LEVELS).index)]
    groups = essays.groupby(axis, sort=True)
    n_essays, n_drafts = (
        np.asarray(groups[name].nunique(), dtype=np.int64) for name in (ESSAY, DRAFT)
    )
    compared = compare_on(essays, axis)
    stratum = error_stratum(compared, scored.step)
    own = level_means(compared.units, stratum.variance, scored.step, confidence)
    shrunken = _shrunken(compared, stratum, own)
    mean = compared.fit.mean
    keys = (-mean.round(12), -shrunken.round(12)) if n_essays.min() == 1 else (-mean.round(12),)
    order = np.lexsort(keys).astype(np.int64)
    return AxisComparison(
        scored=scored,
        levels=[str(level) for level in groups.groups],
        order=order,
        shrunken=shrunken,
        n_essays=n_essays,
        n_drafts=n_drafts,
        compared=compared,
        stratum=stratum,
        means=own,
        test=axis_test(compared, stratum),
        pairs=pair_tests(compared, stratum, order),
        dropped=dropped,
    )


def _shrunken(compared: Compared, stratum: Stratum, own: LevelMeans) -> FloatArray:
    """Shrink with the variance of differences, or else that of the clusters of each level."""
    variance = stratum.variance if stratum.df >= 1 else own.spread**2
    return shrunken_means(compared.fit.mean, variance / np.bincount(compared.units.level))


def adjusted_shares(scored: list[EssayScores], axis: str) -> pd.Series[float]:
    """The ``adjusted_share`` of ``ranking`` by level, under all evaluation templates together.

    ``scored`` is what ``essay_scores`` returns. Empty where judges and essays fall into parts that
    share nothing: then the means of two levels cannot be compared.
    """
    if not scored or scored[-1].panels > 1:
        return pd.Series(dtype=float)
    found = compare_axis(scored[-1], axis)
    return pd.Series(found.compared.fit.mean.round(9), index=found.levels)
