"""The names of the tables, by the rule that makes them."""

from __future__ import annotations

from collections.abc import Mapping

from daydream.store.layout import Stage

SUMMARY_TABLES = (
    "final_results",
    "perfect_score_paths",
    "generation_scores_pivot",
    "evaluation_model_template_pivot",
)


ANALYSIS_TABLES = (
    "evaluator_agreement_analysis",
    "comprehensive_variance_analysis",
    "reliability",
    "variance_components",
    "d_study",
    "evaluator_effects",
    "judge_preference",
    "sensitivity",
    "length_effect",
    "ranking",
    "contrasts",
    "controls",
)


STORE_TABLES = ("snapshots",)


PAIRWISE_TABLES = ("pairwise_ranking", "position_bias")


HUMAN_TABLES = ("human_agreement", "human_corrected")
CROSS_TABLES = (
    "filtered_evaluation_results",
    "template_version_comparison_pivot",
    "cohort_levels",
)


TEMPLATE_COLUMN: Mapping[Stage, str] = {
    "draft": "draft_template",
    "essay": "generation_template",
    "evaluation": "evaluation_template",
}
