"""Chart of the cost of an essay against its score."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from daydream.report.charts.base import (
    BLUE,
    GREY,
    NO_SCORE,
    SHARE,
    SHORT,
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
from daydream.report.charts.labels import LINE, Dot, placed
from daydream.report.data import ReportTables
from daydream.report.rankings import axis_rows

MODEL = "generation_model"
MAX_MODELS = 30
_WIDTH, _HEIGHT = 640, 340
_LOG_FROM = 20.0  # the dearest model costs so many times as much as the cheapest


class _Measure(NamedTuple):
    """What the horizontal axis counts."""

    column: str
    title: str
    words: str


_COST = _Measure("cost", "Mean cost of an essay and its draft (USD)", "mean cost in USD")
_TOKENS = _Measure("tokens", "Mean tokens of an essay and its draft", "mean number of tokens")


def cost_against_score(tables: ReportTables) -> Drawn | str:
    """A dot for each generation model: cost, or else tokens, against the mean share."""
    ranked = axis_rows(tables, MODEL)
    scored = ranked[ranked["mean"].notna()] if len(ranked) else ranked
    if not len(scored):
        return NO_SCORE
    spent = _spent(tables.generations)
    measure = _COST if (spent["cost"] > 0).any() else _TOKENS
    known = scored.merge(spent[spent[measure.column].notna()], left_on="key", right_on="model")
    if known.empty or not (known[measure.column] > 0).any():
        return "Neither costs nor tokens of the essays are known."
    rows = _described(tables, known.head(MAX_MODELS), measure)
    return Drawn(_chart(rows, measure), _caption(tables, rows, measure, len(scored), len(known)))


def _spent(generations: pd.DataFrame) -> pd.DataFrame:
    """Per model: mean cost and tokens of an essay with its draft, and how many are known."""
    costs = generations[["gen_id", "stage", "status", "parent_gen_id", "llm_model_id"]].assign(
        cost=generations["cost_usd"].astype(float), tokens=_tokens(generations)
    )
    drafts = costs[costs["stage"] == "draft"].set_index("gen_id")[["cost", "tokens"]]
    essays = costs[(costs["stage"] == "essay") & (costs["status"] == "done")]
    both = essays.join(drafts.add_suffix("_draft"), on="parent_gen_id")
    whole = pd.DataFrame(
        {
            "model": both["llm_model_id"],
            "cost": both["cost"] + both["cost_draft"],
            "tokens": both["tokens"] + both["tokens_draft"],
        }
    )
    return whole.groupby("model", as_index=False).agg(
        cost=("cost", "mean"),
        tokens=("tokens", "mean"),
        n_cost=("cost", "count"),
        n_tokens=("tokens", "count"),
        n_made=("model", "size"),
    )


def _tokens(generations: pd.DataFrame) -> pd.Series:
    counted = generations[["prompt_tokens", "completion_tokens"]].astype(float)
    total = counted.sum(axis=1, min_count=1)
    return total.mask((generations["mode"] == "copy") & total.isna(), 0.0)


def _described(tables: ReportTables, rows: pd.DataFrame, measure: _Measure) -> pd.DataFrame:
    names = labels(tables, MODEL, rows["key"], SHORT)
    columns = ["key", "mean", "low", "high", "n_valid", "n_expected", "coverage_ok"]
    plotted = rows[columns].assign(
        name=[names[str(key)] for key in rows["key"]],
        spent=rows[measure.column].astype(float),
        n_spent=of_expected(rows[f"n_{measure.column}"], rows["n_made"]),
        scores=of_expected(rows["n_valid"], rows["n_expected"]),
    )
    return _placed(plotted)


class _Frame(NamedTuple):
    """The two axes: their ends, and whether the horizontal one is logarithmic."""

    x: list[float]
    y: list[float]
    log: bool

    def across(self, spent: pd.Series) -> pd.Series:
        """Pixels from the left."""
        low, high = self.x
        if self.log:
            return pd.Series(np.log(spent / low) / np.log(high / low) * _WIDTH)
        return (spent - low) / (high - low) * _WIDTH

    def down(self, share: pd.Series) -> pd.Series:
        """Pixels from the top."""
        return (self.y[1] - share) / (self.y[1] - self.y[0]) * _HEIGHT


def _frame(rows: pd.DataFrame) -> _Frame:
    low, high = float(rows["spent"].min()), float(rows["spent"].max())
    if low > 0 and high / low >= _LOG_FROM:
        return _Frame([low / 1.6, high * 1.6], share_axis(rows), True)
    return _Frame([0.0, high * 1.15], share_axis(rows), False)


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Add where each dot and its label stand, in pixels."""
    frame = _frame(rows)
    low, high = (rows[end].fillna(rows["mean"]) for end in ("low", "high"))
    x, y = frame.across(rows["spent"]), frame.down(rows["mean"])
    ends = frame.down(high), frame.down(low)
    dots = [Dot(*values) for values in zip(x, y, *ends, rows["name"], strict=True)]
    places = placed(dots, _WIDTH, _HEIGHT)
    return rows.assign(
        dot_x=x,
        dot_y=y,
        text_x=[place.x for place in places],
        text_y=[place.y for place in places],
        left=[place.is_left for place in places],
    )


def _chart(rows: pd.DataFrame, measure: _Measure) -> AnyChart:
    frame = _frame(rows)
    form = ",d" if measure is _TOKENS else "~g" if frame.log else ",~f"
    if frame.log:
        scale = alt.Scale(type="log", domain=frame.x, nice=False)
        axis = alt.Axis(format=form, values=_powers(frame.x))
    else:
        scale = alt.Scale(domain=frame.x, nice=False)
        axis = alt.Axis(format=form, tickCount=5)
    x = alt.X("spent:Q", scale=scale, title=measure.title, axis=axis)
    height = alt.Scale(domain=frame.y, nice=False, zero=False)
    base = alt.Chart(data(rows)).encode(x=x, tooltip=_tooltip(measure))
    lines = base.transform_filter("isValid(datum.low)").mark_rule(
        color=BLUE, strokeWidth=2, clip=True
    )
    dots = base.mark_point(size=80, opacity=1, stroke=BLUE, strokeWidth=2)
    fill = alt.condition("datum.coverage_ok", alt.value(BLUE), alt.value("transparent"))
    axes = alt.layer(
        lines.encode(y=alt.Y("low:Q", scale=height, title=SHARE), y2="high:Q"),
        dots.encode(y=alt.Y("mean:Q", scale=height), fill=fill),
    )
    chart = alt.layer(axes, *_names(rows)).resolve_scale(x="independent", y="independent")
    return as_wide_as_page(chart, _WIDTH, _HEIGHT, min_width=_WIDTH)


def _powers(ends: list[float]) -> list[float]:
    """The powers of ten between the ends, or half of them where they would stand too close."""
    first, last = int(np.ceil(np.log10(ends[0]))), int(np.floor(np.log10(ends[1])))
    return [float(f"1e{power}") for power in range(first, last + 1, 1 + (last - first) // 7)]


def _names(rows: pd.DataFrame) -> list[alt.Chart]:
    """The labels, and a line from a dot to a label that had to move away."""
    moved = rows[(rows["text_y"] - rows["dot_y"]).abs() > LINE]
    leaders = alt.Chart(data(moved)).mark_rule(color=GREY, strokeWidth=0.8)
    return [
        leaders.encode(x=_across("dot_x"), x2="text_x:Q", y=_down("dot_y"), y2="text_y:Q"),
        *(
            alt.Chart(data(rows[rows["left"] == left]))
            .mark_text(align="right" if left else "left")
            .encode(x=_across("text_x"), y=_down("text_y"), text="name:N")
            for left in (False, True)
        ),
    ]


def _across(field: str) -> alt.X:
    """Pixels from the left of a plot of ``_WIDTH``, wider apart where the page draws it wider."""
    scale = alt.Scale(domain=[0, _WIDTH], nice=False)
    return alt.X(f"{field}:Q", scale=scale, axis=None)


def _down(field: str) -> alt.Y:
    """Pixels from the top."""
    return alt.Y(f"{field}:Q", scale=None, axis=None)


def _tooltip(measure: _Measure) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("name:N", title="generation model"),
        alt.Tooltip("key:N", title="id"),
        alt.Tooltip("spent:Q", title=measure.words, format=".4~g"),
        alt.Tooltip("n_spent:N", title="essays with a known one, of those made"),
        alt.Tooltip("mean:Q", title="mean share", format=".3f"),
        alt.Tooltip("low:Q", title="95% from", format=".3f"),
        alt.Tooltip("high:Q", title="95% to", format=".3f"),
        alt.Tooltip("scores:N", title="scores, of those asked for"),
    ]


def _caption(
    tables: ReportTables, rows: pd.DataFrame, measure: _Measure, scored: int, known: int
) -> str:
    return caption_of(
        f"The {measure.words} of an essay with its draft (evaluations not counted) against the "
        "mean score of each generation model as a share of the scale, with its 95% interval: "
        "drafts are sampled, judges and templates are these.",
        "Costs are unknown or all 0, so tokens (prompt and answer) are shown instead."
        if measure is _TOKENS
        else "",
        "The horizontal axis is logarithmic." if _frame(rows).log else "",
        "" if rows["coverage_ok"].all() else f"A hollow dot rests on {less_than(tables)}.",
        f"The best {len(rows)} of {known} are shown." if known > len(rows) else "",
        f"Not shown, as that is not known: {scored - known}." if scored > known else "",
    )
