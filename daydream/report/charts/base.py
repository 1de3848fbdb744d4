"""Shared parts of the charts: colours, labels, limits, and how data are written."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import altair as alt
import numpy as np
import pandas as pd

from daydream.experiment.short_names import short_names
from daydream.report.charts.labels import text_width
from daydream.report.charts.upright import LABEL_PIXELS, NARROW
from daydream.report.data import ReportTables

# After Okabe and Ito's colours, without the pale ones: told apart by the colour-blind, and at a
# contrast of 3:1 or more against both a white page and a nearly black one.
BLUE, VERMILION, GREEN, PURPLE, GREY = "#1C7FC2", "#D55E00", "#009E73", "#CC79A7", "#808080"
SHARE = "Mean score, as a share of the scale"
NO_SCORE = "No evaluation has a score yet."
LABEL, SHORT = 60, 32  # characters of a label, where there is room and where there is little
_COMBO = "combo_id"
_LETTER = 7  # pixels, about
_APART = 16  # pixels between two names side by side
_NEVER_IN_XML = ("\ufffe", "\uffff")

AnyChart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart


class Drawn(NamedTuple):
    """A chart, and the words under it."""

    chart: AnyChart
    caption: str


def data(frame: pd.DataFrame) -> alt.InlineData:
    """Rows as the data of a chart: rounded to six decimals like the tables, null where missing."""
    texts = [name for name in frame if frame[name].map(lambda value: isinstance(value, str)).any()]
    cleaned = frame.assign(**{str(name): frame[name].map(_cleaned) for name in texts})
    rows: list[dict[str, Any]] = json.loads(
        cleaned.to_json(orient="records", double_precision=6) or "[]"
    )
    return alt.InlineData(values=rows)


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def clean(text: str) -> str:
    """Text on one line, without the characters that no SVG may have."""
    return "".join(map(_allowed, " ".join(text.split())))


def _allowed(character: str) -> str:
    is_allowed = (
        unicodedata.category(character) not in ("Cc", "Cs") and character not in _NEVER_IN_XML
    )
    return character if is_allowed else "\ufffd"


def letters(pixels: float) -> int:
    """How many letters of a label have room in a width, at most ``SHORT``; 8 at least."""
    return max(8, min(SHORT, int(pixels / _LETTER)))


def labels(
    tables: ReportTables, column: str, keys: Iterable[object], max_length: int = LABEL
) -> dict[str, str]:
    """A label for every value of a column, by the value: no two alike, at most so many letters."""
    ids = list(dict.fromkeys(map(str, keys)))
    names = [clean(tables.names.of(column, key)) or "(none)" for key in ids]
    return dict(zip(ids, short_names(names, max_length, are_joined=column == _COMBO), strict=True))


def extent(numbers: Iterable[float], step: float = 0.05) -> list[float]:
    """The numbers' range, widened to whole steps; never of no width, [0, 1] without numbers."""
    finite = np.asarray([n for n in numbers if np.isfinite(n)], dtype=float)
    if not len(finite):
        return [0.0, 1.0]
    # 0.30000000000000004 is 0.3.
    low = np.floor(round(float(finite.min()) / step, 6)) * step
    high = np.ceil(round(float(finite.max()) / step, 6)) * step
    if high - low < step / 2:
        low, high = low - step, high + step
    return [round(float(low), 6), round(float(high), 6)]


def share_axis(rows: pd.DataFrame) -> list[float]:
    """Ends of an axis for ``mean``, ``low`` and ``high``, with a little room.

    An interval from very few essays goes past the scale; the axis does not.
    """
    ends = [rows[end].astype(float).clip(0, 1) for end in ("low", "high")]
    low, high = extent(pd.concat([rows["mean"], *ends]))
    room = (high - low) * 0.03
    return [round(low - room, 6), round(high + room, 6)]


def of_expected(valid: pd.Series, expected: pd.Series) -> list[str]:
    """``18/20`` for every row: scores that there are, and evaluations asked for."""
    return [f"{v:.0f}/{e:.0f}" for v, e in zip(valid, expected, strict=True)]


def less_than(tables: ReportTables) -> str:
    """The words for being under ``min_coverage``."""
    return f"fewer than {100 * tables.min_coverage:g}% of the scores asked for"


def caption_of(*sentences: str) -> str:
    """A caption of those sentences that there are."""
    return " ".join(sentence for sentence in sentences if sentence)


def as_wide_as_page(chart: AnyChart, width: int, height: int, min_width: int) -> AnyChart:
    """A chart that the page draws as wide as itself, but not below ``least`` pixels of plot.

    ``width`` is that of a chart which stands by itself, as a picture.
    """
    sized: AnyChart = chart.properties(width=width, height=height)
    return widened(sized, min_width)


def widened(chart: AnyChart, min_width: int, panels: int = 1) -> AnyChart:
    """The same for a chart whose size is set, of so many panels side by side.

    ``least`` is of one panel.
    """
    several = {"panels": panels} if isinstance(chart, alt.FacetChart) else {}
    sized: AnyChart = chart.properties(usermeta={"leastWidth": min_width, **several})
    wide: AnyChart = sized.add_params(alt.param(NARROW, value=False))
    return wide


def slanted_where_narrow(names: Sequence[str], in_panels: bool = False) -> alt.Axis:
    """An axis of columns: their names lie flat where each has room for its own, else they slant."""
    step = f"{'child_width' if in_panels else 'width'} / {max(1, len(names))}"
    is_wide = f"{step} > {max(map(text_width, names), default=0) + _APART:.0f}"
    return alt.Axis(
        labelAngle=alt.ExprRef(f"{is_wide} ? 0 : -40"),
        labelAlign=alt.ExprRef(f"{is_wide} ? 'center' : 'right'"),
        labelBaseline=alt.ExprRef(f"{is_wide} ? 'top' : 'middle'"),
        labelLimit=LABEL_PIXELS,
        labelOverlap=False,
        ticks=False,
        domain=False,
    )


def note(lines: Iterable[str]) -> alt.Chart:
    """A picture of words, where there is nothing to draw."""
    words: alt.Chart = alt.Chart(alt.InlineData(values=[{}]), width=560, height=60).mark_text(
        text=list(lines), align="left", baseline="top", lineHeight=16, x=4, y=8
    )
    return words
