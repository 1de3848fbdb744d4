"""Charts of agreement: correlations of evaluators, range per essay, reliability."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from daydream.report.charts.base import (
    BLUE,
    GREEN,
    GREY,
    NO_SCORE,
    PURPLE,
    VERMILION,
    AnyChart,
    Drawn,
    as_wide_as_page,
    caption_of,
    data,
    labels,
    less_than,
    slanted_where_narrow,
)
from daydream.report.charts.upright import upright
from daydream.report.data import ReportTables
from daydream.report.text import plural
from daydream.results.statistics.ratings import (
    ESSAY,
    EVALUATOR,
    TEMPLATE,
    FloatArray,
    evaluations,
    ratings,
)

ONE_EVALUATOR = "Two evaluators have to score the same essays before they can be compared."
MAX_EVALUATORS = 20
MIN_PAIRS = 3
CLASSES = ("high", "moderate", "low", "poor")
_LIMITS = (1.0, 2.0, 3.0)  # a class ends here; the last has no end
_NARROWEST = 34  # pixels of a square of the matrix
_BINS = 20  # of the scale, in each direction


def evaluator_correlation(tables: ReportTables) -> Drawn | str:
    """Two evaluators against each other, or the correlation of each pair of more."""
    wide = _side_by_side(tables)
    if wide.shape[1] < 2:
        return ONE_EVALUATOR if wide.shape[1] else NO_SCORE
    return _scatter(tables, wide) if wide.shape[1] == 2 else _matrix(tables, wide)


def _side_by_side(tables: ReportTables) -> pd.DataFrame:
    """Shares (essays x templates, evaluators), replicates averaged; NaN where there is none."""
    rated = ratings(evaluations(tables.scores, tables.scales))
    return rated.pivot(index=[ESSAY, TEMPLATE], columns=EVALUATOR, values="unit")


def _scatter(tables: ReportTables, wide: pd.DataFrame) -> Drawn | str:
    both = wide.dropna()
    if both.empty:
        return ONE_EVALUATOR
    names = list(labels(tables, EVALUATOR, wide.columns).values())
    places = (both.clip(0, 1) * _BINS).round() / _BINS
    counted = places.groupby(list(places.columns)).size().reset_index()
    counted.columns = pd.Index(["one", "other", "n"])
    ends = alt.Scale(domain=[0, 1])
    dots = alt.Chart(data(counted)).mark_point(filled=True, color=BLUE, opacity=0.85)
    max_count = int(counted["n"].max())
    legend = alt.Legend(
        values=sorted({1, (max_count + 1) // 2, max_count}), format="d", symbolFillColor=BLUE
    )
    points = dots.encode(
        x=alt.X("one:Q", scale=ends, title=f"{names[0]}, share of the scale"),
        y=alt.Y("other:Q", scale=ends, title=f"{names[1]}, share of the scale"),
        size=alt.Size("n:Q", scale=alt.Scale(range=[20, 350]), title="Pairs", legend=legend),
        tooltip=[
            alt.Tooltip("one:Q", title=names[0], format=".2f"),
            alt.Tooltip("other:Q", title=names[1], format=".2f"),
            alt.Tooltip("n:Q", title="pairs of ratings"),
        ],
    )
    equal = alt.Chart(alt.InlineData(values=[{"a": 0, "b": 1}])).mark_rule(
        color=GREY, strokeDash=[5, 4]
    )
    chart = alt.layer(equal.encode(x="a:Q", x2="b:Q", y="a:Q", y2="b:Q"), points)
    return Drawn(as_wide_as_page(chart, 420, 420, min_width=260), _scatter_caption(both))


def _scatter_caption(both: pd.DataFrame) -> str:
    r = _pearson(both.iloc[:, 0], both.iloc[:, 1])
    known = f"their correlation is {r:.2f}" if np.isfinite(r) else "they have no correlation"
    return (
        f"What the two evaluators gave the same essay under the same template, as shares of the "
        f"scale rounded to {1 / _BINS:g} (replicates averaged; a larger dot is more pairs; dashed: "
        f"equal scores); {known} over {plural(len(both), 'pair')}."
    )


def _matrix(tables: ReportTables, wide: pd.DataFrame) -> Drawn | str:
    # Those with the most ratings, as the others have little to compare.
    evaluators = wide.count().sort_values(ascending=False, kind="stable").index[:MAX_EVALUATORS]
    names = labels(tables, EVALUATOR, sorted(map(str, evaluators)))
    pairs = _pairs(wide, names)
    if not (pairs["n"] > 0).any():
        return ONE_EVALUATOR
    order = list(names.values())
    caption = caption_of(
        "Correlation (Pearson's r, -1 to 1) of each pair of evaluators over the ratings of the "
        "same essay under the same template, replicates averaged; without a number: fewer than "
        f"{MIN_PAIRS} common ratings, or no differences in them.",
        f"The {len(order)} with the most ratings of {wide.shape[1]} are shown."
        if wide.shape[1] > len(order)
        else "",
    )
    return Drawn(_squares(pairs, order), caption)


def _pairs(wide: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Every pair once: one, other, r (NaN if unknown), n common ratings."""
    keys = list(names)
    rows = []
    for place, one in enumerate(keys):
        for other in keys[:place]:
            both = wide[[one, other]].dropna()
            r = _pearson(both[one], both[other]) if len(both) >= MIN_PAIRS else np.nan
            rows.append((names[one], names[other], r, len(both)))
    return pd.DataFrame(rows, columns=["one", "other", "r", "n"])


def _pearson(one: pd.Series, other: pd.Series) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):  # without variance it is NaN
        return float(one.round(9).corr(other.round(9), min_periods=2))


def _squares(pairs: pd.DataFrame, order: list[str]) -> AnyChart:
    step = 46 if len(order) <= 8 else _NARROWEST
    base = alt.Chart(data(pairs)).encode(
        x=alt.X("other:N", sort=order[:-1], title=None, axis=slanted_where_narrow(order[:-1])),
        y=alt.Y("one:N", sort=order[1:], title=None, axis=upright(order[1:])),
        tooltip=[
            alt.Tooltip("one:N", title="evaluator"),
            alt.Tooltip("other:N", title="with"),
            alt.Tooltip("r:Q", title="correlation", format=".3f"),
            alt.Tooltip("n:Q", title="common ratings"),
        ],
    )
    colour = alt.Color(
        "r:Q",
        scale=alt.Scale(scheme="purpleorange", domain=[-1, 1], reverse=True),
        legend=alt.Legend(title="r", gradientLength=100),
    )
    known = base.transform_filter("isValid(datum.r)")
    dark = alt.condition("abs(datum.r) > 0.65", alt.value("#ffffff"), alt.value("#111111"))
    layers = alt.layer(
        base.mark_rect(fill="transparent", stroke=GREY, strokeWidth=0.5, strokeOpacity=0.5),
        known.mark_rect(stroke=GREY, strokeWidth=0.5, strokeOpacity=0.5).encode(color=colour),
        known.mark_text(fontSize=11).encode(text=alt.Text("r:Q", format=".2f"), color=dark),
    )
    across = len(order) - 1
    return as_wide_as_page(layers, step * across, step * across, min_width=_NARROWEST * across)


def agreement_range(tables: ReportTables) -> Drawn | str:
    """How many essays have their scores how far apart."""
    table = tables.table("evaluator_agreement_analysis")
    if not len(table):
        return ONE_EVALUATOR if tables.scores["score"].notna().any() else NO_SCORE
    binned = _binned(table["pair_difference"].to_numpy(float))
    low = min(0.0, float(binned["low"].min()))
    bars = alt.Chart(data(binned)).mark_bar()
    chart = bars.encode(
        x=alt.X(
            "low:Q",
            title="Mean difference of two ratings of an essay (tenths of the scale)",
            scale=alt.Scale(domain=[low, max(4.0, float(binned["high"].max()))], nice=False),
            axis=alt.Axis(values=list(range(11)), format="d"),
        ),
        x2="high:Q",
        y2=alt.datum(0),
        y=alt.Y("n:Q", title="Essays x templates", axis=alt.Axis(tickMinStep=1, format="d")),
        color=alt.Color(
            "agreement:N",
            sort=list(CLASSES),
            scale=alt.Scale(domain=list(CLASSES), range=[BLUE, GREEN, PURPLE, VERMILION]),
            legend=alt.Legend(title="Agreement"),
        ),
        tooltip=[
            alt.Tooltip("what:N", title="difference"),
            alt.Tooltip("agreement:N", title="agreement"),
            alt.Tooltip("n:Q", title="essays x templates"),
            alt.Tooltip("share:Q", title="of all", format=".0%"),
        ],
    )
    flagged = int((~table["coverage_ok"].astype(bool)).sum())
    caption = caption_of(
        "How far two evaluators are apart on average on one essay under one template, for the "
        f"{len(table):,} of these that two or more evaluators scored (replicates averaged first), "
        "in tenths of the scale; agreement is high up to 1, moderate up to 2, low up to 3, else "
        "poor.",
        _by_chance(table),
        f"{flagged:,} of these with {less_than(tables)}." if flagged else "",
    )
    return Drawn(as_wide_as_page(chart, 640, 220, min_width=320), caption)


def _by_chance(table: pd.DataFrame) -> str:
    chance = table.drop_duplicates(TEMPLATE)["chance_difference"].dropna().to_numpy(float)
    if not len(chance):
        return ""
    ends = sorted({f"{chance.min():.1f}", f"{chance.max():.1f}"}, key=float)
    return f"Evaluators who had not seen the essays would be {' to '.join(ends)} apart."


def _binned(ranges: FloatArray) -> pd.DataFrame:
    """Essays per half point, or per whole one where there is nothing in between."""
    whole = bool(np.all(ranges == np.round(ranges)))
    # A range on a limit belongs to the class below it, and so to the bar that ends there.
    doubled = np.ceil(np.round(ranges * 2, 9))
    ends = ranges if whole else np.maximum(doubled, 1) / 2
    end, count = np.unique(np.minimum(ends, 10), return_counts=True)
    low, high = (end - 0.5, end + 0.5) if whole else (end - 0.5, end)
    return pd.DataFrame(
        {
            "low": low + 0.03,
            "high": high - 0.03,
            "n": count,
            "share": count / count.sum(),
            "agreement": [CLASSES[np.searchsorted(_LIMITS, kappa)] for kappa in end],
            "what": [f"{e:g}" if whole else f"{e - 0.5:g} to {e:g}" for e in end],
        }
    )
