"""The scale on which the scores of a template, or of a composite of templates, are printed."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from daydream.results.statistics.essay_scores import ALL
from daydream.results.statistics.ratings import COMMON, TEMPLATE


class ScoreScale(NamedTuple):
    """From ``low`` to ``high`` points."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Points of the whole scale."""
        return self.high - self.low

    def points(self, share: float) -> float:
        """Give the points of a normalised score."""
        return self.low + share * self.width


def score_scales(frame: pd.DataFrame) -> dict[str, ScoreScale]:
    """By evaluation template; ``all`` has the common scale, or 0 to 10 where scales differ."""
    ends = frame.drop_duplicates(TEMPLATE)[[TEMPLATE, "low", "high"]]
    scales = {str(name): ScoreScale(float(low), float(high)) for name, low, high in ends.to_numpy()}
    same = len(set(scales.values())) == 1
    scales[ALL] = next(iter(scales.values())) if same else ScoreScale(*map(float, COMMON))
    return scales
