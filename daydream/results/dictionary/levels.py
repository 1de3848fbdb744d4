"""Tables that compare the levels of an axis: ranking, contrasts, controls, levels of cohorts."""

from __future__ import annotations

from daydream.results.dictionary.model import Column, Table
from daydream.results.dictionary.shared import (
    AXIS,
    COUNTS,
    DF,
    JUDGE,
    LEVEL,
    LEVEL_NAME,
    N_TEMPLATES,
    P_HOLM,
    POINTS,
    SCALE,
    SCORES,
    SHARE,
    TEMPLATE,
    TEMPLATE_OR_ALL,
    WARNING,
    P,
)

_FOLDER = "6_summary/<cohort>"
_LOW = "Lower end of the 95% interval"
_HIGH = "Upper end of the 95% interval"
_METHOD = Column("method", "text", "What was compared on what.")

RANKING = Table(
    "ranking",
    _FOLDER,
    "a level of an axis under an evaluation template, best first; composites last",
    SCORES,
    "Least squares on essay + judge, then block + level; intervals from the spread of clusters, "
    "Student's t. Judges and templates are fixed. See docs/statistics.md, Means of levels.",
    (
        AXIS,
        LEVEL,
        TEMPLATE_OR_ALL,
        N_TEMPLATES,
        Column("rank", "whole", "Place by adjusted_mean; equal means share one.", "from 1"),
        Column(
            "rank_low", "whole", "Best rank that is possible, for all levels at once.", "from 1"
        ),
        Column("rank_high", "whole", "Worst rank that is possible.", "from 1"),
        Column("tied", "yes/no", "Whether some level cannot be told from it."),
        Column("n_tied", "whole", "How many cannot be told from it.", "levels"),
        Column("tied_with", "text", "The first ten of them, separated by blanks."),
        Column("letters", "text", "Levels that share a letter are tied."),
        Column("mean", "number", "Plain mean of the scores that there are.", POINTS),
        Column(
            "adjusted_mean", "number", "The mean if every judge had scored every essay.", POINTS
        ),
        Column("low", "number", f"{_LOW} of adjusted_mean.", POINTS),
        Column("high", "number", f"{_HIGH} of adjusted_mean.", POINTS),
        Column(
            "shrunken_mean", "number", "adjusted_mean, moved to the mean of all levels.", POINTS
        ),
        Column("bound_low", "number", "mean if all missing scores were the lowest.", POINTS),
        Column("bound_high", "number", "mean if all missing scores were the highest.", POINTS),
        Column("mean_share", "number", "mean, normalised.", SHARE),
        Column("adjusted_share", "number", "adjusted_mean, normalised.", SHARE),
        Column("low_share", "number", "low, normalised.", SHARE),
        Column("high_share", "number", "high, normalised.", SHARE),
        *SCALE,
        DF,
        Column(
            "n_clusters",
            "whole",
            "Clusters behind the interval: combinations; of fewer than five, drafts.",
            "clusters",
        ),
        Column("n_drafts", "whole", "Drafts of the level with a score.", "drafts"),
        Column("n_essays", "whole", "Essays of the level with a score.", "essays"),
        *COUNTS,
        Column("n_truncated", "whole", "Evaluations lost as an answer was cut off.", "evaluations"),
        WARNING,
        LEVEL_NAME,
    ),
)

CONTROLS = Table(
    "controls",
    _FOLDER,
    "a kind of control under an evaluation template, by all judges or by one",
    SCORES,
    "Means of texts over judges; Student's interval over texts, from five on. Controls are in no "
    "other table but parsed_scores, where their generation_template is `import`.",
    (
        Column(
            "control",
            "text",
            "`control-empty`: an empty essay; `control-concepts`: the concepts' own text; "
            "`control-other_combo`: essays of the cohort, each judged as one on other concepts; "
            "`control-planted`: a text that the spec gives.",
        ),
        TEMPLATE,
        JUDGE._replace(meaning="The judge; blank: all together."),
        Column("n_essays", "whole", "Control texts with a score.", "texts"),
        Column("mean", "number", "Mean of their scores.", POINTS),
        Column("low", "number", f"{_LOW} of mean.", POINTS),
        Column("high", "number", f"{_HIGH} of mean.", POINTS),
        Column("essays_mean", "number", "Mean of the cohort's essays.", POINTS),
        Column("difference", "number", "mean less essays_mean.", POINTS),
        Column(
            "share_below",
            "number",
            "Essays that score below mean, ties as halves.",
            "share of essays, 0 to 1",
        ),
        *SCALE,
        *COUNTS,
        WARNING,
    ),
)

_IN_RANKING = {column.name: column for column in RANKING.columns}

COHORT_LEVELS = Table(
    "cohort_levels",
    "7_cross_experiment",
    "a cohort, or a level of it, under an evaluation template",
    "5_parsing/<cohort>/parsed_scores of every cohort that has it; evaluation_templates.csv",
    "Each cohort's own ranking, so that a mean is of that cohort's essays and judges: whether two "
    "cohorts differ is told by `daydream compare`. CSV only.",
    (
        Column("cohort_id", "text", "The cohort."),
        Column(
            "axis",
            "text",
            "What the row is of: `cohort` (all of it), `generation_model`, `draft_template`, "
            "`generation_template`, `evaluation_llm_model`.",
        ),
        LEVEL._replace(meaning="One value of the axis; the cohort itself where it is all of it."),
        *(
            _IN_RANKING[name]
            for name in (
                *("evaluation_template", "n_templates", "mean", "adjusted_mean", "low", "high"),
                *("mean_share", "adjusted_share", "low_share", "high_share"),
                *("scale_low", "scale_high", "df", "n_clusters", "n_drafts", "n_essays"),
                *("n_expected", "n_valid", "coverage_ok", "n_truncated", "warning"),
            )
        ),
        LEVEL_NAME._replace(meaning="The level."),
    ),
)

CONTRASTS = Table(
    "contrasts",
    _FOLDER,
    "two levels of an axis under an evaluation template",
    SCORES,
    "Intra-block analysis (a paired t test where two levels share blocks), Holm's correction. "
    "Judges and templates are fixed. See docs/statistics.md.",
    (
        AXIS,
        TEMPLATE_OR_ALL,
        N_TEMPLATES,
        Column("level_a", "text", "The level that stands higher."),
        Column("level_b", "text", "The other one."),
        Column("n_blocks", "whole", "Blocks that have both levels.", "blocks"),
        Column("n_drafts", "whole", "Drafts behind the two.", "drafts"),
        Column("difference", "number", "Adjusted mean of level_a less that of level_b.", POINTS),
        Column("se", "number", "Its standard error.", POINTS),
        DF,
        Column("low", "number", f"{_LOW} of this difference alone.", POINTS),
        Column("high", "number", f"{_HIGH} of this difference alone.", POINTS),
        Column("t", "number", "difference / se."),
        P,
        P_HOLM._replace(meaning="p corrected for all pairs of the axis and template (Holm)."),
        Column("difference_share", "number", "difference, normalised.", SHARE),
        Column(
            "effect_size",
            "number",
            "Hedges' g; blank: too few clusters for a spread.",
            "standard deviations of drafts in a level",
        ),
        Column(
            "superiority",
            "number",
            "Shared blocks in which level_a is above, ties as halves.",
            "share of blocks, 0 to 1",
        ),
        Column("axis_f", "number", "F of all levels of the axis at once."),
        Column("axis_df", "number", "Its degrees of freedom."),
        Column("axis_df_residual", "number", "Those of its residual."),
        Column("axis_p", "number", "Its p value.", "probability"),
        *SCALE,
        *COUNTS,
        _METHOD,
        WARNING,
        LEVEL_NAME._replace(name="level_a_name"),
        LEVEL_NAME._replace(name="level_b_name"),
    ),
)
