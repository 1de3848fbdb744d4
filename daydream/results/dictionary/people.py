"""Tables of comparisons of essays, and of people's ratings."""

from __future__ import annotations

from daydream.results.dictionary.model import Column, Table
from daydream.results.dictionary.shared import (
    AXIS,
    CONCEPTS,
    COUNTS,
    LEVEL,
    LEVEL_NAME,
    NOTE,
    ORIGIN,
    POINTS,
    SCORES,
    TEMPLATE,
)

_FOLDER = "6_summary/<cohort>"
_COMPARED = "5_parsing/<cohort>/parsed_comparisons; membership.csv"
_RATED = f"{SCORES}; 1_raw/ratings/*.csv; membership.csv"
_PAIRS = "pairs, each in both orders"
_LOG = "log odds of winning"

PAIRWISE = Table(
    "pairwise_ranking",
    _FOLDER,
    "an essay, or a level of an axis",
    _COMPARED,
    "Bradley-Terry strengths with Davidson's ties; errors clustered by draft and by essay. Judges "
    "are fixed.",
    (
        AXIS._replace(meaning=f"`essay`, or {AXIS.meaning[0].lower()}{AXIS.meaning[1:]}"),
        LEVEL._replace(meaning="The essay's gen_id, or one value of the axis."),
        *(c._replace(meaning=f"{c.meaning} Blank where a row is of several.") for c in ORIGIN),
        Column("strength", "number", "Strength; those of an axis sum to 0.", _LOG),
        Column("low", "number", "Lower end of its 95% interval.", _LOG),
        Column("high", "number", "Upper end of its 95% interval.", _LOG),
        Column("rank", "whole", "Place by strength.", "from 1"),
        Column("rank_low", "whole", "Best rank that is possible, for all at once.", "from 1"),
        Column("rank_high", "whole", "Worst rank that is possible.", "from 1"),
        Column("n_tied", "whole", "How many cannot be told from it.", "levels"),
        Column("at_bound", "yes/no", "Whether it won or lost everything."),
        Column("circular_triads", "whole", "Of its triads, those that go round.", "triads"),
        Column("triads", "whole", "Groups of three that all met each other.", "triads"),
        Column("wins", "whole", "Pairs that it won in both orders.", _PAIRS),
        Column("losses", "whole", "Pairs that it lost in both orders.", _PAIRS),
        Column("ties", "whole", "Pairs whose orders differ, or both say tie.", _PAIRS),
        *(c._replace(unit="comparisons") if c.unit else c for c in COUNTS),
        NOTE,
        CONCEPTS,
        LEVEL_NAME._replace(source="parsed_comparisons (first_concepts, second_concepts)"),
    ),
)


def _measured(name: str, meaning: str, unit: str) -> tuple[Column, ...]:
    return (
        Column(name, "number", meaning, unit),
        Column(f"{name}_low", "number", "Lower end of its 95% interval.", unit),
        Column(f"{name}_high", "number", "Upper end of its 95% interval.", unit),
    )


HUMAN_AGREEMENT = Table(
    "human_agreement",
    _FOLDER,
    "a rater beside the people's mean, under an evaluation template",
    _RATED,
    "Intervals resample whole drafts, 1,000 times; none with fewer than 5. Judges are fixed.",
    (
        TEMPLATE,
        Column("rater", "text", "A judge, `panel` (the mean over judges), or a person."),
        Column("kind", "text", "`judge`, `panel` or `person`."),
        Column("n", "whole", "Essays that both scored.", "essays"),
        Column("n_clusters", "whole", "Their drafts.", "drafts"),
        Column(
            "human_mean",
            "number",
            "Mean of the people's scores of these essays; beside a person, of the other people's.",
            POINTS,
        ),
        Column("other_mean", "number", "Mean of the rater's.", POINTS),
        *_measured("pearson", "Correlation of the scores.", "-1 to 1"),
        *_measured("spearman", "Correlation of their ranks.", "-1 to 1"),
        *_measured("kappa", "Cohen's kappa with quadratic weights.", "-1 to 1"),
        *_measured("bias", "Rater less people.", POINTS),
        Column("mae", "number", "Mean absolute difference.", POINTS),
        Column("mae_constant", "number", "The same of who always answers the median.", POINTS),
        Column("base_rate", "number", "Share of the most frequent human score.", "share, 0 to 1"),
        NOTE,
    ),
)

HUMAN_CORRECTED = Table(
    "human_corrected",
    _FOLDER,
    "a level of an axis, or the difference of two",
    _RATED,
    "Prediction-powered inference with power tuning (PPI++), clustered by draft. Judges are fixed; "
    "rated essays are a random sample.",
    (
        TEMPLATE,
        AXIS._replace(meaning=f"`overall`, or {AXIS.meaning[0].lower()}{AXIS.meaning[1:]}"),
        LEVEL._replace(meaning="One value of the axis; `all`."),
        Column("minus", "text", "The level that is subtracted; blank: the row is a mean."),
        Column("n_human", "whole", "Essays that people rated.", "essays"),
        Column("n_judge", "whole", "Essays that judges scored.", "essays"),
        Column("n_drafts", "whole", "Drafts of the rated ones.", "drafts"),
        Column("judge_mean", "number", "Mean of the judges' scores.", POINTS),
        Column("human_mean", "number", "Mean of the people's scores.", POINTS),
        Column("corrected_mean", "number", "What people would give to all essays.", POINTS),
        Column("se", "number", "Its standard error.", POINTS),
        Column("low", "number", "Lower end of its 95% interval.", POINTS),
        Column("high", "number", "Upper end of its 95% interval.", POINTS),
        Column("weight", "number", "How far the judges' scores are used (lambda).", "0 to 1"),
        Column("gain", "number", "Variance of human_mean / variance of corrected_mean.", "ratio"),
        NOTE,
        LEVEL_NAME,
        LEVEL_NAME._replace(name="minus_name", meaning="The level that is subtracted, by name."),
    ),
)
