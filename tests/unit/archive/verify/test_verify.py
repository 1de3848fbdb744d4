"""Every number is walked back to the text behind it; what does not match is named."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from daydream.archive.verify.cells import Comparison, compare
from daydream.archive.verify.findings import Check, Finding, Skip, first_difference
from daydream.archive.verify.run import Subject, check_generations, checks
from daydream.cli.main import main
from daydream.experiment.cohort import write_cohort
from daydream.experiment.settings import load_config
from daydream.results.analyses import ANALYSIS, make_analyses
from daydream.results.carried import carry
from daydream.results.names import PAIRWISE_TABLES
from daydream.results.pairwise import make_pairwise
from daydream.results.scores import ScoreRow
from daydream.results.snapshots import make_snapshots
from daydream.results.summary import SUMMARY, make_summaries
from daydream.store.layout import FORMS, STAGES, Layout
from daydream.store.membership import read_membership
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.project import Project
from daydream.workflow.tables import (
    parsed_comparisons,
    write_parsed_comparisons,
    write_parsed_scores,
)
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

pytestmark = pytest.mark.thorough

Cli = Callable[..., dict]
TAMPERED = "Tampered with."


def unseal(membership: Path) -> None:
    """Take the membership's hash out of the manifest, as a forger would."""
    path = membership.parent / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["membership"]
    path.write_text(json.dumps(manifest))


def make_everything(work: Workspace) -> Project:
    """The cohort, its generations, its scores and its tables, without Snakemake."""
    project = Project(load_config(values=work.config | {"data_root": str(work.data)}))
    membership = write_cohort(project.design)
    generator = GenerationJobs(project).generator
    for stage in STAGES:
        for member in membership.stage(stage):
            generator.make(member)
    make_tables(project)
    work.command()  # writes the configuration
    return project


def make_tables(project: Project) -> None:
    """The scores and every table."""
    layout, cohort, least = project.layout, project.cohort, project.settings.min_coverage
    write_parsed_scores(project, *(layout.scores(cohort, form) for form in FORMS))
    made_of = (layout.scores(cohort), layout.templates_csv("evaluation"), least)
    make_summaries(*made_of, [layout.summary(cohort, t, f) for t in SUMMARY for f in FORMS])
    versions = [layout.summary(cohort, "snapshots", form) for form in FORMS]
    make_snapshots(layout.membership(cohort), versions)
    analyses = [layout.summary(cohort, t, f) for t in ANALYSIS for f in FORMS]
    make_analyses(*made_of, analyses, versions[0])
    if project.design.compares:
        write_parsed_comparisons(project, *parsed_comparisons(project))
        compared = (layout.comparisons(cohort), layout.membership(cohort), least)
        make_pairwise(
            *compared, [layout.summary(cohort, t, f) for t in PAIRWISE_TABLES for f in FORMS]
        )


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    with MockServer() as server:
        work = Workspace(place, server.base_url)
        work.models({"writer": "writes", "judge": "judges", "critic": "judges"})
        make_everything(work)
    return place


@pytest.fixture
def made(made_once: Path, work: Workspace) -> Workspace:
    """A finished experiment of 3 drafts, 6 essays (3 of them copies) and 12 evaluations."""
    work.take_over(made_once)
    return work


@pytest.fixture
def found(made: Workspace, capsys: pytest.CaptureFixture[str]) -> Cli:
    """What ``daydream verify --json`` says of the experiment, or of an archive."""

    def run(*arguments: str, code: int = 0) -> dict:
        place = ("-d", str(made.root), "--configfile", str(made.root / "config.yaml"))
        assert main(["verify", "--json", *arguments, *place]) == code
        out, err = capsys.readouterr()
        assert (err == "") == (code == 0)
        return json.loads(out)

    return run


@pytest.fixture
def but_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without making every table again, where a test changes nothing that they are made of."""
    monkeypatch.setattr("daydream.archive.verify.run.check_tables", lambda project: Check("tables"))


def told(found: dict) -> list[str]:
    """Every mismatch in one line."""
    return [
        f"{m['where']} | {m['expected']} | {m['found']} | {m['advice']}"
        for check in found["checks"]
        for m in check["mismatches"]
    ]


def skipped(found: dict) -> dict[str, int]:
    return {
        reason: count
        for check in found["checks"]
        for reason, count in check["not_checkable"].items()
    }


def one(made: Workspace, stage: str, *, copy: bool = False) -> str:
    """A generation of a stage; an essay that was or was not copied."""
    rows = made.members(stage)
    return next(r["gen_id"] for r in rows if (r["template_id"] == "copy") == copy)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_cohort_that_nobody_touched_matches_in_every_number(found: Cli) -> None:
    result = found()
    assert result["ok"] is True and told(result) == [] and skipped(result) == {}
    assert (result["wanted"], result["done"]) == (21, 21)
    counts = [check["checked"] for check in result["checks"]]
    # 21 ids and 3 combos; 21 metadata; 21 parsed; 18 were asked of a model; 4 stages and models;
    # 12 rows twice.
    assert counts[:9] == [24, 21, 21, 18, 18, 18, 18, 4, 2 * 12 * len(ScoreRow._fields)]
    assert counts[9] > 1000


def test_the_lines_for_a_person_end_well_and_count(
    made: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("-d", str(made.root), "--configfile", str(made.root / "config.yaml"))
    assert main(["verify", *place]) == 0
    out, err = capsys.readouterr()
    assert err == "" and "BAD" not in out and "21 of 21 generations are made" in out
    assert "ok    18 prompts are what their templates and parents render to" in out
    made.gen("evaluation", one(made, "evaluation")).write_text("3.0\n")
    assert main(["verify", *place]) == 1
    out, err = capsys.readouterr()
    assert "BAD   1 of 21: parsed.txt are what" in out
    assert err.startswith("Error: ") and "not match. Each is named above" in err


def test_a_changed_score_of_a_generation_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "evaluation")
    old = made.gen("evaluation", gen_id).read_text()
    made.gen("evaluation", gen_id).write_text("3.0\n")
    lines = told(found(code=1))
    where = f"gens/evaluation/{gen_id}/parsed.txt"
    assert lines[0].startswith(f"{where} | line 1: {old!r} | line 1: '3.0\\n' | ")
    assert f"snakemake {made.data}/{where}".replace(str(made.data), "data") in lines[0]
    score = f"parsed_scores.csv, row {made.ids('evaluation').index(gen_id) + 2} (gen_id={gen_id})"
    # A score that is not what its generation wrote is in no table.
    assert any(f"{score}, column score | " in x and f" | {float(old)}" in x for x in lines), lines
    assert any(f"{score}, column error | " in x and "changed after" in x for x in lines), lines


@pytest.mark.usefixtures("but_tables")
def test_a_changed_answer_is_named_even_where_its_score_is_the_same(
    made: Workspace, found: Cli
) -> None:
    gen_id = one(made, "evaluation")
    path = made.gen("evaluation", gen_id, "raw.txt")
    path.write_text(f"{TAMPERED}\n{path.read_text()}")
    (line,) = told(found(code=1))
    assert line.startswith(f"gens/evaluation/{gen_id}/raw.txt | line 1: ")
    assert TAMPERED in line


@pytest.mark.usefixtures("but_tables")
def test_a_changed_line_of_a_ledger_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "draft")
    replace(made.gen("draft", gen_id, "attempts.jsonl"), '"finish_reason": "stop"', '"x": 1')
    (line,) = told(found(code=1))
    assert line.startswith(f"gens/draft/{gen_id}/metadata.json, finish_reason | 'None'")


@pytest.mark.usefixtures("but_tables")
def test_another_model_in_a_line_of_a_ledger_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "evaluation")
    lines = made.gen("evaluation", gen_id, "attempts.jsonl")
    replace(lines, '"model": "lab/judge"', '"model": "lab/other"')
    both = told(found(code=1))
    assert len(both) == 2 and all(f"gens/evaluation/{gen_id}/" in line for line in both)
    assert any("fingerprint" in line for line in both)


@pytest.mark.usefixtures("but_tables")
def test_a_changed_prompt_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "essay")
    path = made.gen("essay", gen_id, "prompt.txt")
    path.write_text(path.read_text().replace("Write an essay", TAMPERED))
    lines = told(found(code=1))
    assert len(lines) == 3  # its hash, its rendering, the fingerprint
    assert all(f"gens/essay/{gen_id}/" in line for line in lines)


@pytest.mark.usefixtures("but_tables")
def test_a_changed_essay_is_named_with_the_prompts_that_show_it(
    made: Workspace, found: Cli
) -> None:
    gen_id = one(made, "essay")
    made.gen("essay", gen_id).write_text(TAMPERED)
    lines = told(found(code=1))
    children = [r["gen_id"] for r in made.members("evaluation") if r["parent_gen_id"] == gen_id]
    words = [line for line in lines if "column essay_words" in line]
    assert len(words) == 2 * len(children)  # in two forms of the table
    assert len(lines) - len(words) == 1 + len(children) == 3
    assert sum(f"gens/essay/{gen_id}/parsed.txt | " in line for line in lines) == 1
    for child in children:
        (line,) = [x for x in lines if x.startswith(f"gens/evaluation/{child}/prompt.txt")]
        assert (
            f"another version of 1_raw/templates/evaluation/novelty.txt or gens/essay/{gen_id}"
            in line
        )


@pytest.mark.usefixtures("but_tables")
def test_a_copy_that_differs_from_its_draft_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "essay", copy=True)
    made.gen("essay", gen_id).write_text(TAMPERED)
    assert any(x.startswith(f"gens/essay/{gen_id}/parsed.txt | ") for x in told(found(code=1)))


@pytest.mark.usefixtures("but_tables")
def test_an_edited_text_is_named_and_is_no_fault_of_what_was_made_from_the_earlier_one(
    made: Workspace, found: Cli
) -> None:
    replace(made.raw("templates/essay/longer.txt"), "Write an essay", TAMPERED)
    made.describe("bees", TAMPERED)
    made.write("templates/evaluation/novelty.system.txt", TAMPERED)
    counts = skipped(found())
    description = "1_raw/concepts/descriptions-paragraph/bees.txt"
    assert counts["made with an earlier text of template longer"] == 3
    assert counts[f"made with an earlier text of the description {description}"] == 2
    assert counts["made with an earlier text of the system prompt of template novelty"] == 12


@pytest.mark.usefixtures("but_tables")
def test_a_prompt_without_recorded_texts_is_named_when_it_renders_otherwise(
    made: Workspace, found: Cli
) -> None:
    for row in made.members("essay"):  # as version 0.1.0 wrote them
        path = made.gen("essay", row["gen_id"], "metadata.json")
        metadata = json.loads(path.read_text())
        metadata.pop("sources", None)
        path.write_text(json.dumps(metadata))
    replace(made.raw("templates/essay/longer.txt"), "Write an essay", TAMPERED)
    lines = told(found(code=1))
    assert len(lines) == 3
    assert all("from another version of 1_raw/templates/essay/longer.txt" in x for x in lines)
    assert all(TAMPERED in x and "which asks the model" in x for x in lines)


@pytest.mark.usefixtures("but_tables")
def test_a_template_that_is_gone_is_counted_as_not_checkable(made: Workspace, found: Cli) -> None:
    made.raw("templates/draft/plain.txt").unlink()
    made.templates("draft", ["other"], text="{{ concepts }}")
    result = found()
    assert skipped(result)["its template is no longer in the catalog"] == 3


@pytest.mark.usefixtures("but_tables")
def test_a_concept_that_is_gone_is_named(made: Workspace, found: Cli) -> None:
    made.concepts(("bees", "tides"))
    lines = told(found(code=1))
    assert len(lines) == 2 and all("'chess' is not there" in line for line in lines)


def test_a_concept_of_another_name_is_no_other_number(made: Workspace, found: Cli) -> None:
    catalog = made.raw("concepts_metadata.csv")
    catalog.write_text(catalog.read_text().replace("The chess", "Openings"))
    result = found(code=1)  # its prompts would be others
    assert all("prompt.txt" in line for line in told(result))
    assert any("names of concepts" in reason for reason in skipped(result))


def test_a_changed_row_of_the_roster_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "evaluation")
    path = made.data / "cohorts" / "trial" / "membership.csv"
    unseal(path)
    row = next(line for line in path.read_text().splitlines() if gen_id in line)
    replace(path, row, row.replace("judge", "critic"))
    lines = told(found(code=1))
    assert f"cohorts/trial/membership.csv, row {gen_id} | the id v_" in lines[0]
    assert any(
        x.startswith(f"gens/evaluation/{gen_id}/metadata.json | llm_model_id") for x in lines
    )


def test_a_row_that_was_left_out_is_named_even_if_the_tables_agree(
    made: Workspace, found: Cli
) -> None:
    gen_id = made.ids("evaluation")[-1]
    unseal(made.data / "cohorts" / "trial" / "membership.csv")
    for name in ("cohorts/trial/membership.csv", "5_parsing/trial/parsed_scores.csv"):
        path = made.data / name
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if gen_id not in line))
    first = told(found(code=1))[0]
    assert first.startswith(f"cohorts/trial/membership.csv, row {gen_id} | a row for e_")
    assert "| no such row |" in first


def test_rows_left_out_are_not_checkable_once_the_catalogs_ask_for_something_else(
    made: Workspace, found: Cli
) -> None:
    made.replicates(evaluation=2)
    result = found()
    (reason,) = skipped(result)
    assert reason.startswith("rows left out, as catalogs or configuration were changed")


def test_a_row_without_its_parent_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "essay")
    path = made.data / "cohorts" / "trial" / "membership.csv"
    unseal(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(x for x in lines if not x.startswith(f"essay,{gen_id}")))
    lines = told(found(code=1))
    rows = [line for line in lines if "6_summary/" not in line]  # tables of the membership differ
    assert len(rows) == 3 and all(gen_id in line for line in rows)


@pytest.mark.usefixtures("but_tables")
def test_a_combo_of_other_concepts_is_named(made: Workspace, found: Cli) -> None:
    path = made.data / "combo_mappings.csv"
    text = path.read_text()
    path.write_text(text.replace(",tides,", ",fjord,"))
    lines = told(found(code=1))
    assert len(lines) == 2 and all("combo_mappings.csv, combo_v1_" in line for line in lines)
    path.unlink()
    assert len(told(found(code=1))) == 3


@pytest.mark.parametrize(
    ("table", "old", "new", "where"),
    [
        (
            "final_results.csv",
            "overall,novelty,1,,,,,,12,12",
            "overall,novelty,1,,,,,,12,11",
            "column n_valid",
        ),
        ("generation_scores_pivot.csv", "combo_v1_", "combo_v2_", "column combo_id"),
        ("final_results.csv", "n_valid", "valid", "header"),
        ("final_results.csv", ",overall", ",over\nall", "a table that can be read"),
    ],
)
def test_a_changed_cell_of_a_table_is_named(
    made: Workspace, found: Cli, table: str, old: str, new: str, where: str
) -> None:
    path = made.data / "6_summary" / "trial" / table
    if table.startswith("final") and old.startswith(","):
        path.write_text(path.read_text() + "overall,1\n")
    else:
        path.write_text(path.read_text().replace(old, new, 1))
    (line,) = told(found(code=1))
    assert f"6_summary/trial/{table}" in line and where in line
    assert "snakemake results_summary results_analysis" in line


def test_a_changed_mean_is_named_with_row_and_column(made: Workspace, found: Cli) -> None:
    path = made.data / "6_summary" / "trial" / "generation_scores_pivot.csv"
    header, first, *others = path.read_text().splitlines()
    at = header.split(",").index("judge_novelty")
    cells = first.split(",")
    mean, cells[at] = cells[at], "8.75"
    path.write_text("\n".join([header, ",".join(cells), *others]) + "\n")
    (line,) = told(found(code=1))
    row = f"row 2 (combo_id={cells[0]}, draft_template=plain, generation_template=copy"
    assert row in line and f"column judge_novelty | {mean} | 8.75" in line


def test_a_row_too_few_and_a_row_too_many_are_named(made: Workspace, found: Cli) -> None:
    path = made.data / "6_summary" / "trial" / "ranking.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    (line,) = told(found(code=1))
    assert "ranking.csv, row" in line and line.split(" | ")[2] == "no such row"
    path.write_text("".join([*lines, lines[-1].replace("combo_v1_", "combo_v9_")]))
    (line,) = told(found(code=1))
    assert "combo_v9_" in line and line.split(" | ")[1] == "no such row"


def test_a_damaged_parquet_file_is_named(made: Workspace, found: Cli) -> None:
    path = made.data / "6_summary" / "trial" / "ranking.parquet"
    path.write_bytes(path.read_bytes()[:-30] + b"x" * 30)
    (line,) = told(found(code=1))
    assert "6_summary/trial/ranking.parquet" in line


def test_other_numbers_in_a_parquet_file_are_named(made: Workspace, found: Cli) -> None:
    folder = made.data / "5_parsing" / "trial"
    replace(folder / "parsed_scores.csv", ",1,", ",1,")
    frame = __import__("pandas").read_parquet(folder / "parsed_scores.parquet")
    frame.loc[2, "score"] = 8.5
    frame.to_parquet(folder / "parsed_scores.parquet", index=False)
    (line,) = told(found(code=1))
    assert "5_parsing/trial/parsed_scores.parquet, row 4" in line and "| 8.5 |" in line


def test_scores_that_were_tampered_with_spoil_the_tables_too(made: Workspace, found: Cli) -> None:
    path = made.data / "5_parsing" / "trial" / "parsed_scores.csv"
    first = path.read_text().splitlines()[1]
    score = first.split(",")[10]
    replace(path, first, first.replace(f",{score},,", ",8.75,,"))
    lines = told(found(code=1))
    assert sum("parsed_scores.csv" in line.split(" | ")[0] for line in lines) == 1
    assert any("generation_scores_pivot.csv" in line for line in lines)


def test_scores_that_are_no_table_of_scores_are_named(made: Workspace, found: Cli) -> None:
    (made.data / "5_parsing" / "trial" / "parsed_scores.csv").write_text("gen_id\nv_1\n")
    lines = told(found(code=1))
    assert any("parsed_scores.csv, header" in line for line in lines)
    assert any("a table that makes ranking" in line for line in lines)


def test_a_score_whose_evaluation_is_gone_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "evaluation")
    shutil.rmtree(made.gen("evaluation", gen_id).parent)
    result = found(code=1)
    assert result["missing"] == 1
    lines = told(result)
    assert any(f"(gen_id={gen_id}), column score | blank | " in line for line in lines)


def test_a_table_older_than_its_scores_is_told_and_no_fault(made: Workspace, found: Cli) -> None:
    path = made.data / "5_parsing" / "trial" / "parsed_scores.csv"
    made.edit(path, path.read_text())
    result = found()
    notes = [note for check in result["checks"] for note in check["notes"]]
    assert "6_summary/trial/ranking.csv is older than parsed_scores.csv" in notes


def test_what_was_not_made_is_counted_and_no_fault(made: Workspace, found: Cli) -> None:
    shutil.rmtree(made.data / "6_summary")
    shutil.rmtree(made.data / "5_parsing")
    for gen_id in made.ids("evaluation"):
        shutil.rmtree(made.gen("evaluation", gen_id).parent)
    result = found()
    assert (result["ok"], result["missing"]) == (True, 12)


def test_generations_of_other_software_are_counted_as_not_checkable(
    made: Workspace, found: Cli
) -> None:
    for stage in STAGES[:3]:
        for gen_id in made.ids(stage):
            made.gen(stage, gen_id, "metadata.json").unlink()
            made.gen(stage, gen_id, "attempts.jsonl").unlink(missing_ok=True)
    made.gen("evaluation", one(made, "evaluation"), "raw.txt").unlink()
    make_tables(Project(load_config(values=made.config | {"data_root": str(made.data)})))
    result = found()
    assert skipped(result) == {
        "no metadata.json of this package": 21,
        "no hash of the prompt in metadata.json": 18,
        "no ledger": 18,
        "no fingerprint in metadata.json": 18,
        "no raw.txt": 1,
    }


@pytest.mark.usefixtures("but_tables")
def test_a_lost_ledger_is_counted_as_not_checkable(made: Workspace, found: Cli) -> None:
    made.gen("draft", one(made, "draft"), "attempts.jsonl").unlink()
    assert skipped(found())["no ledger"] == 1


def test_a_roster_of_other_software_has_ids_of_its_own(made: Workspace) -> None:
    path = made.data / "cohorts" / "trial" / "membership.csv"
    unseal(path)
    text = path.read_text()
    for stage in STAGES[:3]:
        for gen_id in made.ids(stage):
            text = text.replace(gen_id, f"foreign-{gen_id[2:]}")
    path.write_text(text)
    project = Project(load_config(values=made.config | {"data_root": str(made.data)}))
    ids = check_generations(project)[0]
    assert ids.findings == [] and ids.skipped.total() == 21


@pytest.mark.usefixtures("but_tables")
def test_a_torn_last_line_of_a_ledger_is_no_fault(made: Workspace, found: Cli) -> None:
    with made.gen("draft", one(made, "draft"), "attempts.jsonl").open("ab") as file:
        file.write(b'{"at": "2026-11-22T1\xff')
    assert found()["ok"] is True


@pytest.mark.usefixtures("but_tables")
def test_a_ledger_with_failed_calls_only_is_named(made: Workspace, found: Cli) -> None:
    path = made.gen("draft", one(made, "draft"), "attempts.jsonl")
    replace(path, '"outcome": "answer"', '"outcome": "failed"')
    (line,) = told(found(code=1))
    assert "an answer to" in line and "1 attempts, none of them that answer" in line


def test_files_that_are_not_utf_8_are_named(made: Workspace, found: Cli) -> None:
    essay = one(made, "essay")
    for name in ("raw.txt", "parsed.txt", "prompt.txt"):
        made.gen("essay", essay, name).write_bytes(b"\xff\xfe caf\xe9")
    made.gen("draft", one(made, "draft"), "metadata.json").write_bytes(b"\xff{")
    lines = told(found(code=1))
    assert any(r"\\xff" in line and f"gens/essay/{essay}/raw.txt" in line for line in lines)
    assert any("metadata.json" in line and "nothing that can be read" in line for line in lines)


@pytest.mark.usefixtures("but_tables")
def test_a_lost_parent_is_named(made: Workspace, found: Cli) -> None:
    gen_id = one(made, "draft")
    made.gen("draft", gen_id).unlink()
    lines = told(found(code=1))
    behind = [
        x for x in lines if x.startswith(f"gens/draft/{gen_id}/parsed.txt | the draft behind")
    ]
    assert len(behind) == 2  # the copy and the essay that was written from it
    others = [line for line in lines if line not in behind]
    # Two essays, two evaluations of each, in two forms of the table.
    assert len(others) == 8 and all("column draft_words" in line for line in others)


def test_a_score_is_walked_back_to_its_concepts(
    made: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    row = made.members("evaluation")[0]
    place = ("-d", str(made.root), "--configfile", str(made.root / "config.yaml"))
    assert main(["verify", "--score", row["gen_id"], *place]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == "" and all(line.startswith("ok    ") for line in lines)
    order = [
        "generation_scores_pivot",
        "parsed_scores.csv",
        "evaluation v_",
        "essay e_",
        "draft d_",
    ]
    at = [next(n for n, line in enumerate(lines) if word in line) for word in order]
    assert at == sorted(at) and "bees, tides" in lines[-1]
    made.gen("essay", row["parent_gen_id"]).write_text(TAMPERED)
    assert main(["verify", "--score", row["gen_id"], *place]) == 1
    out, err = capsys.readouterr()
    assert out.count("BAD ") == 3 and "3 step(s) do not hold" in err
    assert "column essay_words" in out
    assert main(["verify", "--score", "v_none", *place]) == 1
    assert "there is no generation 'v_none'" in capsys.readouterr().err


def test_comparisons_are_walked_back_too(
    work: Workspace, server: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    work.compare()
    server.answer(with_="VERDICT: A", containing="VERDICT")
    make_everything(work)
    place = ("-d", str(work.root), "--configfile", str(work.root / "config.yaml"))

    def found(code: int) -> dict:
        assert main(["verify", "--json", *place]) == code
        return json.loads(capsys.readouterr().out)

    untouched = found(0)
    assert skipped(untouched) == {} and untouched["wanted"] > 21
    row = work.members("comparison")[0]
    work.gen("comparison", row["gen_id"]).write_text("B\n")
    bias = work.data / "6_summary" / "trial" / "position_bias.csv"
    bias.write_text(bias.read_text().replace("overall", "overmuch", 1))
    lines = told(found(1))
    assert lines[0].startswith(f"gens/comparison/{row['gen_id']}/parsed.txt | line 1: 'A\\n'")
    assert any(
        "parsed_comparisons.csv, row 2" in x and "column verdict | B | A" in x for x in lines
    )
    assert any("position_bias.csv, row 2" in line for line in lines)
    work.gen("comparison", row["gen_id"]).write_text("A\n")
    work.gen("essay", row["second_gen_id"]).write_text(TAMPERED)
    lines = told(found(1))
    assert any(x.startswith(f"gens/comparison/{row['gen_id']}/prompt.txt | ") for x in lines)


def test_empty_tables_of_comparisons_of_an_essay_that_meets_nobody_are_checked(
    work: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    work.concepts(("bees", "tides"))
    work.templates("essay", ["copy"], text="")
    work.compare()
    make_everything(work)
    config = ("-d", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main(["verify", "--json", *config]) == 0
    result = json.loads(capsys.readouterr().out)
    assert "cells of parsed_comparisons" in " ".join(c["claim"] for c in result["checks"])
    assert skipped(result) == {}


def test_only_the_first_findings_are_shown_unless_all_are_asked_for() -> None:
    outcomes = [Finding(f"file {n}", "a", "b", "Restore it.") for n in range(30)]
    check = Check("files are whole").add_all(
        [*outcomes, None, Skip("no ledger"), Skip("no ledger")]
    )
    shown = list(check.described())
    assert shown[0] == "BAD   30 of 31: files are whole"
    assert shown[1] == "      not checkable: no ledger (2)"
    assert sum("file " in line for line in shown[1:]) == 20 and "10 more" in shown[-1]
    assert sum("file " in line for line in list(check.described(None))[1:]) == 30


def test_a_difference_is_quoted_without_control_characters() -> None:
    assert first_difference("a\nb\n", "a\n\x1b[2Jc\n") == (
        r"line 2: 'b\n'",
        r"line 2: '\x1b[2Jc\n'",
    )
    assert first_difference("a\n", "a\nb") == ("line 2: nothing", "line 2: 'b'")
    assert len(first_difference("x" * 5000, "y")[0]) < 130


def test_numbers_are_equal_within_the_tolerance_only(tmp_path: Path) -> None:
    for name, number in (("a", "1.000000"), ("b", "1.000001"), ("c", "1.00001"), ("d", "")):
        (tmp_path / f"{name}.csv").write_text(f"key,value\nx,{number}\n")
    this = Comparison("t.csv", ["key"], 1.5e-6, "Again.")

    def differ(other: str) -> int:
        outcomes = compare(this, str(tmp_path / "a.csv"), str(tmp_path / f"{other}.csv"))
        return sum(outcome is not None for outcome in outcomes)

    assert [differ(name) for name in "abcd"] == [0, 0, 1, 1]
    (tmp_path / "e.csv").write_text("")
    (tmp_path / "f.csv").write_text("key,value\n")
    assert [differ(name) for name in "ef"] == [1, 1]


def test_a_column_that_an_earlier_version_did_not_have_is_no_fault(
    made: Workspace, found: Cli
) -> None:
    path = made.data / "6_summary" / "trial" / "final_results.csv"
    rows = [line.rpartition(",")[0] for line in path.read_text().splitlines()]
    path.write_text("\n".join(rows) + "\n")
    (reason,) = skipped(found())
    assert reason.startswith("columns that 6_summary/trial/final_results.csv lacks")
    path.write_text("\n".join([rows[0], rows[1].replace(",", ",9", 5), *rows[2:]]) + "\n")
    assert len(told(found(code=1))) >= 1


@pytest.mark.usefixtures("but_tables")
def test_a_table_that_a_report_carries_is_held_against_the_table_itself(
    made: Workspace, found: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = made.data / "8_report" / "trial" / "index.html"
    layout = Layout(str(made.data))
    monkeypatch.setattr("daydream.results.carried.PACKED_FROM", 2000)
    carry(layout, read_membership(layout.membership("trial")), index.parent / "data")
    index.write_text("A report.")
    counts = [check["checked"] for check in found()["checks"] if "carries" in check["claim"]]
    assert counts == [len(list(index.parent.glob("data/*")))] and counts[0] > 10
    for copy in ("perfect_score_paths.csv", "parsed_scores.csv.gz"):
        path = index.parent / "data" / copy
        path.write_bytes(path.read_bytes()[:-9])
    bad = told(found(code=1))
    assert [line.partition(" | ")[0].rpartition("/")[2] for line in bad] == [
        "parsed_scores.csv.gz",
        "perfect_score_paths.csv",
    ]
    assert (
        "what 6_summary/trial/perfect_score_paths.csv has | something else | Make the report again"
        in bad[1]
    )
    os.utime(index, (1, 1))
    assert any("may be older than 6_summary/trial/perfect" in why for why in skipped(found()))


def test_experiments_that_cannot_be_opened_are_a_finding() -> None:
    (check,) = checks(Subject("trial.zip", None, problem="no column 'name'"))
    assert check.findings[0].found == "no column 'name'"


def test_a_membership_that_was_cut_is_named(made: Workspace, found: Cli) -> None:
    path = made.data / "cohorts" / "trial" / "membership.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-3]))
    assert any(
        "| the rows and the hash that manifest.json tells of | 18 rows that were cut or changed"
        in line
        for line in told(found(code=1))
    )
