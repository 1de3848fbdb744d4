"""Simulated cohorts: scores with known effects."""

from typing import NamedTuple

import numpy as np
import pandas as pd


class Sizes(NamedTuple):
    """How many of each."""

    combos: int = 9
    draft_templates: int = 2
    models: int = 1
    essay_templates: int = 2
    judges: int = 1
    replicates: int = 1  # of drafts


class Spread(NamedTuple):
    """Standard deviations in points."""

    combo: float = 1.0
    draft: float = 1.0
    essay: float = 0.7
    judge: float = 0.3
    interaction: float = 0.0  # combination x level of the axis


SIZES, SPREAD = Sizes(), Spread()


def cohort(rng, sizes=SIZES, spread=SPREAD, effects=None, axis="generation_template"):
    """Scores around 5; ``effects`` (points) are those of the levels of ``axis``, in order."""
    shape = sizes[0], sizes[1], sizes[2], sizes[5], sizes[3], sizes[4]
    c, t, m, r, e, j = (index.ravel() for index in np.indices(shape))
    level = {
        "combo_id": c,
        "draft_template": t,
        "generation_model": m,
        "generation_template": e,
    }[axis]
    effects = np.zeros(level.max() + 1) if effects is None else np.asarray(effects)
    draft = np.ravel_multi_index((c, t, m, r), shape[:4])
    essay = np.ravel_multi_index((c, t, m, r, e), shape[:5])
    score = 5 + effects[level] + spread.judge * rng.normal(size=len(c))
    score += spread.combo * rng.normal(size=shape[0])[c]
    score += spread.draft * rng.normal(size=draft.max() + 1)[draft]
    score += spread.essay * rng.normal(size=essay.max() + 1)[essay]
    liking = spread.interaction * rng.normal(size=(shape[0], level.max() + 1))
    score += liking[c, level]
    return pd.DataFrame(
        {
            "gen_id": [f"v{n}" for n in range(len(c))],
            "parent_gen_id": [f"e{n}" for n in essay],
            "draft_gen_id": [f"d{n}" for n in draft],
            "combo_id": [f"c{n:04}" for n in c],
            "draft_template": [f"t{n:02}" for n in t],
            "generation_model": [f"m{n:02}" for n in m],
            "generation_template": [f"w{n:02}" for n in e],
            "evaluation_llm_model": [f"j{n:02}" for n in j],
            "evaluation_template": "t",
            "score": score,
        }
    )
