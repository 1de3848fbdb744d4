"""Chart of the distribution of each evaluator's scores over the scale."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from daydream.report.charts.base import (
    BLUE,
    NO_SCORE,
    SHORT,
    VERMILION,
    AnyChart,
    Drawn,
    caption_of,
    data,
    labels,
    less_than,
    letters,
    of_expected,
    widened,
)
from daydream.report.charts.labels import text_width
from daydream.report.charts.upright import LABEL_PIXELS
from daydream.report.data import ReportTables
from daydream.results.statistics.ratings import EVALUATOR, TEMPLATE, comparable, evaluations

MAX_EVALUATORS, MAX_TEMPLATES = 12, 4
_BINS = 20
_PANELS = 840  # pixels across all panels of a picture
_NARROWEST = 140  # of a panel on a narrow page
_MAX_WHOLE = 20  # points of a scale whose whole numbers get a bar each


class _Bins(NamedTuple):
    """Equal bins: where the first begins, how wide each is, and their number."""

    start: float
    width: float
    number: int


def score_distribution(tables: ReportTables) -> Drawn | str:
    """A histogram for each evaluator (row) and evaluation template (column)."""
    frame = comparable(evaluations(tables.scores, tables.scales))
    if not frame["score"].notna().any():
        return NO_SCORE
    keys_of = {
        EVALUATOR: _most_expected(frame, EVALUATOR, MAX_EVALUATORS),
        TEMPLATE: _most_expected(frame, TEMPLATE, MAX_TEMPLATES),
    }
    plotted = frame[
        frame[EVALUATOR].isin(keys_of[EVALUATOR]) & frame[TEMPLATE].isin(keys_of[TEMPLATE])
    ]
    room = {EVALUATOR: SHORT, TEMPLATE: letters(_panel_width(len(keys_of[TEMPLATE])))}
    names = {column: labels(tables, column, keys, room[column]) for column, keys in keys_of.items()}
    panels = _panels(tables, plotted, names)
    bars = _bars(plotted, names, _bins_for(plotted))
    low, high = float(plotted["scale_low"].iloc[0]), float(plotted["scale_high"].iloc[0])
    caption = caption_of(
        f"Share of the scores of each evaluator (row) under each evaluation template (column) at "
        f"each place of the scale from {low:g} to {high:g}; the line is the mean, the numbers are "
        "the scores that there are of those asked for.",
        _mixed(frame),
        *_cuts(frame, keys_of),
        "" if panels["coverage_ok"].all() else f"Marked with *: {less_than(tables)}.",
    )
    return Drawn(_facets(bars, panels, names, _score_axis(low, high)), caption)


def _panel_width(templates: int) -> int:
    return _PANELS // max(2, templates)


def _most_expected(frame: pd.DataFrame, column: str, max_keys: int) -> list[str]:
    counts = frame.groupby(column).size().sort_values(ascending=False, kind="stable")
    return sorted(str(key) for key in counts.index[:max_keys])


def _cuts(frame: pd.DataFrame, keys_of: dict[str, list[str]]) -> list[str]:
    nouns = {EVALUATOR: "evaluators", TEMPLATE: "evaluation templates"}
    totals = {column: frame[column].nunique() for column in keys_of}
    return [
        f"The {len(keys)} of {totals[column]} {nouns[column]} with the most evaluations are shown."
        for column, keys in keys_of.items()
        if totals[column] > len(keys)
    ]


def _mixed(frame: pd.DataFrame) -> str:
    mixed = len(frame[["low", "high"]].drop_duplicates()) > 1
    return "As the templates' own scales differ, every score was put on this one." if mixed else ""


def _bins_for(frame: pd.DataFrame) -> _Bins:
    low, high = float(frame["scale_low"].iloc[0]), float(frame["scale_high"].iloc[0])
    found = frame["value"].dropna()
    whole = bool(np.allclose(found, found.round())) and float(low).is_integer()
    if whole and float(high).is_integer() and high - low <= _MAX_WHOLE:
        return _Bins(low - 0.5, 1.0, int(high - low) + 1)
    return _Bins(low, (high - low) / _BINS, _BINS)


def _bars(frame: pd.DataFrame, names: dict[str, dict[str, str]], bins: _Bins) -> pd.DataFrame:
    valid = frame[frame["value"].notna()]
    place = np.floor((valid["value"] - bins.start) / bins.width + 1e-9)
    place = place.clip(0, bins.number - 1).astype(int)
    counted = valid.assign(place=place).groupby([EVALUATOR, TEMPLATE, "place"], as_index=False)
    rows = counted.agg(n=("value", "size"))
    total = rows.groupby([EVALUATOR, TEMPLATE])["n"].transform("sum")
    start = bins.start + rows["place"] * bins.width
    whole = bins.width == 1.0 and bins.start % 1 == 0.5
    what = [f"{s + 0.5:g}" if whole else f"{s:g} to {s + bins.width:g}" for s in start]
    return pd.DataFrame(
        {
            "evaluator": rows[EVALUATOR].map(names[EVALUATOR]),
            "template": rows[TEMPLATE].map(names[TEMPLATE]),
            "from": start + 0.06 * bins.width,
            "to": start + 0.94 * bins.width,
            "what": what,
            "n": rows["n"],
            "share": rows["n"] / total,
            "total": total,
        }
    )


def _panels(
    tables: ReportTables, frame: pd.DataFrame, names: dict[str, dict[str, str]]
) -> pd.DataFrame:
    table = frame.groupby([EVALUATOR, TEMPLATE], as_index=False).agg(
        mean=("value", "mean"), n_expected=("score", "size"), n_valid=("score", "count")
    )
    covered = table["n_valid"] >= tables.min_coverage * table["n_expected"] - 1e-9
    counts = of_expected(table["n_valid"], table["n_expected"])
    return pd.DataFrame(
        {
            "evaluator": table[EVALUATOR].map(names[EVALUATOR]),
            "template": table[TEMPLATE].map(names[TEMPLATE]),
            "mean": table["mean"],
            "n_valid": table["n_valid"],
            "n_expected": table["n_expected"],
            "coverage_ok": covered,
            "counts": [f"{c}{'' if ok else ' *'}" for c, ok in zip(counts, covered, strict=True)],
        }
    )


def _score_axis(low: float, high: float) -> alt.X:
    """Whole numbers alone where the scale is of few whole points: nobody scores 2.5 of 5."""
    is_whole = low.is_integer() and high.is_integer() and high - low <= _MAX_WHOLE
    reach = max(0.6 if is_whole else 0.0, (high - low) * 0.06)  # a bar is nearly one point wide
    scale = alt.Scale(domain=[low - reach, high + reach], nice=False)
    whole = alt.Axis(values=list(range(int(low), int(high) + 1)), format="d")
    return alt.X("from:Q", scale=scale, title="Score", axis=whole if is_whole else alt.Axis())


def _facets(
    bars: pd.DataFrame,
    panels: pd.DataFrame,
    names: dict[str, dict[str, str]],
    score: alt.X,
) -> AnyChart:
    # One data set for all layers, which facets need; a row has the fields of its own layer.
    rows = pd.concat([bars.assign(kind="bar"), panels.assign(kind="panel")], ignore_index=True)
    width = _panel_width(len(names[TEMPLATE]))
    base = alt.Chart()
    histogram = base.transform_filter("datum.kind == 'bar'").mark_bar(color=BLUE)
    means = base.transform_filter("datum.kind == 'panel' && isValid(datum.mean)")
    counts = base.transform_filter("datum.kind == 'panel'").mark_text(
        align="right", baseline="bottom", fontSize=10
    )
    layers = alt.layer(
        histogram.encode(
            x=score,
            x2="to:Q",
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=3)),
            y2=alt.datum(0),
            tooltip=_BAR_TOOLTIP,
        ),
        means.mark_rule(color=VERMILION, strokeWidth=2).encode(x="mean:Q", tooltip=_PANEL_TOOLTIP),
        counts.encode(x=alt.value(_END), y=alt.value(-3), text="counts:N"),
        data=data(rows),
    ).properties(width=width, height=64)
    faceted = layers.facet(
        row=alt.Row(
            "evaluator:N",
            title=None,
            sort=list(names[EVALUATOR].values()),
            header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=LABEL_PIXELS),
        ),
        column=alt.Column(
            "template:N",
            title=None,
            sort=list(names[TEMPLATE].values()),
            header=alt.Header(labelLimit=LABEL_PIXELS),
        ),
        spacing={"row": 20, "column": 12},
    )
    heads = max(map(text_width, names[TEMPLATE].values()))
    return widened(faceted, max(_NARROWEST, round(heads)), len(names[TEMPLATE]))


_END = alt.ExprRef("child_width - 2")  # of a panel
_WHERE = [
    alt.Tooltip("evaluator:N", title="evaluator"),
    alt.Tooltip("template:N", title="evaluation template"),
]
_BAR_TOOLTIP = [
    *_WHERE,
    alt.Tooltip("what:N", title="score"),
    alt.Tooltip("n:Q", title="scores here"),
    alt.Tooltip("total:Q", title="of"),
    alt.Tooltip("share:Q", title="share", format=".1%"),
]
_PANEL_TOOLTIP = [
    *_WHERE,
    alt.Tooltip("mean:Q", title="mean", format=".2f"),
    alt.Tooltip("n_valid:Q", title="scores"),
    alt.Tooltip("n_expected:Q", title="scores asked for"),
]
