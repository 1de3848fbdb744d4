"""The list of charts of the report, as Vega-Lite specifications with their data inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from daydream.report.charts.agreement import (
    agreement_range,
    evaluator_correlation,
)
from daydream.report.charts.base import Drawn, note
from daydream.report.charts.cost import cost_against_score
from daydream.report.charts.figures import FIGURES
from daydream.report.charts.heat import heat_map
from daydream.report.charts.leaderboard import KINDS, leaderboard
from daydream.report.charts.severity import evaluator_severity
from daydream.report.charts.spread import score_distribution
from daydream.report.charts.variance import variance_bars
from daydream.report.data import ReportTables


class Chart(NamedTuple):
    """A chart: ``spec`` is Vega-Lite, on a transparent ground and without a colour for its text.

    ``is_empty`` says that there was nothing to draw: ``spec`` then shows the caption, the reason.
    """

    name: str
    title: str
    caption: str
    section: str
    spec: dict[str, Any]
    is_empty: bool = False


# A drawing, or the reason why there is none.
_DRAW: Mapping[str, Callable[[ReportTables], Drawn | str]] = {
    **{f"leaderboard_{by}": partial(leaderboard, by=by) for by in KINDS},
    "heat_map_essay_template": partial(heat_map, template="generation_template"),
    "heat_map_draft_template": partial(heat_map, template="draft_template"),
    "evaluator_correlation": evaluator_correlation,
    "agreement_range": agreement_range,
    "evaluator_severity": evaluator_severity,
    "score_distribution": score_distribution,
    "variance_shares": variance_bars,
    "cost_score": cost_against_score,
}


def every_chart(tables: ReportTables) -> Iterator[Chart]:
    """A chart for each of ``FIGURES``; one without data says why."""
    for figure in FIGURES:
        drawn = _DRAW[figure.name](tables)
        is_empty = isinstance(drawn, str)
        chart, caption = Drawn(note([drawn]), drawn) if isinstance(drawn, str) else drawn
        spec = chart.to_dict(validate=False)  # tests validate them; it takes a second
        spec |= {
            "background": "transparent",
            # Instead of Altair's: whatever is here wins over the theme of the page.
            "config": {"view": {"stroke": None}},
            "description": f"{figure.title}. {caption}",
        }
        yield Chart(figure.name, figure.title, caption, figure.section, spec, is_empty)
