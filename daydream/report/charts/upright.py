"""An axis of names, one below the other: in one line, or on a narrow page in two short ones."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

import altair as alt

from daydream.experiment.concept_names import AND
from daydream.experiment.short_names import short_names

LABEL_PIXELS = 400
NARROW = "narrow"  # the parameter that the page sets
_LINE = 18  # letters of a line on a narrow page
_LINES = 2  # that a row has room for


def upright(names: Sequence[str], *, has_grid: bool = False) -> alt.Axis:
    """The axis of rows with these names."""
    axis = alt.Axis(
        labelLimit=LABEL_PIXELS, ticks=False, domain=False, labelPadding=8, grid=has_grid
    )
    long = [name for name in names if len(name) > _LINE]
    if long:
        lines = json.dumps(dict(zip(long, folded(long), strict=True)), ensure_ascii=False)
        is_folded = f"{NARROW} && length(datum.label) > {_LINE}"
        axis["labelExpr"] = f"{is_folded} ? {lines}[datum.label] : datum.label"
        axis["labelLineHeight"] = 10
        axis["labelFontSize"] = {"expr": f"{NARROW} ? 10 : 11"}
        # The first line ends at the middle of its row, so that the second begins there.
        above = {"test": is_folded, "value": "bottom"}
        axis["labelBaseline"] = {"condition": above, "value": "middle"}
    return axis


def folded(names: Sequence[str]) -> list[list[str]]:
    """Each name in two lines, shortened as little as that takes; no two alike."""
    are_joined = any(AND in name for name in names)
    for max_length in range(_LINES * _LINE + 1, _LINE, -1):
        found = [_wrapped(name) for name in short_names(names, max_length, are_joined=are_joined)]
        if all(len(lines) <= _LINES for lines in found):
            break
    return [[*lines, ""][:_LINES] for lines in found]


def _wrapped(name: str) -> list[str]:
    concepts = name.split(AND)
    if len(concepts) == _LINES and max(map(len, concepts)) <= _LINE:
        return [f"{concepts[0]}{AND.rstrip()}", concepts[1]]
    return textwrap.wrap(name, _LINE, break_long_words=True, break_on_hyphens=True)
