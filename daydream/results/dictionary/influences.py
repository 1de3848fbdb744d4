"""Tables of what else scores depend on: sources of variance, judges, lengths."""

from __future__ import annotations

from daydream.results.dictionary.model import Column, Table
from daydream.results.dictionary.shared import (
    AXIS,
    COUNTS,
    DF,
    GENERATOR,
    JUDGE,
    LEVEL,
    LEVEL_NAME,
    NOTE,
    P_HOLM,
    POINTS,
    SCALE,
    SCORES,
    SHARE,
    SIGNED_SHARE,
    TEMPLATE,
    P,
)

_FOLDER = "6_summary/<cohort>"
_LOW = "Lower end of the 95% interval"
_HIGH = "Upper end of the 95% interval"

VARIANCE = Table(
    "variance_components",
    _FOLDER,
    "a source of variance",
    SCORES,
    "A mixed model with every effect random, by restricted maximum likelihood (`method` says "
    "where it is not).",
    (
        Column("component", "text", "The source; `residual` and `replicate` are what is left."),
        Column("levels", "whole", "How many levels it has.", "levels"),
        Column("variance", "number", "Its variance, 0 or above.", f"{POINTS}, squared"),
        Column("low", "number", f"{_LOW} of variance.", f"{POINTS}, squared"),
        Column("high", "number", f"{_HIGH} of variance; blank: none.", f"{POINTS}, squared"),
        Column("estimate", "number", "Henderson's unbiased estimate.", f"{POINTS}, squared"),
        Column("share", "number", "variance / sum of variances.", "share of the variance, 0 to 1"),
        Column("share_low", "number", f"{_LOW} of share.", "share of the variance, 0 to 1"),
        Column("share_high", "number", f"{_HIGH} of share.", "share of the variance, 0 to 1"),
        Column("truncated", "yes/no", "Whether estimate is negative."),
        Column(
            "method",
            "text",
            "How: `REML, profile` has intervals from the profile of the likelihood, `REML, "
            "curvature` from the curvature of the restricted one (its profile where the variance "
            "may be 0); `moments` has none.",
        ),
        NOTE,
        *SCALE,
        *COUNTS,
    ),
)

PREFERENCE = Table(
    "judge_preference",
    _FOLDER,
    "a judge that also writes, or whose family does",
    SCORES,
    "Difference in differences, beside each other judge under each template; drafts compared as by "
    "Welch's t test. The judges are fixed.",
    (
        Column("kind", "text", "`self`: the judge's own texts; `family`: those of its provider."),
        JUDGE,
        Column("own", "text", "The model or provider that counts as its own."),
        Column(
            "difference_share",
            "number",
            "What it gives its own above the other judges, less the same of other essays; without "
            "what another judge gives its own.",
            SIGNED_SHARE,
        ),
        Column("low_share", "number", f"{_LOW} of difference_share.", SIGNED_SHARE),
        Column("high_share", "number", f"{_HIGH} of difference_share.", SIGNED_SHARE),
        Column("se_share", "number", "Its standard error.", SHARE),
        DF,
        P,
        P_HOLM._replace(meaning="p corrected for the judges of the kind (Holm)."),
        Column("n_own_essays", "whole", "Its own essays in the comparison.", "essays"),
        Column("n_other_essays", "whole", "Other essays in the comparison.", "essays"),
        Column("n_own_drafts", "whole", "Drafts of its own essays.", "drafts"),
        Column("n_other_drafts", "whole", "Drafts of other essays.", "drafts"),
        Column("rank", "whole", "Place of its own model among the writers.", "from 1"),
        Column("rank_without_own", "whole", "The same without all self-judgements.", "from 1"),
        NOTE,
        *COUNTS,
    ),
)

SENSITIVITY = Table(
    "sensitivity",
    _FOLDER,
    "a level of an axis and something left out; nothing is left out first",
    SCORES,
    "The adjusted means of `ranking` over all templates, once more without it; no intervals.",
    (
        AXIS,
        LEVEL,
        Column(
            "left_out", "text", "`nothing`, `judge`, `evaluation_template` or `self_judgements`."
        ),
        Column("left_out_name", "text", "The judge or template that was left out."),
        Column("mean_share", "number", "Adjusted mean of the rest.", SHARE),
        Column("mean_share_change", "number", "Against leaving out nothing.", SIGNED_SHARE),
        Column("rank", "whole", "Place among the levels.", "from 1"),
        Column("rank_change", "whole", "Against leaving out nothing; below 0 is better.", "ranks"),
        Column("kendall_tau", "number", "tau-b of the two orders.", "-1 to 1"),
        Column("winner", "text", "The level that is first without it."),
        Column("winner_changes", "yes/no", "Whether that is another one."),
        Column("n_judges", "whole", "Judges that gave scores.", "judges"),
        Column(
            "n_effective_judges", "number", "(sum w)^2 / sum w^2, w: scores of a judge.", "judges"
        ),
        *COUNTS,
        NOTE,
        LEVEL_NAME,
    ),
)

LENGTH = Table(
    "length_effect",
    _FOLDER,
    "a slope, or a model's mean, by judge and template and over all of them",
    SCORES,
    "Least squares of an essay's score, adjusted for judges and templates that gave it none, on "
    "log2 of words within each writer; errors clustered by draft (CR2), Student's t. Judges are "
    "fixed.",
    (
        Column("analysis_type", "text", "`slope` or `mean`."),
        JUDGE._replace(meaning="The judge; blank: all."),
        TEMPLATE._replace(meaning="The evaluation template; blank: all."),
        GENERATOR._replace(meaning="The writer, in rows of `mean`."),
        Column("slope_share", "number", "Change of the score per doubling of words.", SIGNED_SHARE),
        Column("low_share", "number", f"{_LOW} of slope_share.", SIGNED_SHARE),
        Column("high_share", "number", f"{_HIGH} of slope_share.", SIGNED_SHARE),
        Column("se_share", "number", "Its standard error.", SHARE),
        DF,
        P,
        Column("mean_share", "number", "Mean of these scores.", SHARE),
        Column("share_at_common_length", "number", "What it were at common_words.", SHARE),
        Column("words", "number", "Geometric mean of the essays' lengths.", "words"),
        Column("common_words", "number", "The same over all writers.", "words"),
        Column("n_essays", "whole", "Essays with a length and a score.", "essays"),
        Column("n_drafts", "whole", "Their drafts.", "drafts"),
        NOTE,
        *COUNTS,
    ),
)
