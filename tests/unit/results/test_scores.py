"""parsed_scores.csv says for each evaluation which number it got, or why it has none."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from daydream.results.scores import ScoreRow, cohort_scores, store_scores, write_scores
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership

HEADER = (
    "gen_id,parent_gen_id,cohort_id,combo_id,draft_template,generation_template,generation_model,"
    "evaluation_template,evaluation_llm_model,replicate,score,error,evaluation_response_path,"
    "generation_response_path,draft_gen_id,generation_provider,evaluation_provider,essay_words,"
    "draft_words,returned_model,finish_reason,temperature,answered_at,concepts,"
    "error_stage,error_kind,error_cause,address_to_judge,generation_fallback,evaluation_fallback"
)
DRAFT = Member("draft", "d_1", "trial", "", "combo_v1_x", "free", "gpt", 1)
ESSAY = Member("essay", "e_1", "trial", "d_1", "combo_v1_x", "longer", "gpt", 1)
EVALUATION = Member("evaluation", "v_1", "trial", "e_1", "combo_v1_x", "novelty", "judge", 2)
FAMILY = (DRAFT, ESSAY, EVALUATION)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "data"))


def store(layout: Layout, member: Member, parsed: str | bytes | None, **fields: Any) -> None:
    folder = Path(layout.generation(member.stage, member.gen_id))
    folder.mkdir(parents=True, exist_ok=True)
    # Whoever reads raw.txt for a score finds a wrong one.
    (folder / "raw.txt").write_text("SCORE: 666\n666\n")
    (folder / "metadata.json").write_text(json.dumps(member._asdict() | fields))
    if parsed is not None:
        content = parsed.encode() if isinstance(parsed, str) else parsed
        (folder / "parsed.txt").write_bytes(content)


def store_family(layout: Layout, score: str | bytes | None = "7.0\n") -> None:
    store(layout, DRAFT, "A draft.")
    store(layout, ESSAY, "An essay.")
    store(layout, EVALUATION, score)


def only_row(layout: Layout) -> ScoreRow:
    (row,) = cohort_scores(layout, Membership("trial", FAMILY))
    return row


def test_a_row_tells_where_a_score_comes_from(layout: Layout) -> None:
    store_family(layout)
    assert only_row(layout) == ScoreRow(
        gen_id="v_1",
        parent_gen_id="e_1",
        cohort_id="trial",
        combo_id="combo_v1_x",
        draft_template="free",
        generation_template="longer",
        generation_model="gpt",
        evaluation_template="novelty",
        evaluation_llm_model="judge",
        replicate=2,
        score=7.0,
        error="",
        evaluation_response_path="gens/evaluation/v_1/raw.txt",
        generation_response_path="gens/essay/e_1/parsed.txt",
        draft_gen_id="d_1",
        essay_words=2,
        draft_words=2,
        concepts="combo_v1_x",
    )


def test_a_row_tells_how_its_answer_came_and_of_which_families_its_models_are(
    layout: Layout,
) -> None:
    store_family(layout)
    store(
        layout,
        EVALUATION,
        "7.0",
        returned_model="lab/judge-0301",
        finish_reason="stop",
        parameters={"temperature": 0, "max_tokens": 9},
        answered_at="2026-11-26T10:00:00Z",
    )
    models = Path(layout.models_csv)
    models.parent.mkdir(parents=True)
    models.write_text("id,model,provider\ngpt,openai/gpt-5,\njudge,j,Lab\nother,plain,\n")
    for row in (only_row(layout), *store_scores(layout)):
        assert (row.generation_provider, row.evaluation_provider) == ("openai", "lab")
        assert (row.returned_model, row.finish_reason) == ("lab/judge-0301", "stop")
        assert (row.temperature, row.answered_at) == (0.0, "2026-11-26T10:00:00Z")


def test_a_combination_goes_by_its_concepts_names_in_the_order_of_the_prompt(
    layout: Layout,
) -> None:
    store_family(layout)
    concepts = Path(layout.raw("concepts_metadata.csv"))
    concepts.parent.mkdir(parents=True)
    concepts.write_text("concept_id,name,active\nbees,Bees,true\ntides,The tides,false\n")
    header = "combo_id,version,concept_id,description_level,k_max,created_at\n"
    rows = (f"combo_v1_x,v1,{one},paragraph,2,2026-01-01\n" for one in ("tides", "bees"))
    Path(layout.combo_mappings).write_text(header + "".join(rows))
    for row in (only_row(layout), *store_scores(layout)):
        assert row.concepts == "The tides + Bees"


def test_the_words_of_a_text_that_is_missing_are_blank(layout: Layout) -> None:
    store_family(layout)
    Path(layout.parsed("essay", "e_1")).unlink()
    assert (only_row(layout).essay_words, only_row(layout).draft_words) == (None, 2)


@pytest.mark.parametrize("root", ["data", "data/", "/tmp/some where/data"])
def test_paths_are_relative_to_the_data_root(root: str) -> None:
    (row,) = cohort_scores(Layout(root), Membership("trial", FAMILY))
    assert row.evaluation_response_path == "gens/evaluation/v_1/raw.txt"
    assert row.generation_response_path == "gens/essay/e_1/parsed.txt"


@pytest.mark.parametrize(
    ("text", "score"), [("7\n", 7.0), ("  7.25 ", 7.25), ("0.0", 0.0), ("-1", -1.0), ("7\r\n", 7.0)]
)
def test_parsed_txt_is_one_number(layout: Layout, text: str, score: float) -> None:
    store_family(layout, text)
    assert (only_row(layout).score, only_row(layout).error) == (score, "")


@pytest.mark.parametrize(
    "text", ["", "\n", "seven", "SCORE: 7", "7\n8\n", "nan", "NaN\n", "inf", "-inf", b"\xff\xfe7"]
)
def test_what_is_no_number_is_an_error_and_no_score(layout: Layout, text: str | bytes) -> None:
    store_family(layout, text)
    row = only_row(layout)
    assert row.score is None
    assert "parsed.txt" in row.error


def test_a_missing_parsed_txt_is_an_error_and_raw_txt_is_never_read(layout: Layout) -> None:
    store_family(layout, None)
    row = only_row(layout)
    assert row.score is None
    assert row.error == "parsed.txt is missing"


def test_a_folder_in_place_of_parsed_txt_is_an_error(layout: Layout) -> None:
    store_family(layout, None)
    Path(layout.parsed("evaluation", "v_1")).mkdir()
    assert only_row(layout).score is None
    assert only_row(layout).error


def test_the_reason_of_a_failure_is_the_error(layout: Layout) -> None:
    store_family(layout)
    Path(layout.parsed("evaluation", "v_1")).unlink()
    store(layout, EVALUATION, None, error={"kind": "ParseError", "message": "no score"})
    assert only_row(layout).error == "ParseError: no score"


@pytest.mark.parametrize(
    ("member", "children"), [(DRAFT, (ESSAY, EVALUATION)), (ESSAY, (EVALUATION,))]
)
def test_an_ancestor_that_failed_is_the_reason_of_its_descendants(
    layout: Layout, member: Member, children: tuple[Member, ...]
) -> None:
    store_family(layout, None)
    for one in (member, *children):
        Path(layout.parsed(one.stage, one.gen_id)).unlink(missing_ok=True)
    store(layout, member, None, error={"kind": "TruncatedError", "message": "cut off"})
    expected = f"{member.stage} {member.gen_id}: TruncatedError: cut off"
    assert only_row(layout).error == expected


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"error": "text"}', '{"error": {}}'])
def test_a_damaged_metadata_json_does_not_stop_the_table(layout: Layout, metadata: str) -> None:
    store_family(layout, None)
    Path(layout.generation("evaluation", "v_1"), "metadata.json").write_text(metadata)
    assert only_row(layout).score is None
    assert only_row(layout).error


def test_rows_come_in_the_order_of_the_cohort(layout: Layout) -> None:
    more = [EVALUATION._replace(gen_id=f"v_{n}") for n in (9, 3, 5)]
    rows = cohort_scores(layout, Membership("trial", [DRAFT, ESSAY, *more]))
    assert [r.gen_id for r in rows] == ["v_9", "v_3", "v_5"]


def test_the_file_has_the_columns_of_the_contract_and_blank_missing_scores(layout: Layout) -> None:
    store_family(layout)
    missing = EVALUATION._replace(gen_id="v_2")
    path = layout.scores("trial")
    write_scores(path, cohort_scores(layout, Membership("trial", [*FAMILY, missing])))
    text = Path(path).read_text()
    assert text.splitlines()[0] == HEADER
    with open(path, newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["score"], first["error"]) == ("7.0", "")
    assert (second["score"], second["error"]) == ("", "parsed.txt is missing")
    assert (second["error_stage"], second["error_kind"]) == ("evaluation", "missing")


def test_an_empty_cohort_has_a_header(layout: Layout) -> None:
    write_scores(layout.scores("trial"), [])
    assert Path(layout.scores("trial")).read_text() == HEADER + "\n"


def test_an_error_with_commas_quotes_and_line_breaks_stays_in_its_cell(layout: Layout) -> None:
    store_family(layout, None)
    message = 'no "score", found:\n7'
    store(layout, EVALUATION, None, error={"kind": "ParseError", "message": message})
    write_scores(layout.scores("trial"), [only_row(layout)])
    with open(layout.scores("trial"), newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["error"] == f"ParseError: {message}"


# The whole store


def test_an_empty_store_has_no_rows(layout: Layout) -> None:
    assert list(store_scores(layout)) == []


def test_the_store_is_read_from_metadata_without_any_cohort(layout: Layout) -> None:
    store_family(layout)
    (row,) = store_scores(layout)
    assert row == only_row(layout)._replace(cohort_id="")


def test_the_store_names_every_cohort_that_asked_for_an_evaluation(layout: Layout) -> None:
    store_family(layout)
    for name in ("beta", "alpha"):
        Membership(name, [m._replace(cohort_id=name) for m in FAMILY]).write(
            layout.membership(name)
        )
    assert [r.cohort_id for r in store_scores(layout)] == ["alpha beta"]


def test_a_damaged_membership_of_another_cohort_does_not_stop_the_store(layout: Layout) -> None:
    store_family(layout)
    for content in (b"stage,gen_id\nx,y\n", b"stage,gen_id\ndr", b"\xff\xfe", b""):
        path = Path(layout.membership("old"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        assert [r.gen_id for r in store_scores(layout)] == ["v_1"]


def test_the_store_is_sorted_and_never_reads_raw_txt(layout: Layout) -> None:
    for n in (3, 1, 2):
        store(layout, EVALUATION._replace(gen_id=f"v_{n}"), None)
    rows = list(store_scores(layout))
    assert [r.gen_id for r in rows] == ["v_1", "v_2", "v_3"]
    assert all(r.score is None and r.error for r in rows)


def test_an_evaluation_without_metadata_is_a_row_without_origin(layout: Layout) -> None:
    store_family(layout)
    for stage, gen_id in (("evaluation", "v_1"), ("essay", "e_1"), ("draft", "d_1")):
        Path(layout.generation(stage, gen_id), "metadata.json").unlink()  # type: ignore[arg-type]
    (row,) = store_scores(layout)
    assert (row.score, row.parent_gen_id, row.combo_id) == (7.0, "", "")


@pytest.mark.parametrize("name", [".DS_Store", "notes.txt"])
def test_stray_files_among_the_generations_are_ignored(layout: Layout, name: str) -> None:
    store_family(layout)
    Path(layout.under("gens", "evaluation", name)).write_text("x")
    assert [r.gen_id for r in store_scores(layout)] == ["v_1"]


def test_only_finite_numbers_of_the_store_are_scores(layout: Layout) -> None:
    for n, text in enumerate(("nan", "1", "inf", "x")):
        store(layout, EVALUATION._replace(gen_id=f"v_{n}"), text)
    assert [r.score for r in store_scores(layout) if r.score is not None] == [1.0]


def test_a_folder_with_only_a_rendered_prompt_is_no_evaluation_of_the_store(
    layout: Layout,
) -> None:
    store_family(layout)
    folder = Path(layout.under("gens", "evaluation", "v_2"))
    folder.mkdir()
    (folder / "prompt.txt").write_text("Judge this.")
    assert [r.gen_id for r in store_scores(layout)] == ["v_1"]


@pytest.mark.parametrize(("highest", "score"), [(5, None), (7, 7.0)])
def test_a_score_outside_the_range_that_its_template_has_now_is_an_error_row(
    layout: Layout, highest: int, score: float | None
) -> None:
    store_family(layout)
    path = Path(layout.templates_csv("evaluation"))
    path.parent.mkdir(parents=True)
    header = "template_id,template_name,description,parser,generator,score_min,score_max"
    path.write_text(f"{header}\nnovelty,,,in_last_line,llm,0,{highest}\n")
    for row in (only_row(layout), *store_scores(layout)):
        assert row.score == score
        outside = "the score 7 is not within 0 to 5, the range of novelty now"
        assert row.error.startswith(outside) if score is None else row.error == ""
