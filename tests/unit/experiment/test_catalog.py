"""The catalogs: what is accepted, what is refused, and how a refusal reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from daydream.errors import CatalogError
from daydream.experiment.catalog import description_file, load_catalog, read_scales
from daydream.experiment.model import Catalog
from daydream.experiment.settings import Settings, load_config
from daydream.generation.prompts import render
from daydream.parsers import ScoreRange
from daydream.store.layout import OPTIONAL_STAGES, STAGES, Layout
from tests.support.workspace import ROOT, Workspace

MODELS = "id,model,provider,display_name,for_generation,for_evaluation,specialization"
TEMPLATES = "template_id,template_name,description,parser,generator,active"


@pytest.fixture
def data(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, "http://127.0.0.1:9/v1")


@pytest.fixture
def comparing(data: Workspace) -> Workspace:
    """With an active template of every stage, the optional one included."""
    data.compare()
    return data


def load(data: Workspace, **config: Any) -> Catalog:
    values = data.config | {"data_root": str(data.data)} | config
    layout = Layout(str(data.data))
    return load_catalog(layout, Settings.from_config(load_config(values=values)))


def complaint(data: Workspace, *parts: str, **config: Any) -> str:
    with pytest.raises(CatalogError) as caught:
        load(data, **config)
    message = str(caught.value)
    for part in parts:
        assert part in message
    return message


def test_a_small_catalog_is_read_in_row_order(data: Workspace) -> None:
    catalog = load(data)
    assert [c.concept_id for c in catalog.concepts] == ["bees", "tides", "chess"]
    assert [t.template_id for t in catalog.templates("essay")] == ["copy", "longer"]
    assert [m.id for m in catalog.generation_models] == ["writer"]
    assert [m.id for m in catalog.evaluation_models] == ["writer"]
    assert catalog.templates("evaluation")[0].scale == ScoreRange(0, 9)
    assert catalog.model("writer").endpoint == "mock"


# What is missing


@pytest.mark.parametrize(
    "name",
    [
        "concepts_metadata.csv",
        "draft_templates.csv",
        "essay_templates.csv",
        "evaluation_templates.csv",
        "llm_models.csv",
    ],
)
def test_a_missing_catalog_file_is_named(data: Workspace, name: str) -> None:
    data.raw(name).unlink()
    complaint(data, name, "does not exist", "data_root")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("concepts_metadata.csv", "concept_id"),
        ("concepts_metadata.csv", "name"),
        ("draft_templates.csv", "template_id"),
        ("draft_templates.csv", "generator"),
        ("evaluation_templates.csv", "parser"),
        ("llm_models.csv", "id"),
        ("llm_models.csv", "model"),
    ],
)
def test_a_missing_column_is_named_with_its_file(data: Workspace, name: str, column: str) -> None:
    text = data.raw(name).read_text()
    header, _, body = text.partition("\n")
    columns = ["other" if c == column else c for c in header.split(",")]
    data.write(name, ",".join(columns) + "\n" + body)
    complaint(data, name, "row 1", f"'{column}'", "missing")


def test_a_missing_replication_config_means_one_each(data: Workspace) -> None:
    assert load(data).replicates == dict.fromkeys(STAGES, 1)


def test_a_stage_that_replication_config_leaves_out_has_one(data: Workspace) -> None:
    data.replicates(evaluation=3)
    assert load(data).replicates == {"draft": 1, "essay": 1, "evaluation": 3, "comparison": 1}


# Existing data directories run unmodified


def test_extra_columns_and_files_are_ignored(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "notes,concept_id,name,active\nx,bees,The bees,true\n")
    data.write("concepts/readme.md", "notes")
    data.write("templates/draft/unused.txt", "{{ broken")
    assert [c.name for c in load(data).concepts] == ["The bees"]


@pytest.mark.parametrize("word", ["True", "true", "TRUE", "1"])
def test_every_spelling_of_true_activates(data: Workspace, word: str) -> None:
    data.write("concepts_metadata.csv", f"concept_id,name,active\nbees,B,{word}\ntides,T,False\n")
    assert [c.concept_id for c in load(data).concepts] == ["bees"]


def test_without_active_columns_every_row_is_meant(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name\nbees,B\ntides,T\n")
    data.write(
        "draft_templates.csv",
        "template_id,template_name,description,parser,generator\nplain,p,,,llm\n",
    )
    assert len(load(data).concepts) == 2
    assert [t.active for t in load(data).templates("draft")] == [True]


def test_without_for_columns_every_model_writes_and_judges(data: Workspace) -> None:
    data.write(
        "llm_models.csv", "id,model,provider,display_name,specialization\na,l/a,l,A,\nb,l/b,l,B,\n"
    )
    catalog = load(data)
    assert [m.id for m in catalog.generation_models] == ["a", "b"]
    assert [m.id for m in catalog.evaluation_models] == ["a", "b"]


def test_a_byte_order_mark_is_accepted(data: Workspace) -> None:
    path = data.raw("llm_models.csv")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(data).model("writer").model == "lab/writer"


def test_score_columns_may_be_missing_or_blank_and_then_0_to_10(data: Workspace) -> None:
    data.write("evaluation_templates.csv", f"{TEMPLATES}\nnovelty,n,,in_last_line,llm,true\n")
    assert load(data).templates("evaluation")[0].scale == ScoreRange(0, 10)
    data.write(
        "evaluation_templates.csv",
        f"{TEMPLATES},score_min,score_max\nnovelty,n,,in_last_line,llm,true,,5\n",
    )
    assert load(data).templates("evaluation")[0].scale == ScoreRange(0, 5)


def test_a_template_without_a_file_is_fine_when_it_copies_or_is_inactive(data: Workspace) -> None:
    data.write("essay_templates.csv", f"{TEMPLATES}\ncopy,c,,,copy,true\nold,o,,,llm,false\n")
    catalog = load(data)
    assert [t.template_id for t in catalog.templates("essay")] == ["copy"]
    assert catalog.templates("essay")[0].is_copy
    assert not catalog.template("essay", "old").active


@pytest.mark.parametrize("stage", STAGES)
def test_an_inactive_row_may_name_a_parser_that_is_gone(comparing: Workspace, stage: str) -> None:
    data = comparing
    path = data.raw(f"{stage}_templates.csv")
    extra = ",0,9" if stage == "evaluation" else ""
    path.write_text(path.read_text() + f"old,o,,legacy_parser,legacy,FALSE{extra}\n")
    assert "old" not in [t.template_id for t in load(data).templates(stage)]  # type: ignore[arg-type]


def test_an_inactive_evaluation_may_have_no_parser(data: Workspace) -> None:
    path = data.raw("evaluation_templates.csv")
    path.write_text(path.read_text() + "old,o,,,llm,false,0,9\n")
    load(data)


def test_a_model_without_a_role_may_name_an_endpoint_that_is_gone(data: Workspace) -> None:
    data.write(
        "llm_models.csv",
        f"{MODELS},endpoint\nwriter,l/w,l,W,1,1,,\nold,l/o,l,O,false,false,,gone\n",
    )
    assert [m.id for m in load(data).generation_models] == ["writer"]


# Parsers and generators


@pytest.mark.parametrize("stage", ["draft", "essay"])
def test_a_blank_parser_is_identity(data: Workspace, stage: str) -> None:
    assert {t.parser for t in load(data).templates(stage)} == {"identity"}  # type: ignore[arg-type]


def test_a_blank_parser_of_an_evaluation_is_an_error(data: Workspace) -> None:
    data.write("evaluation_templates.csv", f"{TEMPLATES}\nnovelty,n,,,llm,true\n")
    complaint(
        data, "evaluation_templates.csv, row 2, column 'parser'", "blank", "in_last_line", "complex"
    )


@pytest.mark.parametrize("stage", STAGES)
def test_an_unknown_parser_is_named_with_those_there_are(data: Workspace, stage: str) -> None:
    data.templates(stage, ["plain"], text="x", parser="magic")
    known = {"evaluation": "in_last_line", "comparison": "verdict"}.get(stage, "essay_idea_last")
    complaint(data, f"{stage}_templates.csv, row 2, column 'parser'", "'magic'", known)


@pytest.mark.parametrize("stage", STAGES)
def test_an_unknown_generator_is_named_with_those_there_are(
    comparing: Workspace, stage: str
) -> None:
    data = comparing
    path = data.raw(f"{stage}_templates.csv")
    path.write_text(path.read_text().replace(",llm,", ",human,"))
    complaint(data, f"{stage}_templates.csv, row", "column 'generator'", "'human'", "llm")


@pytest.mark.parametrize("stage", ["draft", "evaluation", "comparison"])
def test_only_an_essay_can_be_a_copy(comparing: Workspace, stage: str) -> None:
    data = comparing
    path = data.raw(f"{stage}_templates.csv")
    path.write_text(path.read_text().replace(",llm,", ",copy,"))
    complaint(data, f"{stage}_templates.csv", "column 'generator'", "'copy'")


# Comparisons are optional


def test_without_a_file_or_an_active_row_there_are_no_comparisons(data: Workspace) -> None:
    assert load(data).stages == ("draft", "essay", "evaluation")
    data.compare()
    assert load(data).stages == STAGES
    path = data.raw("comparison_templates.csv")
    path.write_text(path.read_text().replace("true", "false"))
    data.raw("templates/comparison/closer.txt").unlink()
    assert load(data).stages == ("draft", "essay", "evaluation")
    assert not load(data).templates("comparison")
    assert load(data).template("comparison", "closer").name == "closer"


def test_a_blank_parser_of_a_comparison_is_an_error(data: Workspace) -> None:
    data.write("comparison_templates.csv", f"{TEMPLATES}\ncloser,c,,,llm,true\n")
    complaint(data, "comparison_templates.csv, row 2, column 'parser'", "blank", "verdict")


def test_a_filter_may_name_a_comparison_template(data: Workspace) -> None:
    data.compare(["closer", "braver"])
    catalog = load(data, filters={"templates": ["braver"]})
    assert [t.template_id for t in catalog.templates("comparison")] == ["braver"]
    assert [t.template_id for t in catalog.templates("draft")] == ["plain"]


def test_one_file_is_not_a_template_and_the_system_prompt_of_another(data: Workspace) -> None:
    data.templates("draft", ["plain", "plain.system"], text="{{ concepts }}")
    complaint(data, "draft_templates.csv", "plain.system.txt", "Rename one")


# Ids and files


@pytest.mark.parametrize("bad", ["a b", "..", "a/b", ""])
@pytest.mark.parametrize(
    ("name", "row", "column"),
    [
        ("concepts_metadata.csv", "{},N,true", "concept_id"),
        ("draft_templates.csv", "{},t,,,llm,true", "template_id"),
        ("llm_models.csv", "{},l/m,l,M,true,true,", "id"),
    ],
)
def test_an_id_that_is_no_path_part_is_refused(
    data: Workspace, name: str, row: str, column: str, bad: str
) -> None:
    path = data.raw(name)
    number = len(path.read_text().splitlines()) + 1
    path.write_text(path.read_text() + row.format(bad) + "\n")
    complaint(data, f"{name}, row {number}, column '{column}'")


@pytest.mark.parametrize("name", ["concepts_metadata.csv", "essay_templates.csv", "llm_models.csv"])
def test_a_duplicate_id_names_both_rows(data: Workspace, name: str) -> None:
    path = data.raw(name)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    complaint(data, f"{name}, row {len(lines) + 1}", "already in row 2", "Rename or remove")


@pytest.mark.parametrize("stage", STAGES)
def test_an_active_template_needs_its_file(comparing: Workspace, stage: str) -> None:
    data = comparing
    names = {"draft": "plain", "essay": "longer", "evaluation": "novelty", "comparison": "closer"}
    template = names[stage]
    data.raw(f"templates/{stage}/{template}.txt").unlink()
    complaint(
        data,
        f"{stage}_templates.csv",
        f"'{template}'",
        f"templates/{stage}/{template}.txt",
        "active to false",
    )


def test_a_ragged_row_is_named(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name,active\nbees,Bees, honey,true\n")
    complaint(data, "concepts_metadata.csv, row 2", "double quotes")


def test_a_row_without_its_flag_is_not_silently_left_out(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name,active\nbees,Bees\ntides,Tides,true\n")
    try:
        catalog = load(data)
    except CatalogError as error:
        assert "row 2" in str(error)
    else:
        assert "bees" in [c.concept_id for c in catalog.concepts]


def test_a_catalog_that_is_not_utf_8_is_named(data: Workspace) -> None:
    data.raw("concepts_metadata.csv").write_bytes("concept_id,name\na,café\n".encode("latin-1"))
    complaint(data, "concepts_metadata.csv", "UTF-8")


def test_a_flag_that_is_no_flag_is_named(data: Workspace) -> None:
    data.write("llm_models.csv", f"{MODELS}\nwriter,l/w,l,W,sometimes,1,\n")
    complaint(data, "llm_models.csv, row 2, column 'for_generation'", "'sometimes'")


def test_a_concept_without_a_name_is_named(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name,active\nbees,,true\n")
    complaint(data, "concepts_metadata.csv, row 2, column 'name'", "blank")


# Every axis has a value


def test_no_active_concept_is_an_error(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name,active\nbees,B,false\n")
    complaint(data, "concepts_metadata.csv", "no concept is active", "true")


@pytest.mark.parametrize("stage", [s for s in STAGES if s not in OPTIONAL_STAGES])
def test_no_active_template_is_an_error(data: Workspace, stage: str) -> None:
    path = data.raw(f"{stage}_templates.csv")
    path.write_text(path.read_text().replace("true", "false"))
    complaint(data, f"{stage}_templates.csv", f"no {stage} template is active", "true")


@pytest.mark.parametrize(("role", "flag"), [("judges", "generation"), ("writes", "evaluation")])
def test_no_model_for_a_role_is_an_error(data: Workspace, role: str, flag: str) -> None:
    data.models({"m": role})
    complaint(data, "llm_models.csv", f"for_{flag}", "true")


# Models


def test_an_unknown_endpoint_is_named_with_those_there_are(data: Workspace) -> None:
    data.models({"writer": "both"}, endpoint="mokc")
    complaint(data, "llm_models.csv, row 2, column 'endpoint'", "'mokc'", "embedded, mock")


def test_a_blank_endpoint_is_the_default_one(data: Workspace) -> None:
    data.models({"writer": "both"}, endpoint="")
    assert load(data, default_endpoint="openrouter").model("writer").endpoint == "openrouter"


def test_optional_columns_of_a_model_are_read(data: Workspace) -> None:
    data.models(
        {"writer": "both"}, price_in="0.15", price_out="0.6", max_tokens="99", temperature="0"
    )
    model = load(data).model("writer")
    assert (model.price_in, model.price_out, model.max_tokens) == (0.15, 0.6, 99)
    assert model.temperature == 0.0


def test_blank_optional_columns_are_unknown(data: Workspace) -> None:
    data.models({"writer": "both"}, price_in="", price_out="", max_tokens="", temperature="")
    model = load(data).model("writer")
    assert (model.price_in, model.price_out, model.max_tokens, model.temperature) == (None,) * 4


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("price_in", "free"),
        ("price_out", "-1"),
        ("max_tokens", "0"),
        ("max_tokens", "12.5"),
        ("max_tokens", "inf"),
        ("temperature", "-0.5"),
        ("temperature", "inf"),
        ("temperature", "nan"),
    ],
)
def test_a_bad_number_of_a_model_is_named(data: Workspace, column: str, value: str) -> None:
    data.models({"writer": "both"}, **{column: value})
    complaint(data, f"llm_models.csv, row 2, column '{column}'", value)


def test_a_model_in_use_needs_a_name_for_its_endpoint(data: Workspace) -> None:
    data.write("llm_models.csv", f"{MODELS}\nwriter,,l,W,true,true,\n")
    complaint(data, "llm_models.csv, row 2, column 'model'", "blank")


# Scores and replicates


@pytest.mark.parametrize(
    ("low", "high"), [("9", "0"), ("5", "5"), ("10", ""), ("", "0"), ("0", "inf"), ("nan", "9")]
)
def test_a_score_range_must_rise(data: Workspace, low: str, high: str) -> None:
    data.write(
        "evaluation_templates.csv",
        f"{TEMPLATES},score_min,score_max\nnovelty,n,,in_last_line,llm,true,{low},{high}\n",
    )
    complaint(data, "evaluation_templates.csv, row 2, column 'score_m")


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "", "two", "inf", "nan"])
def test_replicates_are_whole_numbers_from_one(data: Workspace, count: str) -> None:
    data.write("replication_config.csv", f"stage,replicates\ndraft,2\nessay,{count}\n")
    complaint(data, "replication_config.csv, row 3, column 'replicates'")


def test_an_unknown_stage_of_replication_is_named(data: Workspace) -> None:
    data.replicates(draft=1, evaluations=2)
    complaint(data, "replication_config.csv, row 3, column 'stage'", "'evaluations'", "evaluation")


def test_a_stage_that_is_there_twice_is_refused(data: Workspace) -> None:
    data.write("replication_config.csv", "stage,replicates\ndraft,2\ndraft,3\n")
    complaint(data, "replication_config.csv, row 3", "draft")


def test_the_ranges_of_all_templates_are_read_active_or_not(data: Workspace) -> None:
    path = data.raw("evaluation_templates.csv")
    path.write_text(path.read_text() + "old,o,,,llm,false,1,5\n")
    assert read_scales(str(path)) == {"novelty": ScoreRange(0, 9), "old": ScoreRange(1, 5)}


# Filters


def test_filters_narrow_the_active_rows(data: Workspace) -> None:
    data.models({"writer": "writes", "judge": "judges", "both": "both"})
    data.templates("essay", ["copy", "longer"], text="{{ draft_block }}")
    catalog = load(
        data,
        filters={"concepts": ["chess", "bees"], "templates": ["copy"], "models": ["both"]},
    )
    assert [c.concept_id for c in catalog.concepts] == ["bees", "chess"]
    assert [t.template_id for t in catalog.templates("essay")] == ["copy"]
    assert [m.id for m in catalog.generation_models] == ["both"]
    assert [m.id for m in catalog.evaluation_models] == ["both"]


def test_a_template_filter_leaves_the_stages_whole_that_it_does_not_name(data: Workspace) -> None:
    catalog = load(data, filters={"templates": ["longer"]})
    assert [len(catalog.templates(stage)) for stage in catalog.stages] == [1, 1, 1]


def test_null_filters_keep_everything(data: Workspace) -> None:
    catalog = load(data, filters={"concepts": None, "templates": None, "models": None})
    assert len(catalog.concepts) == 3


@pytest.mark.parametrize("kind", ["concepts", "templates", "models"])
def test_a_filter_that_names_an_unknown_id_says_so(data: Workspace, kind: str) -> None:
    complaint(data, f"filters.{kind}", "'nobody'", filters={kind: ["nobody"]})


def test_a_filter_cannot_activate_an_inactive_row(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name,active\nbees,B,true\ntides,T,false\n")
    complaint(data, "filters.concepts", "'tides'", "bees", filters={"concepts": ["tides"]})


def test_rows_that_a_filter_hides_can_still_be_looked_up(data: Workspace) -> None:
    data.models({"writer": "both", "other": "both"})
    catalog = load(data, filters={"models": ["writer"]})
    assert catalog.model("other").id == "other"


def test_a_template_that_a_filter_hides_needs_no_file(data: Workspace) -> None:
    data.raw("templates/essay/longer.txt").unlink()
    load(data, filters={"templates": ["copy"]})


# Lookups and descriptions


def test_an_id_that_is_nowhere_names_the_file_to_mend(data: Workspace) -> None:
    catalog = load(data)
    with pytest.raises(CatalogError, match=r"'gone'.*essay_templates\.csv"):
        catalog.template("essay", "gone")
    with pytest.raises(CatalogError, match=r"'gone'.*llm_models\.csv"):
        catalog.model("gone")


@pytest.mark.parametrize(
    ("wanted", "there", "used"),
    [
        ("article", ("sentence", "paragraph", "article"), "article"),
        ("article", ("sentence", "paragraph"), "paragraph"),
        ("article", ("sentence",), "sentence"),
        ("paragraph", ("sentence", "article"), "sentence"),
        ("paragraph", ("article",), None),
        ("sentence", ("sentence", "paragraph"), "sentence"),
        ("article", (), None),
    ],
)
def test_a_missing_level_falls_back_to_paragraph_sentence_name(
    data: Workspace, wanted: str, there: tuple[str, ...], used: str | None
) -> None:
    for level in there:
        data.describe("moss", "Moss.", level)
    found = description_file(Layout(str(data.data)), "moss", wanted)
    layout = Layout(str(data.data))
    assert found == (None if used is None else layout.description(used, "moss"))


def test_the_shipped_catalog_is_valid() -> None:
    root = ROOT / "data"
    settings = Settings.from_config(load_config(values={"data_root": str(root)}))
    catalog = load_catalog(Layout(str(root)), settings)
    assert len(catalog.concepts) >= settings.k_max


def test_the_shipped_comparison_is_switched_off_and_shows_both_texts() -> None:
    layout = Layout(str(ROOT / "data"))
    settings = Settings.from_config(load_config(values={"data_root": layout.root}))
    catalog = load_catalog(layout, settings)
    assert "comparison" not in catalog.stages
    shown = {"response_a": "One idea.", "response_b": "Another idea."}
    (template,) = catalog.all_templates["comparison"]
    prompt = render(layout.template("comparison", template.template_id), shown)
    assert prompt.index("One idea.") < prompt.index("Another idea.")
    assert prompt.rstrip().endswith("VERDICT: X")
    assert template.parser == "verdict"


def test_two_ids_must_not_be_one_file_where_letter_case_tells_nothing_apart(
    data: Workspace,
) -> None:
    data.concepts(("tides", "Tides", "bees"))
    small = data.describe("tides", "The sea.")
    load(data)  # a description each, or none
    data.describe("Tides", "A soap.")
    load(data)
    small.with_name("Tides.txt").unlink()
    small.with_name("Tides.txt").symlink_to(small)  # as on a disk of macOS
    complaint(data, "is the text of 'Tides' and of 'tides'", "Rename one")
