"""Whether enough of the evaluations behind an average have a score."""

from __future__ import annotations

import pandas as pd

EXPECTED, VALID, FLAG = "n_expected", "n_valid", "coverage_ok"


def with_coverage(table: pd.DataFrame, least: float) -> pd.DataFrame:
    """Add ``coverage_ok`` after ``n_valid``: whether n_valid / n_expected is at least ``least``.

    Averages stay as they are; the column says which of them rest on too few scores, from 0 to 1
    of those asked for. A row that expects nothing is not covered. A table whose rows are no
    averages has no counts, and is returned as it is.
    """
    if EXPECTED not in table or VALID not in table:
        return table
    expected = table[EXPECTED].astype(float)
    covered = (table[VALID].astype(float) >= least * expected - 1e-9) & (expected > 0)
    marked = table.copy()
    marked.insert(list(table.columns).index(VALID) + 1, FLAG, covered.astype(bool))
    return marked
