"""Charts that the page draws as wide as itself."""

from __future__ import annotations

import altair as alt
import pandas as pd
import vl_convert

from daydream.report.charts.base import as_wide_as_page, data
from daydream.report.charts.leaderboard import RANKS


def test_what_stands_beside_a_plot_that_the_page_widens_moves_with_its_edge() -> None:
    rows = pd.DataFrame({"text": ["a"]})
    plot = alt.Chart(data(rows)).mark_text().encode(x=alt.value(RANKS), text="text:N")
    spec = as_wide_as_page(plot, 560, 22, min_width=240).to_dict()
    assert spec["usermeta"] == {"leastWidth": 240}
    assert "translate(574," in vl_convert.vegalite_to_svg(spec)
    assert "translate(314," in vl_convert.vegalite_to_svg({**spec, "width": 300})
