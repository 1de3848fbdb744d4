"""Leaderboard charts: means with intervals, the best on top."""

from __future__ import annotations

import altair as alt
import pandas as pd

from daydream.report.charts.base import (
    BLUE,
    NO_SCORE,
    SHARE,
    AnyChart,
    Drawn,
    as_wide_as_page,
    caption_of,
    data,
    labels,
    less_than,
    of_expected,
    share_axis,
)
from daydream.report.charts.upright import upright
from daydream.report.data import ReportTables
from daydream.report.rankings import axis_rows, composite_of

KINDS = {
    "generation_model": "generation model",
    "draft_template": "draft template",
    "generation_template": "essay template",
    "combo_id": "combination",
}
MAX_ROWS = 40
_WIDTH, _ROW = 560, 22
_LEAST = 240
# Where the two columns of text begin: the page gives the plot a width of its own.
RANKS, _SCORES = alt.ExprRef("width + 14"), alt.ExprRef("width + 72")


def leaderboard(tables: ReportTables, by: str) -> Drawn | str:
    """Dots and intervals of the keys of ``by``, or why there is nothing to compare."""
    rows = axis_rows(tables, by)
    scored = rows[rows["mean"].notna()] if len(rows) else rows
    if not len(scored):
        return NO_SCORE
    if len(rows) == 1 and by != "generation_model":
        return f"There is one {KINDS[by]}, and nothing to compare it with."
    plotted = _described(tables, scored.head(MAX_ROWS), by)
    return Drawn(_chart(plotted), _caption(tables, plotted, by, len(rows), len(scored)))


def _described(tables: ReportTables, rows: pd.DataFrame, by: str) -> pd.DataFrame:
    names = labels(tables, by, rows["key"])
    tied = [_names(tables, by, str(keys)) for keys in rows["tied_with"]]
    places = zip(rows["rank_low"], rows["rank_high"], strict=True)
    columns = ["key", "mean", "low", "high", "points", "n_essays", "n_valid", "n_expected"]
    columns += ["n_templates"]
    return rows[[*columns, "coverage_ok"]].assign(
        name=[names[str(key)] for key in rows["key"]],
        ranks=[f"{low}" if low == high else f"{low}-{high}" for low, high in places],
        scores=of_expected(rows["n_valid"], rows["n_expected"]),
        tied=tied,
    )


def _names(tables: ReportTables, by: str, keys: str) -> str:
    # Keys are joined by spaces in the table, and "..." ends a list that was cut.
    return ", ".join(labels(tables, by, keys.split()).values()) or "none"


def _chart(rows: pd.DataFrame) -> AnyChart:
    base = alt.Chart(data(rows)).encode(
        y=alt.Y(
            "name:N",
            sort=list(rows["name"]),
            title=None,
            axis=upright(list(rows["name"]), has_grid=True),
        ),
        tooltip=_tooltip(rows),
    )
    scale = alt.Scale(domain=share_axis(rows), zero=False, nice=False)
    x = alt.X("low:Q", scale=scale, title=SHARE, axis=alt.Axis(tickCount=6))
    known = base.transform_filter("isValid(datum.low)")
    lines = known.mark_rule(strokeWidth=2.5, color=BLUE, clip=True)
    dots = base.mark_point(size=80, opacity=1, strokeWidth=2, stroke=BLUE)
    fill = alt.condition("datum.coverage_ok", alt.value(BLUE), alt.value("transparent"))
    texts = [
        base.mark_text(align="left").encode(x=alt.value(place), text=f"{field}:N")
        for field, place in (("ranks", RANKS), ("scores", _SCORES))
    ]
    layers = alt.layer(
        lines.encode(x=x, x2="high:Q"),
        dots.encode(x=alt.X("mean:Q", scale=scale), fill=fill),
        *texts,
        *(_head(text, place) for text, place in (("rank", RANKS), ("scores", _SCORES))),
    )
    return as_wide_as_page(layers, _WIDTH, _ROW * len(rows), _LEAST)


def _head(text: str, place: alt.ExprRef) -> alt.Chart:
    head: alt.Chart = alt.Chart(alt.InlineData(values=[{}])).mark_text(
        text=text, align="left", fontWeight="bold", x=place, y=-8
    )
    return head


def _tooltip(rows: pd.DataFrame) -> list[alt.Tooltip]:
    points = rows["points"].notna().all()
    return [
        alt.Tooltip("name:N", title="name"),
        alt.Tooltip("key:N", title="id"),
        alt.Tooltip("mean:Q", title="mean share", format=".3f"),
        alt.Tooltip("low:Q", title="95% from", format=".3f"),
        alt.Tooltip("high:Q", title="95% to", format=".3f"),
        *([alt.Tooltip("points:Q", title="mean in points", format=".2f")] if points else []),
        alt.Tooltip("ranks:N", title="possible ranks"),
        alt.Tooltip("tied:N", title="tied with"),
        alt.Tooltip("n_essays:Q", title="essays"),
        alt.Tooltip("n_valid:Q", title="scores"),
        alt.Tooltip("n_expected:Q", title="scores asked for"),
    ]


def _of_templates(rows: pd.DataFrame) -> str:
    count = composite_of(rows)
    return f"A composite of {count} evaluation templates, equal weights." if count > 1 else ""


def _caption(tables: ReportTables, plotted: pd.DataFrame, by: str, total: int, scored: int) -> str:
    lost = total - scored
    return caption_of(
        f"Mean score of each {KINDS[by]} (dot), as a share of the scale from 0 (lowest score) to 1 "
        "(highest), as if every judge had scored every essay, with its 95% interval (line): drafts "
        "are sampled, judges and templates are these; rank: the places it may have, for all rows "
        "at once; scores: how many there are of those asked for.",
        _of_templates(plotted),
        "Without a line: fewer than five drafts, which give no interval."
        if plotted["low"].isna().any()
        else "",
        "" if plotted["coverage_ok"].all() else f"A hollow dot rests on {less_than(tables)}.",
        f"The best {len(plotted)} of {scored} are shown." if scored > len(plotted) else "",
        f"Not shown, as without any score: {lost}." if lost else "",
    )
