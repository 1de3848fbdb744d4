"""Heat maps of mean scores: combination x template x model."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import altair as alt
import pandas as pd
from scipy import stats

from daydream.report.charts.base import (
    GREY,
    LABEL,
    NO_SCORE,
    SHORT,
    AnyChart,
    Drawn,
    caption_of,
    data,
    extent,
    labels,
    less_than,
    letters,
    slanted_where_narrow,
    widened,
)
from daydream.report.charts.labels import text_width
from daydream.report.charts.leaderboard import KINDS
from daydream.report.charts.upright import LABEL_PIXELS, upright
from daydream.report.data import ReportTables
from daydream.results.coverage import with_coverage
from daydream.results.statistics.comparison_units import MIN_CLUSTERS
from daydream.results.statistics.ratings import DRAFT, ESSAY, evaluations

COMBO, MODEL = "combo_id", "generation_model"
MAX_COMBOS, MAX_TEMPLATES, MAX_MODELS = 40, 5, 8
GAP = "⋮"  # the row that stands for the combinations left out
_ROW, _NARROWEST, _WIDEST, _GRID = 22, 18, 90, 760
_MIN_SPAN = 0.2
_HATCHES = 7  # lines over a cell
_NUMBERS_FROM = 30  # pixels of a cell that has room for a number


class _Grid(NamedTuple):
    """The cells plotted, the order of rows and columns, and sentences for the caption."""

    cells: pd.DataFrame
    rows: list[str]
    templates: list[str]
    models: list[str]
    cut: tuple[str, ...]

    @property
    def step(self) -> int:
        """Pixels across a cell, in a picture; the page has cells as wide as there is room."""
        return _step(len(self.templates) * len(self.models))

    @property
    def has_panels(self) -> bool:
        """Whether each template has a panel of its own, with the models side by side."""
        return len(self.templates) > 1 and len(self.models) > 1


def _step(columns: int) -> int:
    return max(_NARROWEST, min(_WIDEST, _GRID // max(1, columns)))


def heat_map(tables: ReportTables, template: str) -> Drawn | str:
    """Mean share for each combination, template (of the column ``template``) and model."""
    frame = evaluations(tables.scores, tables.scales)
    if not frame["unit"].notna().any():
        return NO_SCORE
    if template == "draft_template" and frame[template].nunique() == 1:
        return "There is one draft template: the heat map by essay template shows the same."
    grid = _grid(tables, frame, template)
    return Drawn(_chart(grid, template), _caption(tables, grid, template))


def _grid(tables: ReportTables, frame: pd.DataFrame, template: str) -> _Grid:
    combos = _by_mean(frame, COMBO)
    halves = _both_ends(combos)
    keys_of = {
        COMBO: [*halves[0], *halves[1]],
        template: _by_mean(frame, template)[:MAX_TEMPLATES],
        MODEL: _by_mean(frame, MODEL)[:MAX_MODELS],
    }
    plotted = frame[[COMBO, template, MODEL, DRAFT, ESSAY, "score", "unit"]]
    for column, keys in keys_of.items():
        plotted = plotted[plotted[column].isin(keys)]
    # A template is the head of its models' columns.
    panel = _step(len(keys_of[template]) * len(keys_of[MODEL])) * len(keys_of[MODEL])
    room = {
        COMBO: LABEL,
        template: letters(panel) if len(keys_of[MODEL]) > 1 else SHORT,
        MODEL: SHORT,
    }
    names = {column: labels(tables, column, keys, room[column]) for column, keys in keys_of.items()}
    first, last = ([names[COMBO][key] for key in half] for half in halves)
    return _Grid(
        _cells(tables, plotted, names, template),
        [*first, *([GAP, *last] if last else [])],
        list(names[template].values()),
        list(names[MODEL].values()),
        tuple(_cuts(frame, keys_of)),
    )


def _by_mean(frame: pd.DataFrame, column: str) -> list[str]:
    """Values of a column, that with the best mean first, those without a score last."""
    means = frame.groupby(column)["unit"].mean()
    return [str(key) for key in means.sort_values(ascending=False, kind="stable").index]


def _both_ends(keys: list[str]) -> tuple[list[str], list[str]]:
    if len(keys) <= MAX_COMBOS:
        return keys, []
    half = MAX_COMBOS // 2
    return keys[:half], keys[-half:]


def _cuts(frame: pd.DataFrame, keys_of: dict[str, list[str]]) -> list[str]:
    found = []
    for column, keys in keys_of.items():
        total = frame[column].nunique()
        if total > len(keys) and column == COMBO:
            half = MAX_COMBOS // 2
            found.append(
                f"Of {total} combinations the {half} best and the {half} lowest are shown."
            )
        elif total > len(keys):
            found.append(f"The best {len(keys)} of {total} {KINDS[column]}s are shown.")
    return found


def _cells(
    tables: ReportTables, plotted: pd.DataFrame, names: dict[str, dict[str, str]], template: str
) -> pd.DataFrame:
    counted = plotted.groupby([COMBO, template, MODEL], as_index=False).agg(
        share=("unit", "mean"), n_expected=("score", "size"), n_valid=("score", "count")
    )
    ends = _intervals(plotted, [COMBO, template, MODEL])
    counted = counted.merge(ends, how="left", on=[COMBO, template, MODEL])
    covered = with_coverage(counted, tables.min_coverage)
    return covered.drop(columns=[COMBO, template, MODEL]).assign(
        combo=covered[COMBO].map(names[COMBO]),
        template=covered[template].map(names[template]),
        model=covered[MODEL].map(names[MODEL]),
    )


def _intervals(plotted: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """By cell: ``n_essays`` and ``n_drafts`` with a score, and the 95% ``interval`` as words.

    Student's t over the means of the cell's drafts, from five drafts on.
    """
    scored = plotted[plotted["unit"].notna()]
    drafts = scored.groupby([*keys, DRAFT])["unit"].mean().groupby(keys)
    table = drafts.agg(middle="mean", spread="std", n_drafts="size")
    table["n_essays"] = scored.groupby(keys)[ESSAY].nunique()
    margin = stats.t.isf(0.025, table["n_drafts"] - 1) * table["spread"] / table["n_drafts"] ** 0.5
    ends = zip(table["middle"] - margin, table["middle"] + margin, table["n_drafts"], strict=True)
    table["interval"] = [
        f"{low:.3f} to {high:.3f}" if n >= MIN_CLUSTERS else f"none: {n} of {MIN_CLUSTERS} drafts"
        for low, high, n in ends
    ]
    return table.reset_index()[[*keys, "n_essays", "n_drafts", "interval"]]


def _chart(grid: _Grid, template: str) -> AnyChart:
    # One model needs no facets: the templates stand side by side.
    across = "model" if len(grid.models) > 1 else "template"
    columns = grid.models if across == "model" else grid.templates
    # Below each panel a longer title would run into the next one's.
    title = "model" if grid.has_panels else KINDS[MODEL if across == "model" else template]
    layers = _layers(grid, across, columns, title)
    size = {"width": grid.step * len(columns), "height": _ROW * len(grid.rows)}
    chart = alt.layer(*layers, data=data(grid.cells)).properties(**size)
    min_width = min(grid.step, _NUMBERS_FROM) * len(columns)
    if not grid.has_panels:
        return widened(chart, min_width)
    header = alt.Header(labelLimit=LABEL_PIXELS, title=KINDS[template].capitalize())
    panels = chart.facet(
        column=alt.Column("template:N", sort=grid.templates, header=header), spacing=8
    )
    heads = max(map(text_width, grid.templates))
    return widened(panels, max(min_width, round(heads)), len(grid.templates))


def _layers(grid: _Grid, across: str, columns: list[str], title: str) -> list[alt.Chart]:
    names = slanted_where_narrow(columns, grid.has_panels)
    base = alt.Chart().encode(
        x=alt.X(f"{across}:N", sort=columns, title=title.capitalize(), axis=names),
        y=alt.Y(
            "combo:N",
            scale=alt.Scale(domain=grid.rows),
            title=None,
            axis=upright(grid.rows),
        ),
        tooltip=_TOOLTIP,
    )
    opacity = alt.condition("datum.coverage_ok", alt.value(1), alt.value(0.4))
    domain = _domain(grid)
    colour = alt.Color(
        "share:Q",
        # Without its darkest and palest colours, which would sink into a dark or a white page.
        scale=alt.Scale(
            scheme=alt.SchemeParams(name="viridis", extent=[0.12, 0.95]), domain=domain
        ),
        legend=alt.Legend(title=_LEGEND, gradientLength=120, format=".2f"),
    )
    cells = base.transform_filter("isValid(datum.share)").mark_rect(
        stroke=GREY, strokeWidth=0.5, strokeOpacity=0.5
    )
    hatch = _hatch(base, len(columns), grid.has_panels)
    numbers = [_numbers(base, sum(domain) / 2)] if grid.step >= _NUMBERS_FROM else []
    return [cells.encode(color=colour, fillOpacity=opacity), hatch, *numbers]


def _domain(grid: _Grid) -> list[float]:
    """What the colours span: never so little that noise would look like a difference."""
    low, high = extent(grid.cells["share"])
    wanting = max(0.0, _MIN_SPAN - (high - low)) / 2
    return [round(low - wanting, 6), round(high + wanting, 6)]


def _hatch(base: alt.Chart, columns: int, in_panels: bool) -> alt.Chart:
    """Slanting lines over the cells that rest on too few scores, however wide these are."""
    half = f"(({'child_width' if in_panels else 'width'}/{columns}-2)/{_ROW - 2})"
    ends = [2 * line / _HATCHES - 1 for line in range(_HATCHES + 1)]
    lines = (f"'M'+{a:.3f}*{half}+',0.9L'+{b:.3f}*{half}+',-0.9'" for a, b in pairwise(ends))
    lines_over: alt.Chart = base.transform_filter("!datum.coverage_ok").mark_point(
        shape=alt.ExprRef("+".join(lines)),
        size=(_ROW - 2) ** 2,
        filled=False,
        stroke=GREY,
        strokeWidth=1.2,
        opacity=1,
    )
    return lines_over


def _numbers(base: alt.Chart, middle: float) -> alt.Chart:
    """The mean in its cell, dark on the bright half of the colours."""
    dark, light = alt.value("#111111"), alt.value("#ffffff")
    covered = base.transform_filter("datum.coverage_ok && isValid(datum.share)")
    numbers: alt.Chart = covered.mark_text(fontSize=10).encode(
        text=alt.Text("share:Q", format=".2f"),
        color=alt.condition(f"datum.share > {middle:.6f}", dark, light),
    )
    return numbers


_LEGEND = ["Mean score,", "share of", "the scale"]
_TOOLTIP = [
    alt.Tooltip("combo:N", title="combination"),
    alt.Tooltip("template:N", title="template"),
    alt.Tooltip("model:N", title="generation model"),
    alt.Tooltip("share:Q", title="mean share", format=".3f"),
    alt.Tooltip("interval:N", title="95% interval"),
    alt.Tooltip("n_essays:Q", title="essays"),
    alt.Tooltip("n_drafts:Q", title="drafts"),
    alt.Tooltip("n_valid:Q", title="scores"),
    alt.Tooltip("n_expected:Q", title="scores asked for"),
]


def _caption(tables: ReportTables, grid: _Grid, template: str) -> str:
    return caption_of(
        f"Mean score of each combination (row, the best on top), {KINDS[template]} and generation "
        "model, as a share of the scale from 0 (lowest score) to 1 (highest); a blank place was "
        "not asked for. A cell's interval is over its drafts, from five on (judges and templates "
        "are fixed): point at it.",
        "" if grid.cells["coverage_ok"].all() else f"Pale and hatched: {less_than(tables)}.",
        "" if grid.cells["share"].notna().all() else "Hatched without a colour: no score.",
        *grid.cut,
    )
