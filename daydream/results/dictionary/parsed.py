"""Tables of rows: the membership, the combinations, the concepts, a row per answer."""

from __future__ import annotations

from collections.abc import Iterable

from daydream.results.criterion_columns import PREFIX
from daydream.results.dictionary.model import Block, Column, Table
from daydream.results.dictionary.shared import (
    COMBO,
    CONCEPTS,
    DRAFT_TEMPLATE,
    ESSAY_TEMPLATE,
    GENERATOR,
    JUDGE,
    MEMBERSHIP,
    METADATA,
    POINTS,
    TEMPLATE,
    WARNING,
)

_COHORT = Column("cohort_id", "text", "The cohort.")
_MODELS = "llm_models.csv"
_ERROR = Column(
    "error", "text", "Why there is none: the first failure on the way from the draft; else blank."
)
_ERROR_COLUMNS = (
    Column("error_stage", "text", "The stage at which it failed.", source=METADATA),
    Column(
        "error_kind",
        "text",
        "The class of the error; or `missing` (not tried), `unreadable`, `changed` (`parsed.txt` "
        "as it is now) or `out_of_range` (of the range that the template's row has now).",
        source=METADATA,
    ),
    Column(
        "error_cause",
        "text",
        "What went wrong within that class, such as `http_401` or `two_scores`; may be blank.",
        source=METADATA,
    ),
)

MEMBERS = Table(
    "membership",
    "cohorts/<cohort>",
    "a generation of the cohort",
    "the catalogs in 1_raw, the cohort's spec, the configuration",
    "The design, written out. CSV only.",
    (
        Column("stage", "text", "`draft`, `essay`, `evaluation` or `comparison`."),
        Column("gen_id", "text", "The generation: a hash of what makes it itself."),
        _COHORT,
        Column(
            "parent_gen_id", "text", "The generation whose text its prompt shows; drafts: blank."
        ),
        Column("combo_id", "text", "The combination of its draft."),
        Column("template_id", "text", "The template of its prompt."),
        Column("llm_model_id", "text", "The model that is asked; of a copied essay the draft's."),
        Column(
            "replicate",
            "whole",
            "Its number among generations that differ in nothing else.",
            "from 1",
        ),
        Column(
            "second_gen_id",
            "text",
            "The essay shown second, or that a control for another combination is.",
        ),
    ),
)

COMBO_MAPPINGS = Table(
    "combo_mappings",
    ".",
    "a concept of a combination",
    "concepts_metadata.csv, the configuration",
    "Rows are appended, never changed. CSV only.",
    (
        COMBO,
        Column("version", "text", "`v1`; `v2` where the order of the concepts is part of the id."),
        Column("concept_id", "text", "One of its concepts, in the order of the prompt."),
        Column("description_level", "text", "`sentence`, `paragraph` or `article`."),
        Column("k_max", "whole", "How many concepts a combination has.", "concepts"),
        Column("created_at", "time", "When it was first asked for.", "UTC"),
    ),
)

CONCEPT_INDEX = Table(
    "concept_index",
    "catalog",
    "a concept",
    "concepts_metadata.csv; concepts/descriptions-*",
    "An index to look at. CSV only.",
    (
        Column("concept_id", "text", "The concept."),
        Column("name", "text", "What it is called."),
        Column("active", "yes/no", "Whether new cohorts use it."),
        Column("levels", "text", "The levels at which it has a description."),
        Column("words_sentence", "whole", "Length of that description, 0 without one.", "words"),
        Column("words_paragraph", "whole", "Length of that description, 0 without one.", "words"),
        Column("words_article", "whole", "Length of that description, 0 without one.", "words"),
    ),
)

_FALLBACK = Column(
    "evaluation_fallback",
    "text",
    "The model, or the endpoint, that answered in place of the judge, as `fallback` in the judge's "
    "row says; blank where the judge answered.",
    source=METADATA,
)

_SCORE_COLUMNS = (
    Column("gen_id", "text", "The evaluation."),
    Column("parent_gen_id", "text", "The essay that was scored."),
    _COHORT,
    COMBO,
    DRAFT_TEMPLATE,
    ESSAY_TEMPLATE,
    GENERATOR,
    TEMPLATE,
    JUDGE,
    Column("replicate", "whole", "The evaluation's replicate.", "from 1"),
    Column(
        "score",
        "number",
        "What the judge gave; blank when there is none.",
        "points of the evaluation template's scale",
        "gens/evaluation/<gen_id>/parsed.txt",
    ),
    _ERROR._replace(source=METADATA),
    Column("evaluation_response_path", "text", "The judge's answer, from the data root on."),
    Column("generation_response_path", "text", "The essay, from the data root on."),
    Column("draft_gen_id", "text", "The draft of the essay."),
    Column("generation_provider", "text", "The family of the essay's model.", source=_MODELS),
    Column("evaluation_provider", "text", "The family of the judge.", source=_MODELS),
    Column(
        "essay_words", "whole", "Length of the essay.", "words", "gens/essay/<gen_id>/parsed.txt"
    ),
    Column(
        "draft_words", "whole", "Length of the draft.", "words", "gens/draft/<gen_id>/parsed.txt"
    ),
    Column(
        "returned_model",
        "text",
        "The model that answered, as its provider named it.",
        source=METADATA,
    ),
    Column("finish_reason", "text", "Why the answer ended, as its provider said.", source=METADATA),
    Column("temperature", "number", "The temperature that was asked for.", source=METADATA),
    Column("answered_at", "time", "When the answer came.", "UTC", METADATA),
    CONCEPTS,
    *_ERROR_COLUMNS,
    Column(
        "address_to_judge",
        "text",
        "The first passage of the essay that speaks to its judge (a score line, an order, a plea), "
        "for a person to look at; blank where nothing looks so.",
    ),
    Column(
        "generation_fallback",
        "text",
        "The model, or the endpoint, that wrote the essay or its draft in place of the generation "
        "model, as `fallback` in that one's row says; blank where that model wrote.",
        source="gens/essay/<gen_id>/metadata.json; gens/draft/<gen_id>/metadata.json",
    ),
    _FALLBACK,
)

_CRITERIA = Block(
    "criterion of an evaluation template",
    f"{PREFIX}<criterion>",
    (
        Column(
            f"{PREFIX}<criterion>",
            "number",
            "The judge's mark; blank under other templates.",
            POINTS,
            "gens/evaluation/<gen_id>/parsed.txt",
        ),
    ),
)

SCORES = Table(
    "parsed_scores",
    "5_parsing/<cohort>",
    "an evaluation",
    MEMBERSHIP,
    "Read from the generations' folders; nothing is computed but lengths, and, where the "
    "template has criteria, the weighted score.",
    _SCORE_COLUMNS,
    _CRITERIA,
    len(_SCORE_COLUMNS),
)

COMPARISONS = Table(
    "parsed_comparisons",
    "5_parsing/<cohort>",
    "a comparison: two essays in one order",
    MEMBERSHIP,
    "Read from the generations' folders.",
    (
        Column("gen_id", "text", "The comparison."),
        _COHORT,
        Column("first_gen_id", "text", "The essay shown first, as text A."),
        Column("second_gen_id", "text", "The essay shown second, as text B."),
        Column("comparison_template", "text", "The comparison template."),
        JUDGE,
        Column("replicate", "whole", "The comparison's replicate.", "from 1"),
        Column(
            "verdict",
            "text",
            "`A`, `B` or `tie`; blank when there is none.",
            source="gens/comparison/<gen_id>/parsed.txt",
        ),
        Column("winner_gen_id", "text", "The essay that the verdict names; a tie: blank."),
        _ERROR._replace(source="gens/comparison/<gen_id>/metadata.json"),
        Column("comparison_response_path", "text", "The judge's answer, from the data root on."),
        CONCEPTS._replace(name="first_concepts", meaning="Names of the first essay's concepts."),
        CONCEPTS._replace(name="second_concepts", meaning="Names of the second essay's concepts."),
        *(
            column._replace(source="gens/comparison/<gen_id>/metadata.json")
            for column in (*_ERROR_COLUMNS, _FALLBACK)
        ),
    ),
)

_STORE = "every folder of gens/evaluation"
CROSS_SCORES = Table(
    "parsed_scores",
    "7_cross_experiment",
    "an evaluation in the store",
    _STORE,
    "As parsed_scores of a cohort, over all cohorts.",
    (
        *_SCORE_COLUMNS[:2],
        _COHORT._replace(meaning="All cohorts that contain it, separated by blanks."),
        *_SCORE_COLUMNS[3:],
    ),
    _CRITERIA,
    len(_SCORE_COLUMNS),
)


def _without_error(columns: Iterable[Column]) -> tuple[Column, ...]:
    return tuple(column for column in columns if not column.name.startswith("error"))


_SCORED = _without_error(SCORES.columns)
_SCORED_ANYWHERE = _without_error(CROSS_SCORES.columns)
FILTERED = Table(
    "filtered_evaluation_results",
    "7_cross_experiment",
    "an evaluation with a score that the configuration's `filters` keep",
    "7_cross_experiment/parsed_scores",
    "Selected, not computed. CSV only.",
    _SCORED_ANYWHERE,
    _CRITERIA,
    len(_SCORED_ANYWHERE),
)

PERFECT = Table(
    "perfect_score_paths",
    "6_summary/<cohort>",
    "an evaluation with the highest score of its template",
    "5_parsing/<cohort>/parsed_scores; evaluation_templates.csv",
    "Selected, not computed.",
    _SCORED,
    _CRITERIA,
    len(_SCORED),
)

SNAPSHOTS = Table(
    "snapshots",
    "6_summary/<cohort>",
    "a stage, a model, and a version of it that answered",
    "gens/<stage>/<gen_id>/metadata.json",
    "Counted, not tested.",
    (
        Column("stage", "text", "`draft`, `essay`, `evaluation` or `comparison`."),
        Column("llm_model_id", "text", "The model that was asked."),
        Column("returned_model", "text", "The model that the response named."),
        Column("provider", "text", "Who answered behind a router, as the response says."),
        Column("system_fingerprint", "text", "The backend, as the response says."),
        Column("temperature", "number", "The request's temperature."),
        Column("fallback", "text", "Who answered in place of that model; blank: it itself."),
        Column("max_tokens", "number", "The request's limit.", "tokens"),
        Column("parameters", "text", "All parameters of the request, as JSON."),
        Column("first_at", "text", "When the first of the answers came.", "UTC"),
        Column("last_at", "text", "When the last of them came.", "UTC"),
        Column("n_answers", "whole", "Answers in use; copies are none.", "answers"),
        Column("n_priced", "whole", "Those whose cost is known.", "answers"),
        Column("mean_usd", "number", "Mean cost of these.", "USD"),
        WARNING._replace(meaning="What of the model's answers at this stage is mixed; else blank."),
    ),
)
