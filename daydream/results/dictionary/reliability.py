"""Tables about agreement of judges, their effects, and what a next experiment needs."""

from __future__ import annotations

from daydream.results.dictionary.model import Column, Table
from daydream.results.dictionary.shared import (
    CONCEPTS,
    COUNTS,
    ESSAY,
    JUDGE,
    LEVEL_NAME,
    NOTE,
    ORIGIN,
    POINTS,
    SCALE,
    SCORES,
    SHARE,
    SIGNED_SHARE,
    TEMPLATE,
    WARNING,
    P,
)

_FOLDER = "6_summary/<cohort>"
_RATING = "A rating is what a judge gave under a template, replicates averaged first."

_SPREAD = (
    Column("n_ratings", "whole", _RATING, "ratings"),
    Column("n_evaluators", "whole", "Judges behind them.", "judges"),
    Column("n_templates", "whole", "Evaluation templates behind them.", "templates"),
    Column("mean", "number", "Mean of the ratings.", POINTS),
    Column("std_dev", "number", "Their standard deviation (n - 1).", POINTS),
    Column("min", "number", "The lowest.", POINTS),
    Column("max", "number", "The highest.", POINTS),
    Column("median", "number", "The middle one.", POINTS),
    Column("range", "number", "max - min; it grows with the number of ratings.", POINTS),
    Column("coefficient_of_variation", "number", "std_dev / mean.", "ratio"),
    Column("relative_range", "number", "range / mean.", "ratio"),
    Column("relative_std_dev", "number", "std_dev / mean.", "ratio"),
    *SCALE,
    Column("range_of_ten", "number", "range in tenths of the scale.", "0 to 10"),
)

AGREEMENT = Table(
    "evaluator_agreement_analysis",
    _FOLDER,
    "an essay and evaluation template that two or more judges scored",
    SCORES,
    "Described, not tested.",
    (
        ESSAY,
        TEMPLATE,
        *ORIGIN,
        *(column for column in _SPREAD if column.name != "n_templates"),
        Column(
            "agreement_class",
            "text",
            "`high_agreement`, `moderate_agreement`, `low_agreement`, `poor_agreement`: "
            "range_of_ten up to 1, 2, 3, above. A range grows with the number of judges.",
        ),
        Column(
            "pair_difference",
            "number",
            "Mean difference of two judges, in tenths of the scale, however many there are.",
            "0 to 10",
        ),
        Column(
            "chance_difference",
            "number",
            "The same of ratings by different judges of different essays under the template.",
            "0 to 10",
        ),
        Column("pair_class", "text", "As agreement_class, of pair_difference."),
        *COUNTS,
        CONCEPTS,
    ),
)

SPREAD = Table(
    "comprehensive_variance_analysis",
    _FOLDER,
    "an essay's ratings: all, one judge's across templates, one template's across judges",
    SCORES,
    "Described, not tested.",
    (
        Column(
            "analysis_type", "text", "`overall_variance`, `template_variance`, `model_variance`."
        ),
        ESSAY,
        TEMPLATE._replace(meaning="The evaluation template; blank: several."),
        JUDGE._replace(meaning="The judge; blank: several."),
        *ORIGIN,
        *_SPREAD,
        Column(
            "stability_class",
            "text",
            "`high_stability`, `moderate_stability`, `low_stability`, `unstable`: limits as for "
            "agreement_class.",
        ),
        *COUNTS,
        CONCEPTS,
    ),
)

RELIABILITY = Table(
    "reliability",
    _FOLDER,
    "a coefficient in a scope",
    SCORES,
    "Krippendorff's alpha, correlations of Shrout and Fleiss, weighted kappa; drafts "
    "are resampled.",
    (
        Column(
            "measure",
            "text",
            "`krippendorff_alpha`, `krippendorff_alpha_ordinal`, `weighted_kappa` of two judges, "
            "or the name of a correlation.",
        ),
        Column("scope", "text", "An evaluation template, or `overall`: the average over them."),
        Column("among", "text", "`all essays`, or only those `within model and combo`."),
        Column("judge_a", "text", "One judge of a pair; blank: the measure is of all."),
        Column("judge_b", "text", "The other judge of a pair."),
        Column("value", "number", "The measure.", "at most 1"),
        Column("low", "number", "Lower end of its 95% interval.", "at most 1"),
        Column("high", "number", "Upper end of its 95% interval.", "at most 1"),
        Column("n_units", "whole", "Essays that two judges scored.", "essays"),
        Column("n_drafts", "whole", "Drafts of these.", "drafts"),
        Column("n_raters", "whole", "Judges, each a rater.", "judges"),
        Column("n_templates", "whole", "Evaluation templates behind the row.", "templates"),
        Column(
            "raters_are",
            "text",
            "What the interval speaks of: these judges (`fixed`) or any such judges (`sampled`).",
        ),
        Column("method", "text", "How value and interval were calculated."),
        WARNING,
        *COUNTS,
    ),
)

EFFECTS = Table(
    "evaluator_effects",
    _FOLDER,
    "a judge, over all templates and under each",
    SCORES,
    "Student's t over drafts' means for severity; judges are fixed.",
    (
        JUDGE,
        TEMPLATE._replace(meaning="The evaluation template; blank: all."),
        *COUNTS,
        Column("mean_share", "number", "Mean of its normalised scores.", SHARE),
        Column("std_share", "number", "Their standard deviation (n - 1).", SHARE),
        Column(
            "severity",
            "number",
            "It less the other judges on the same essays; below 0 is stricter.",
            SIGNED_SHARE,
        ),
        Column("severity_low", "number", "Lower end of its 95% interval.", SIGNED_SHARE),
        Column("severity_high", "number", "Upper end of its 95% interval.", SIGNED_SHARE),
        Column("n_severity", "whole", "Essays x templates behind severity.", "ratings"),
        Column("n_severity_drafts", "whole", "Drafts of these.", "drafts"),
        Column("ceiling_share", "number", "Scores at the top of the scale.", "share of n_valid"),
        Column("floor_share", "number", "Scores at the bottom.", "share of n_valid"),
        Column(
            "n_asked", "whole", "Expected, less those lost through others' faults.", "evaluations"
        ),
        Column("unparsed_share", "number", "Without a score.", "share of n_asked"),
        Column("truncated_share", "number", "Cut off.", "share of n_asked"),
        Column("pearson", "number", "Correlation with the other judges' mean.", "-1 to 1"),
        Column("spearman", "number", "The same of ranks.", "-1 to 1"),
        Column("n_correlation", "whole", "Essays behind them.", "essays"),
        Column("n_retest", "whole", "Essays x templates with replicates.", "ratings"),
        Column(
            "retest_sd", "number", "Standard deviation of a replicate around their mean.", SHARE
        ),
        Column("retest_alpha", "number", "Krippendorff's alpha of its replicates.", "at most 1"),
        Column("retest_low", "number", "Lower end of its 95% interval.", "at most 1"),
        Column("retest_high", "number", "Upper end of its 95% interval.", "at most 1"),
        WARNING,
    ),
)

D_STUDY = Table(
    "d_study",
    _FOLDER,
    "a target and how close it shall be met",
    SCORES,
    "The variances of variance_components and the mean squares of contrasts, generalizability "
    "theory. Judges and combinations are sampled.",
    (
        Column("target", "text", "An axis whose levels shall be told apart, or `one_essay`."),
        Column("share", "number", "The difference to find, or the width of the interval.", SHARE),
        Column("points", "number", "The same in points.", POINTS),
        Column("combos", "whole", "Combinations needed, one draft of each level.", "combinations"),
        Column(
            "drafts",
            "whole",
            "Drafts needed of each level; essay templates share them.",
            "drafts",
        ),
        Column("essays", "whole", "Essays of each draft.", "essays"),
        Column("judges", "whole", "Judges of each essay.", "judges"),
        Column("templates", "whole", "Evaluation templates.", "templates"),
        Column("replicates", "whole", "Replicates of each evaluation.", "replicates"),
        Column("calls", "whole", "Calls of the whole design.", "calls"),
        Column(
            "dollars",
            "number",
            "Their cost at the mean prices of snapshots; blank: unknown.",
            "USD",
        ),
        Column("drafts_low", "whole", "drafts if variances were at their low ends.", "drafts"),
        Column("drafts_high", "whole", "drafts if they were at their high ends.", "drafts"),
        Column("dollars_low", "number", "Cost with drafts_low.", "USD"),
        Column("dollars_high", "number", "Cost with drafts_high.", "USD"),
        Column(
            "level_x_combo",
            "number",
            "Variance of what a combination gives to one level, which only more combinations "
            "average out; blank: in that of the drafts, or unknown (note).",
            f"{POINTS}, squared",
        ),
        Column(
            "level_x_combo_low",
            "number",
            "Lower end of its 95% interval.",
            f"{POINTS}, squared",
        ),
        Column(
            "level_x_combo_high",
            "number",
            "Upper end of its 95% interval.",
            f"{POINTS}, squared",
        ),
        NOTE,
        *SCALE,
        *COUNTS,
    ),
)

POSITION = Table(
    "position_bias",
    _FOLDER,
    "all comparisons, those of a judge, those of a template",
    "5_parsing/<cohort>/parsed_comparisons",
    "Wilson's interval, an exact test; clustered by pair of essays.",
    (
        Column("axis", "text", "`overall`, `evaluation_llm_model` or `comparison_template`."),
        Column("level", "text", "The judge or the template; overall: `all`."),
        Column("first_share", "number", "Judgements with a winner that the first won.", "0 to 1"),
        Column("low", "number", "Lower end of its 95% interval.", "0 to 1"),
        Column("high", "number", "Upper end of its 95% interval.", "0 to 1"),
        Column("first_wins", "whole", "Judgements that the essay shown first won.", "judgements"),
        Column("ties", "whole", "Judgements without a winner.", "judgements"),
        Column("both_first", "whole", "Pairs of orders that favour the first place.", "pairs"),
        Column("both_second", "whole", "Pairs of orders that favour the second.", "pairs"),
        P,
        Column("p_holm", "number", "p, corrected for all levels of the axis.", "probability"),
        *(c._replace(unit="comparisons") if c.unit else c for c in COUNTS),
        NOTE,
        LEVEL_NAME,
    ),
)
