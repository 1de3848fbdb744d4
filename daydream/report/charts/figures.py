"""The figures of the report: their names, and the files made of them.

The Snakefile takes the names from here, so what draws is imported only when it draws.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from daydream.results.axis_names import AXIS_NAMES, heading
from daydream.store.files import write_text

if TYPE_CHECKING:
    from daydream.report.charts.registry import Chart


class Figure(NamedTuple):
    """A figure that a report always has: file name without suffix, title, section."""

    name: str
    title: str
    section: str


FIGURES = (
    *(Figure(f"leaderboard_{axis}", heading(axis), "leaderboard") for axis in AXIS_NAMES),
    Figure("heat_map_essay_template", "Combination, essay template and model", "heat map"),
    Figure("heat_map_draft_template", "Combination, draft template and model", "heat map"),
    Figure("evaluator_correlation", "Evaluators against each other", "agreement"),
    Figure("agreement_range", "How far apart the ratings of an essay are", "agreement"),
    Figure("evaluator_severity", "Severity of the evaluators", "agreement"),
    Figure("score_distribution", "Scores of each evaluator and template", "distributions"),
    Figure("variance_shares", "Where the variance comes from", "variance"),
    Figure("cost_score", "Cost against score", "cost"),
)
_LINE = 95  # characters of a line of the caption
_INK, _SOFT, _GRID = "#1b1b1b", "#505050", "#dddddd"
_WORDS = {"labelColor": _SOFT, "titleColor": _INK, "titleFontWeight": "normal"}
_ON_WHITE: dict[str, Any] = {
    "font": "Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif",
    "text": {"color": _INK, "fontSize": 11},
    "style": {"guide-label": {"fontSize": 11}, "guide-title": {"fontSize": 11}},
    "axis": {**_WORDS, "gridColor": _GRID, "domainColor": _SOFT, "tickColor": _SOFT},
    "legend": _WORDS,
    "header": {**_WORDS, "labelFontSize": 11, "titleFontSize": 11},
    "title": {
        "color": _INK,
        "subtitleColor": _SOFT,
        "fontSize": 14,
        "subtitleFontSize": 11,
        "subtitlePadding": 6,
        "offset": 14,
    },
}


def write_figures(charts: Iterable[Chart], outputs: Iterable[str]) -> None:
    """Draw charts as SVG; the names of ``outputs`` say which.

    One without data says why there is none.
    """
    drawn = {chart.name: chart for chart in charts}
    for output in outputs:
        write_text(output, svg(drawn[Path(output).stem]))


def svg(chart: Chart) -> str:
    """A chart with its title and caption as a picture on white, whatever the page around it."""
    import vl_convert

    lines = textwrap.wrap(chart.caption, _LINE)
    title = {"text": chart.title, "subtitle": lines, "anchor": "start", "frame": "bounds"}
    spec: dict[str, Any] = {**chart.spec, "title": title, "background": "white", "padding": 12}
    # No base URL is allowed: everything that is drawn is in the chart, nothing is fetched.
    return str(
        vl_convert.vegalite_to_svg(
            spec, vl_version=_version(spec), config=_ON_WHITE, allowed_base_urls=[]
        )
    )


def _version(spec: dict[str, Any]) -> str:
    """``6.4`` for the schema ``.../v6.4.1.json``."""
    name = Path(str(spec["$schema"])).stem.removeprefix("v")
    return ".".join(name.split(".")[:2])
