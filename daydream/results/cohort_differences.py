"""Two cohorts against each other, with templates named as in all tables."""

from __future__ import annotations

import pandas as pd

from daydream.results.reserved_names import apart, named_apart
from daydream.results.statistics.cohort_pairs import CohortDifference, compare_cohorts
from daydream.results.statistics.ratings import Scales


def cohort_differences(
    first: pd.DataFrame, second: pd.DataFrame, scales: Scales
) -> list[CohortDifference]:
    """``compare_cohorts`` of two ``parsed_scores``; a template called ``all`` is no composite."""
    (one, _), (other, _) = named_apart(first, {}), named_apart(second, {})
    return compare_cohorts(one, other, {apart(name): scale for name, scale in scales.items()})
