"""Columns that several tables have, and what their kinds of numbers mean."""

from __future__ import annotations

from daydream.results.dictionary.model import Column

SHARE = "share of the scale, 0 to 1"
SIGNED_SHARE = "share of the scale, -1 to 1"
POINTS = "points of the scale"
SCORES = "5_parsing/<cohort>/parsed_scores; evaluation_templates.csv"
MEMBERSHIP = "cohorts/<cohort>/membership.csv"
METADATA = "gens/evaluation/<gen_id>/metadata.json"

COMBO = Column("combo_id", "text", "The combination of concepts.")
CONCEPTS = Column(
    "concepts",
    "text",
    "The names of the combination's concepts, as a prompt shows them in order.",
    source="combo_mappings.csv; concepts_metadata.csv",
)
DRAFT_TEMPLATE = Column("draft_template", "text", "The draft's template.")
ESSAY_TEMPLATE = Column("generation_template", "text", "The essay's template.")
GENERATOR = Column("generation_model", "text", "The model that wrote the essay.")
TEMPLATE = Column("evaluation_template", "text", "The evaluation template.")
TEMPLATE_OR_ALL = Column(
    "evaluation_template",
    "text",
    "The evaluation template; `all`: the composite of several, each with the same weight.",
)
N_TEMPLATES = Column(
    "n_templates", "whole", "Evaluation templates that the row is a composite of.", "templates"
)
JUDGE = Column("evaluation_llm_model", "text", "The judge.")
ESSAY = Column("parent_gen_id", "text", "The essay.")
ORIGIN = (COMBO, DRAFT_TEMPLATE, ESSAY_TEMPLATE, GENERATOR)

AXIS = Column(
    "axis",
    "text",
    "What is compared: `generation_model`, `draft_template`, `generation_template`, `combo_id`.",
)
LEVEL = Column("level", "text", "One value of the axis.")
LEVEL_NAME = Column(
    "level_name",
    "text",
    "The level; of a combination the names of its concepts.",
    source="parsed_scores (concepts)",
)

N_EXPECTED = Column("n_expected", "whole", "Evaluations asked for.", "evaluations")
N_VALID = Column("n_valid", "whole", "Those with a score.", "evaluations")
COVERAGE_OK = Column(
    "coverage_ok", "yes/no", "Whether n_valid / n_expected reaches `min_coverage`."
)
COUNTS = (N_EXPECTED, N_VALID, COVERAGE_OK)
SCALE_LOW = Column("scale_low", "number", "Lowest score of the scale of the row's points.", POINTS)
SCALE_HIGH = Column("scale_high", "number", "Highest score of that scale.", POINTS)
SCALE = (SCALE_LOW, SCALE_HIGH)
P = Column("p", "number", "Two-sided p value of this test alone.", "probability")
DF = Column("df", "number", "Degrees of freedom of the interval and the test.")
P_HOLM = Column(
    "p_holm", "number", "p corrected for all tests of its family (Holm).", "probability"
)
WARNING = Column(
    "warning", "text", "Why there is no interval, or what to distrust; blank: nothing."
)
NOTE = Column(
    "note",
    "text",
    "Why a number is missing, and whether essays were chosen by their scores; else blank.",
)
