"""The rows of the ranking for one axis, as tables and charts of the report show them."""

from __future__ import annotations

import pandas as pd

from daydream.report.data import ReportTables

_SHARES = {"adjusted_share": "mean", "low_share": "low", "high_share": "high"}


def templates_of(ranking: pd.DataFrame) -> list[str]:
    """The evaluation templates of a ranking, in its order: the composite, if any, is last."""
    return list(dict.fromkeys(ranking["evaluation_template"])) if len(ranking) else []


def axis_rows(tables: ReportTables, axis: str, template: str | None = None) -> pd.DataFrame:
    """Rows of ``axis`` under an evaluation template (None: the composite, or the only one).

    ``key`` is the level; ``mean`` (adjusted), ``low`` and ``high`` are shares of the scale,
    ``points`` is the adjusted mean in points.
    """
    ranking = tables.table("ranking")
    if ranking.empty:
        return ranking
    names = templates_of(ranking)
    own = ranking["evaluation_template"] == (names[-1] if template is None else template)
    rows = ranking[(ranking["axis"] == axis) & own].drop(columns=["mean", "low", "high"])
    return rows.rename(columns={**_SHARES, "level": "key", "adjusted_mean": "points"})


def composite_of(rows: pd.DataFrame) -> int:
    """How many templates the rows are a composite of; 1 for a single template."""
    return int(rows["n_templates"].max()) if len(rows) else 1
