"""Whether a judge says the same again: its replicates of one evaluation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.krippendorff import Rated, mean_alpha
from daydream.results.statistics.ratings import DRAFT, ESSAY, TEMPLATE


class Retest(NamedTuple):
    """Of ``n_retest`` evaluations that were asked twice or more; NaN without any.

    ``retest_sd`` is the standard deviation of a replicate around their mean, normalised.
    ``retest_alpha`` is Krippendorff's with replicates for raters, averaged over templates: 1 when
    the judge says the same again, 0 when its replicates differ as much as its essays do.
    """

    n_retest: int
    retest_sd: float
    retest_alpha: float
    retest_low: float
    retest_high: float


def retest(part: pd.DataFrame, *, n_boot: int = 1000, seed: int = 0) -> Retest:
    """Compare the replicates in the evaluations of one judge (``evaluations``, with drafts).

    The interval of alpha resamples drafts (``mean_alpha``). Templates whose replicates or essays
    do not vary have no alpha, and are left out of the average.
    """
    valid = part[part["score"].notna()]
    cells = valid.groupby([ESSAY, TEMPLATE], sort=True)["unit"]
    size = cells.transform("size")
    repeated = valid[size >= 2]
    if repeated.empty:
        return Retest(0, *[float("nan")] * 4)
    groups = repeated.groupby([ESSAY, TEMPLATE], sort=True)["unit"]
    within = float(((repeated["unit"] - groups.transform("mean")) ** 2).sum())
    n_cells = int(groups.ngroups)
    deviation = float(np.sqrt(within / (len(repeated) - n_cells)))
    panels = [_panel(group) for _, group in repeated.groupby(TEMPLATE, sort=True)]
    known = [p for p in panels if len(p.matrix) >= 2 and np.nanstd(p.matrix) > 1e-9]
    if not known:
        return Retest(n_cells, deviation, *[float("nan")] * 3)
    alpha = mean_alpha(known, n_boot=n_boot, seed=seed)
    return Retest(n_cells, deviation, alpha.value, alpha.low, alpha.high)


def _panel(part: pd.DataFrame) -> Rated:
    """Essays x replicates of one template; a replicate has no identity, only a number."""
    numbered = part.sort_values(["replicate", "gen_id"], kind="stable")
    numbered = numbered.assign(turn=numbered.groupby(ESSAY).cumcount())
    table = numbered.pivot(index=ESSAY, columns="turn", values="unit")
    drafts = numbered.drop_duplicates(ESSAY).set_index(ESSAY)[DRAFT].loc[table.index]
    return Rated(table.to_numpy(dtype=np.float64), codes_of(drafts.to_numpy(dtype=str))[0])
