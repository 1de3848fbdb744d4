"""Chart of the sources of variance of the scores."""

from __future__ import annotations

import altair as alt
import pandas as pd

from daydream.experiment.short_names import shorten
from daydream.report.charts.base import (
    BLUE,
    NO_SCORE,
    AnyChart,
    Drawn,
    as_wide_as_page,
    caption_of,
    clean,
    data,
    less_than,
)
from daydream.report.charts.upright import upright
from daydream.report.data import ReportTables

SOURCES = {
    "combo_id": "combination",
    "draft_template": "draft template",
    "generation_template": "essay template",
    "generation_model": "generation model",
    "evaluation_llm_model": "evaluator",
    "evaluation_template": "evaluation template",
    "draft_gen_id": "the draft itself",
    "parent_gen_id": "the essay itself",
    "judge_x_generator": "evaluator with model",
    "judge_x_essay": "evaluator with essay",
    "residual": "rest: evaluator with essay",
    "replicate": "asking again (replicate)",
}
_WIDTH, _ROW, _LEAST = 560, 24, 240
_NOTE = 60  # characters


def variance_bars(tables: ReportTables) -> Drawn | str:
    """The share of the variance that each source has."""
    table = tables.table("variance_components")
    if not len(table) or not table["share"].notna().any():
        has_scores = tables.scores["score"].notna().any()
        return "The scores have no variance that could be divided." if has_scores else NO_SCORE
    rows = _described(table.sort_values("share", ascending=False, kind="stable"))
    return Drawn(_chart(rows), _caption(tables, rows))


def _described(table: pd.DataFrame) -> pd.DataFrame:
    columns = ["component", "levels", "variance", "share", "n_valid", "n_expected", "coverage_ok"]
    shares = zip(table["share"], table["truncated"], table["note"].fillna(""), strict=True)
    levels = zip(table["component"], table["levels"], strict=True)
    return table[columns].assign(
        name=[_source(str(name), level) for name, level in levels],
        text=[_words(share, bool(truncated), str(note)) for share, truncated, note in shares],
    )


def _source(component: str, levels: object) -> str:
    name = SOURCES.get(component, clean(component))
    return name if pd.isna(levels) else f"{name} ({levels})"  # type: ignore[call-overload]


def _words(share: float, truncated: bool, note: str) -> str:
    if pd.isna(share):
        return shorten(clean(note) or "cannot be estimated", _NOTE)
    if truncated:
        return "0% (estimate below 0)"
    return "below 0.1%" if 0 < share < 0.0005 else f"{100 * share:.1f}%"


def _chart(rows: pd.DataFrame) -> AnyChart:
    scale = alt.Scale(domain=[0, max(0.1, float(rows["share"].max()))], nice=True)
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("name:N", sort=list(rows["name"]), title=None, axis=upright(list(rows["name"]))),
        tooltip=[
            alt.Tooltip("name:N", title="source (levels)"),
            alt.Tooltip("text:N", title="share of the variance"),
            alt.Tooltip("variance:Q", title="variance", format=".3g"),
            alt.Tooltip("n_valid:Q", title="scores"),
            alt.Tooltip("n_expected:Q", title="scores asked for"),
        ],
    )
    axis = alt.Axis(format=".0%", tickCount=6)
    share = alt.X("share:Q", scale=scale, title="Share of the variance", axis=axis)
    bars = base.transform_filter("isValid(datum.share)").mark_bar(color=BLUE).encode(x=share)
    at_end = base.transform_filter("isValid(datum.share)").mark_text(align="left", dx=5)
    at_start = base.transform_filter("!isValid(datum.share)").mark_text(
        align="left", dx=5, fontStyle="italic"
    )
    layers = alt.layer(
        bars,
        at_end.encode(x=share, text="text:N"),
        at_start.encode(x=alt.value(0), text="text:N"),
    )
    return as_wide_as_page(layers, _WIDTH, _ROW * len(rows), _LEAST)


def _caption(tables: ReportTables, rows: pd.DataFrame) -> str:
    return caption_of(
        "How much of the variance of the scores each source has (in brackets: how many different "
        "ones there are), on a scale from none to all of it; intervals are in the table, and a "
        "source with few levels is known badly however many scores there are.",
        f"The {rows['n_valid'].iloc[0]:,} of {rows['n_expected'].iloc[0]:,} scores that there are "
        f"were used{'' if rows['coverage_ok'].all() else ': ' + less_than(tables)}.",
    )
