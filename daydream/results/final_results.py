"""The table `final_results`: averages by template, model and combination, beside their counts."""

from __future__ import annotations

import pandas as pd

from daydream.results.reserved_names import named_apart
from daydream.results.statistics.essay_scores import ALL
from daydream.results.statistics.ratings import Scales, on_scale

HIGH, LOW = 0.8, 0.3  # shares of the template's range: 8 and 3 on a scale from 0 to 10

GROUPINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("draft_template", ("draft_template",)),
    ("essay_template", ("generation_template",)),
    ("generation_model", ("generation_model",)),
    ("evaluation_model", ("evaluation_llm_model",)),
    ("combo", ("combo_id",)),
    ("template_x_model", ("generation_template", "generation_model")),
    ("generation_x_evaluation_model", ("generation_model", "evaluation_llm_model")),
    ("overall", ()),
)

FINAL_KEYS = [
    "draft_template",
    "generation_template",
    "generation_model",
    "evaluation_llm_model",
    "combo_id",
]


def with_shares(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Add ``share``, the score's place in its template's range from 0 to 1, and the ``range``."""
    placed = on_scale(scores, scales)
    ends = zip(placed["low"], placed["high"], strict=True)
    return scores.assign(share=placed["unit"], range=[f"{low:g} to {high:g}" for low, high in ends])


def final_results(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Counts, averages and extremes by template, model, combo and their crossings.

    By evaluation template, and last for all of them, where there are several: then
    ``evaluation_template`` is ``all``, ``n_templates`` how many, and averages weigh templates
    alike, whatever the number of their scores. ``average`` and the like are on the scores' own
    scale, and blank where templates with different ranges come together; ``average_share`` is on
    0 to 1 of each template's range. ``n_perfect`` counts scores at the top of the range,
    ``n_high`` those at 80% of it or above, ``n_low`` those at 30% or below; percentages are of the
    valid scores.
    """
    shares = with_shares(*named_apart(scores, scales))
    names = sorted(shares["evaluation_template"].unique())
    views = [(name, shares[shares["evaluation_template"] == name]) for name in names]
    if len(views) != 1:
        views.append((ALL, shares))
    parts = [
        _grouped(part, name, list(keys)).assign(
            evaluation_template=template, n_templates=len(names) if template == ALL else 1
        )
        for template, part in views
        for name, keys in GROUPINGS
    ]
    columns = ["analysis", "evaluation_template", "n_templates", *FINAL_KEYS, *_STATISTICS]
    return pd.concat(parts, ignore_index=True)[columns]


_STATISTICS = [
    *("n_expected", "n_valid", "average", "std_dev", "min", "max", "average_share"),
    *("n_perfect", "n_high", "n_low", "perfect_pct", "high_pct", "low_pct"),
]


def _grouped(shares: pd.DataFrame, name: str, keys: list[str]) -> pd.DataFrame:
    marked = shares.assign(
        is_perfect=shares["share"] >= 1.0,
        is_high=shares["share"] >= HIGH - 1e-9,
        is_low=shares["share"] <= LOW + 1e-9,
        range=shares["range"].where(shares["score"].notna()),
        everything="all",
    )
    by = keys or ["everything"]
    table = marked.groupby(by, sort=True).agg(
        n_expected=("gen_id", "size"),
        n_valid=("score", "count"),
        std_dev=("score", "std"),
        min=("score", "min"),
        max=("score", "max"),
        ranges=("range", "nunique"),
        n_perfect=("is_perfect", "sum"),
        n_high=("is_high", "sum"),
        n_low=("is_low", "sum"),
    )
    within = marked.groupby([*by, "evaluation_template"], sort=True)[["score", "share"]].mean()
    averages = within.groupby(by, sort=True).mean()
    table = table.assign(average=averages["score"], average_share=averages["share"]).reset_index()
    for column in ("average", "std_dev", "min", "max"):
        table[column] = table[column].where(table["ranges"] <= 1)
    for column in ("perfect", "high", "low"):
        valid = table["n_valid"].where(table["n_valid"] > 0)
        table[f"{column}_pct"] = 100 * table[f"n_{column}"] / valid
    missing = {key: "" for key in FINAL_KEYS if key not in keys}
    return table.assign(analysis=name, **missing)
