"""The coverage rule: whether enough evaluations behind an average have a score."""

from __future__ import annotations

import pandas as pd

EXPECTED, VALID, FLAG = "n_expected", "n_valid", "coverage_ok"
# The same of one cell of a pivot, after the name of its block.
CELL_EXPECTED, CELL_VALID, CELL_FLAG = "_n_expected", "_n", "_coverage_ok"


def with_coverage(table: pd.DataFrame, min_coverage: float) -> pd.DataFrame:
    """Add ``coverage_ok`` after ``n_valid``: whether n_valid / n_expected is at least ``least``.

    Averages stay as they are; the column says which of them rest on too few scores, from 0 to 1
    of those asked for. A row that expects nothing is not covered. The blocks of a pivot, with
    ``<block>_n_expected`` and ``<block>_n``, get ``<block>_coverage_ok`` in the same way, blank
    where a cell expects nothing. A table whose rows are no averages has no counts, and is
    returned as it is.
    """
    marked = table
    for block in _blocks(table):
        expected, valid = table[block + CELL_EXPECTED], table[block + CELL_VALID]
        flag = _covered(valid, expected, min_coverage).astype("boolean").where(expected > 0)
        marked = _after(marked, block + CELL_VALID, block + CELL_FLAG, flag)
    if EXPECTED in table and VALID in table:
        marked = _after(marked, VALID, FLAG, _covered(table[VALID], table[EXPECTED], min_coverage))
    return marked


def _blocks(table: pd.DataFrame) -> list[str]:
    names = [str(name) for name in table.columns if str(name).endswith(CELL_EXPECTED)]
    blocks = [name.removesuffix(CELL_EXPECTED) for name in names]
    # An evaluator's mean may be named like a count; its numbers are no whole ones.
    return [
        block
        for block in blocks
        if block + CELL_VALID in table
        and all(table[block + end].dtype.kind == "i" for end in (CELL_EXPECTED, CELL_VALID))
    ]


def _covered(valid: pd.Series, expected: pd.Series, min_coverage: float) -> pd.Series[bool]:
    n_expected = expected.astype(float)
    return ((valid.astype(float) >= min_coverage * n_expected - 1e-9) & (n_expected > 0)).astype(
        bool
    )


def _after(table: pd.DataFrame, column: str, name: str, values: pd.Series) -> pd.DataFrame:
    marked = table.copy()
    marked.insert(list(table.columns).index(column) + 1, name, values)
    return marked
