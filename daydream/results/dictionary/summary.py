"""The summary tables: counts and means by template, model, combination and their crossings."""

from __future__ import annotations

from daydream.results.dictionary.model import Block, Column, Table
from daydream.results.dictionary.shared import (
    COMBO,
    CONCEPTS,
    COUNTS,
    DRAFT_TEMPLATE,
    ESSAY_TEMPLATE,
    GENERATOR,
    JUDGE,
    N_TEMPLATES,
    ORIGIN,
    POINTS,
    SCORES,
    SHARE,
    TEMPLATE_OR_ALL,
)

_PERCENT = "per cent of n_valid"
_BLANK = "blank where the row is about several."

FINAL = Table(
    "final_results",
    "6_summary/<cohort>",
    "a group of evaluations under an evaluation template",
    SCORES,
    "Plain means; a composite is a mean of its templates' means. Points are blank where templates "
    "with different scales come together.",
    (
        Column(
            "analysis",
            "text",
            "What groups: `draft_template`, `essay_template`, `generation_model`, "
            "`evaluation_model`, `combo`, `template_x_model`, `generation_x_evaluation_model`, "
            "`overall`.",
        ),
        TEMPLATE_OR_ALL,
        N_TEMPLATES,
        *(
            column._replace(meaning=f"{column.meaning.rstrip('.')}; {_BLANK}")
            for column in (DRAFT_TEMPLATE, ESSAY_TEMPLATE, GENERATOR, JUDGE, COMBO)
        ),
        *COUNTS,
        Column("average", "number", "Mean score.", POINTS),
        Column("std_dev", "number", "Standard deviation of single scores (n - 1).", POINTS),
        Column("min", "number", "Lowest score.", POINTS),
        Column("max", "number", "Highest score.", POINTS),
        Column("average_share", "number", "Mean of the normalised scores.", SHARE),
        Column("n_perfect", "whole", "Scores at the top of the scale.", "evaluations"),
        Column("n_high", "whole", "Scores at 80% of the scale or above.", "evaluations"),
        Column("n_low", "whole", "Scores at 30% of the scale or below.", "evaluations"),
        Column("perfect_pct", "number", "n_perfect / n_valid.", _PERCENT),
        Column("high_pct", "number", "n_high / n_valid.", _PERCENT),
        Column("low_pct", "number", "n_low / n_valid.", _PERCENT),
        CONCEPTS,
    ),
)


def _block(what: str, base: str, *statistics: tuple[str, str]) -> Block:
    mean = "Mean score over replicates and what else the row holds."
    return Block(
        what,
        base,
        (
            Column(base, "number", mean, POINTS),
            *(Column(base + ending, "number", text, POINTS) for ending, text in statistics),
            Column(f"{base}_n_expected", "whole", "Evaluations asked for.", "evaluations"),
            Column(f"{base}_n", "whole", "Those with a score.", "evaluations"),
            Column(
                f"{base}_coverage_ok", "yes/no", "Whether these are enough; blank: none asked for."
            ),
        ),
    )


SCORES_PIVOT = Table(
    "generation_scores_pivot",
    "6_summary/<cohort>",
    "a combination, draft template, essay template and model",
    SCORES,
    "Plain means. Rows with different counts or templates do not compare.",
    (
        *ORIGIN,
        Column("sum_scores", "number", "Sum of the means that there are.", POINTS),
        Column("n_essays", "whole", "Essays behind the row.", "essays"),
        *COUNTS,
        Column("generation_response_path", "text", "The essays, separated by semicolons."),
        CONCEPTS,
    ),
    _block(
        "judge and evaluation template",
        "<judge>_<evaluation template>",
        ("_min", "Lowest score."),
        ("_max", "Highest score."),
    ),
    len(ORIGIN),
)

EVALUATION_PIVOT = Table(
    "evaluation_model_template_pivot",
    "6_summary/<cohort>",
    "a judge",
    SCORES,
    "Plain means.",
    (JUDGE, *COUNTS),
    _block(
        "evaluation template",
        "<evaluation template>",
        ("_std", "Standard deviation of single scores (n - 1)."),
    ),
    1,
)

VERSION_PIVOT = Table(
    "template_version_comparison_pivot",
    "7_cross_experiment",
    "a combination, draft template, essay template, model and judge in the store",
    "7_cross_experiment/parsed_scores, as `filters` keep them",
    "Plain means. CSV only.",
    (*ORIGIN, JUDGE, *COUNTS, CONCEPTS),
    _block("evaluation template", "<evaluation template>"),
    len(ORIGIN) + 1,
)
