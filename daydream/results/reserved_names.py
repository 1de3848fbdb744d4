"""Evaluation templates whose id is also what tables call all templates together."""

from __future__ import annotations

import pandas as pd

from daydream.results.statistics.essay_scores import ALL
from daydream.results.statistics.ratings import TEMPLATE, Scales
from daydream.results.statistics.reliability import OVERALL

RESERVED = (ALL, OVERALL)


def apart(template: str) -> str:
    """What tables call an evaluation template: its id, and beside a reserved word more than it."""
    return f"{template} (template)" if template in RESERVED else template


def named_apart(scores: pd.DataFrame, scales: Scales) -> tuple[pd.DataFrame, Scales]:
    """Scores and scales in which such a template has another name: ``all (template)``.

    Without it, a row of that name would be of the template, or of all of them. The catalog may
    go on calling it so.
    """
    if not scores[TEMPLATE].isin(RESERVED).any():
        return scores, scales
    renamed = scores.assign(**{TEMPLATE: scores[TEMPLATE].map(apart)})
    return renamed, {apart(name): scale for name, scale in scales.items()}
