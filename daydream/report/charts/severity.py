"""Chart of each evaluator's severity."""

from __future__ import annotations

import altair as alt
import pandas as pd

from daydream.report.charts.agreement import MAX_EVALUATORS, ONE_EVALUATOR
from daydream.report.charts.base import (
    BLUE,
    GREY,
    NO_SCORE,
    AnyChart,
    Drawn,
    as_wide_as_page,
    caption_of,
    data,
    extent,
    labels,
    less_than,
)
from daydream.report.charts.upright import upright
from daydream.report.data import ReportTables
from daydream.report.grid import every
from daydream.results.statistics.ratings import EVALUATOR, TEMPLATE

_TITLE = "Severity: share of the scale above the others"
_SIGNED = alt.Axis(format="+.2f", tickCount=6)


def evaluator_severity(tables: ReportTables) -> Drawn | str:
    """Each evaluator's scores less the others', overall and by template."""
    effects = tables.table("evaluator_effects")
    known = effects[effects["severity"].notna()] if len(effects) else effects
    if not len(known):
        return ONE_EVALUATOR if tables.scores["score"].notna().any() else NO_SCORE
    overall = known[known[TEMPLATE] == ""].sort_values("severity", kind="stable")
    outermost = overall.iloc[_ends(len(overall))]
    names = labels(tables, EVALUATOR, outermost[EVALUATOR])
    plotted = known[known[EVALUATOR].isin(list(names))]
    templates = labels(tables, TEMPLATE, (t for t in plotted[TEMPLATE] if t))
    columns = ["severity", "severity_low", "severity_high", "mean_share", "n_severity"]
    columns += ["n_valid", "n_expected", "coverage_ok"]
    rows = plotted[columns].assign(
        name=plotted[EVALUATOR].map(names),
        template=plotted[TEMPLATE].map({**templates, "": every("templates")}),
        overall=plotted[TEMPLATE] == "",
    )
    caption = caption_of(
        "By how much each evaluator's ratings lie above (right) or below (left: stricter) those "
        "of the others for the same essay and template, as a share of the scale; large dot: all "
        "templates, small: one template; line: 95% interval over all templates (drafts are the "
        "sample, evaluators are fixed), where there are 5 drafts.",
        "" if rows["coverage_ok"].all() else f"Hollow: {less_than(tables)}.",
        f"The strictest and the most lenient {len(outermost)} of {len(overall)} are shown."
        if len(overall) > len(outermost)
        else "",
    )
    return Drawn(_severities(rows, list(names.values())), caption)


def _ends(count: int) -> list[int]:
    half = MAX_EVALUATORS // 2
    places = list(range(count))
    return places if count <= MAX_EVALUATORS else [*places[:half], *places[-half:]]


def _severities(rows: pd.DataFrame, order: list[str]) -> AnyChart:
    ends = rows[["severity_low", "severity_high"]].where(rows["overall"], axis=0).stack()
    low, high = extent([*rows["severity"], *ends.dropna(), 0.0])
    edge = (high - low) / 20
    scale = alt.Scale(domain=[low - edge, high + edge], nice=False)
    base = alt.Chart(data(rows)).encode(
        x=alt.X("severity:Q", scale=scale, title=_TITLE, axis=_SIGNED),
        y=alt.Y("name:N", sort=order, title=None, axis=upright(order)),
        fill=alt.condition("datum.coverage_ok", alt.value(BLUE), alt.value("transparent")),
        tooltip=[
            alt.Tooltip("name:N", title="evaluator"),
            alt.Tooltip("template:N", title="template"),
            alt.Tooltip("severity:Q", title="severity", format="+.3f"),
            alt.Tooltip("severity_low:Q", title="from (95%)", format="+.3f"),
            alt.Tooltip("severity_high:Q", title="to (95%)", format="+.3f"),
            alt.Tooltip("mean_share:Q", title="mean share", format=".3f"),
            alt.Tooltip("n_severity:Q", title="ratings compared"),
            alt.Tooltip("n_valid:Q", title="scores"),
            alt.Tooltip("n_expected:Q", title="scores asked for"),
        ],
    )
    zero = alt.Chart(alt.InlineData(values=[{"x": 0}])).mark_rule(color=GREY).encode(x="x:Q")
    small = base.transform_filter("!datum.overall").mark_point(size=35, opacity=0.6, stroke=BLUE)
    large = base.transform_filter("datum.overall").mark_point(size=140, opacity=1, stroke=BLUE)
    spread = base.transform_filter("datum.overall && isValid(datum.severity_low)")
    lines = spread.mark_rule(color=BLUE).encode(x="severity_low:Q", x2="severity_high:Q")
    layers = alt.layer(zero, lines, small, large)
    return as_wide_as_page(layers, 640, 26 * len(order), min_width=240)
