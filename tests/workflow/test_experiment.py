"""What a researcher does, through the real snakemake command; the mock server counts the calls."""

from __future__ import annotations

import re

from daydream.results.dictionary.declared import TABLES
from daydream.results.dictionary.model import column_problems
from tests.support.mock_server import MockServer
from tests.support.workspace import CONCEPTS, Workspace

# 3 combos of 3 concepts, 1 draft template, 1 model: 3 drafts; a copy and a written essay of each;
# 1 evaluation of each essay: 3 + 3 + 6 calls.
DRAFTS, ESSAYS, CALLS = 3, 6, 12
GENERATION = {"attempts.jsonl", "metadata.json", "parsed.txt", "prompt.txt", "raw.txt"}
SUMMARY = {
    "final_results",
    "perfect_score_paths",
    "generation_scores_pivot",
    "evaluation_model_template_pivot",
    "snapshots",
}
ANALYSIS = {
    "evaluator_agreement_analysis",
    "comprehensive_variance_analysis",
    "reliability",
    "variance_components",
    "d_study",
    "judge_preference",
    "sensitivity",
    "length_effect",
    "evaluator_effects",
    "ranking",
    "contrasts",
    "controls",
}


def test_the_first_run_makes_every_generation_and_table_and_the_second_makes_no_call(
    work: Workspace, server: MockServer
) -> None:
    first = work.run()
    assert server.paid == CALLS == len(server.calls)
    assert (len(work.ids("draft")), len(work.ids("essay"))) == (DRAFTS, ESSAYS)
    assert len(work.scores()) == ESSAYS
    assert all(row["score"] and not row["error"] for row in work.scores())
    second = work.run()
    assert "Nothing to be done" in second.output
    assert len(server.calls) == CALLS
    assert second.seconds < 10
    assert "Traceback" not in first.output


def test_every_table_of_a_run_is_declared_with_its_columns(finished: Workspace) -> None:
    declared = {table.path("trial"): table for table in TABLES}
    folders = ("5_parsing", "6_summary", "7_cross_experiment", "catalog")
    made = [name for folder in folders for name in finished.files(f"data/{folder}")]
    made += ["data/combo_mappings.csv", "data/cohorts/trial/membership.csv"]
    tables = [name.removeprefix("data/") for name in made if name.endswith(".csv")]
    assert len(tables) > 20
    for name in tables:
        header = (finished.data / name).read_text().splitlines()[0].split(",")
        # Only cohorts with comparisons have a second parent.
        expected = header + ["second_gen_id"] * name.endswith("membership.csv")
        assert not list(column_problems(declared[name], expected)), name


def test_a_dry_run_says_what_will_be_made_creates_nothing_and_calls_nobody(
    work: Workspace, server: MockServer
) -> None:
    before = work.files() | {"config.yaml"}
    blind = work.run("-n")
    assert _job_counts(blind.output)["cohort_membership"] == 1
    # It ends with the plan.
    plan = blind.output.partition(f"Cohort trial: {CALLS} generation(s) to buy")[2]
    assert re.search(rf"^draft +writer +{DRAFTS} +0 +0 +{DRAFTS} ", plan, re.MULTILINE)
    assert work.files() == before
    work.run("cohort")
    before = work.files()
    counted = _job_counts(work.run("-n").output)
    assert counted["generate_draft"] == DRAFTS
    assert counted["generate_essay"] == ESSAYS
    assert counted["generate_evaluation"] == ESSAYS
    assert work.files() == before
    assert server.received == 0


def test_a_dry_run_of_a_changed_definition_creates_no_file_either(
    finished: Workspace, server: MockServer
) -> None:
    before = finished.files()
    output = finished.run("-n", "--config", "k_max=1")
    assert "cohort_membership" in _job_counts(output.output)
    assert finished.files() == before
    assert "Nothing to be done" in finished.run("-n").output
    assert server.received == 0


def _job_counts(output: str) -> dict[str, int]:
    cells = (line.split() for line in output.splitlines())
    return {c[0]: int(c[1]) for c in cells if len(c) == 2 and c[1].isdigit()}


def test_every_target_makes_its_own_room_of_the_house_and_no_more(
    work: Workspace, server: MockServer
) -> None:
    catalog = {f"data/catalog/{name}" for name in ("concept_index.csv", "seen_texts.json")}
    assert _new(work, "raw_data") == catalog
    cohort = {"data/cohorts/trial/manifest.json", "data/cohorts/trial/membership.csv"}
    assert _new(work, "cohort") >= cohort
    assert server.received == 0
    assert _stages(_new(work, "generation_draft")) == {"draft"}
    assert server.paid == DRAFTS
    assert _stages(_new(work, "generation_essays")) == {"essay"}
    assert server.paid == DRAFTS + 3
    assert _stages(_new(work, "evaluation")) == {"evaluation"}
    assert server.paid == CALLS
    scores = "data/5_parsing/trial/parsed_scores"
    assert _new(work, "results_processing") == {f"{scores}.csv", f"{scores}.parquet"}
    assert _new(work, "results_summary") == _summaries(SUMMARY)
    assert _new(work, "results_analysis") == _summaries(ANALYSIS)
    assert _new(work, "cross_experiment") == {
        f"data/7_cross_experiment/{table}.csv"
        for table in (
            "parsed_scores",
            "filtered_evaluation_results",
            "template_version_comparison_pivot",
            "cohort_levels",
        )
    } | {"data/7_cross_experiment/parsed_scores.parquet"}
    work.run("all")
    assert server.received == CALLS


def _summaries(tables: set[str]) -> set[str]:
    return {f"data/6_summary/trial/{t}.{form}" for t in tables for form in ("csv", "parquet")}


def _new(work: Workspace, target: str) -> set[str]:
    before = work.files() | {"config.yaml"}
    work.run(target)
    return {name for name in work.files() - before if not name.startswith("logs/")}


def _stages(files: set[str]) -> set[str]:
    return {name.split("/")[2] for name in files if name.startswith("data/gens/")}


def test_a_copied_essay_is_its_draft_word_for_word_without_a_prompt_or_a_ledger(
    finished: Workspace,
) -> None:
    essays = finished.members("essay")
    copies = [row for row in essays if row["template_id"] == "copy"]
    assert len(copies) == 3
    for row in copies:
        folder = finished.gen("essay", row["gen_id"]).parent
        assert {path.name for path in folder.iterdir()} == {"metadata.json", "parsed.txt"}
        draft = finished.gen("draft", row["parent_gen_id"])
        assert (folder / "parsed.txt").read_bytes() == draft.read_bytes()
    for row in essays:
        if row["template_id"] != "copy":
            folder = finished.gen("essay", row["gen_id"]).parent
            assert {path.name for path in folder.iterdir()} == GENERATION


def test_a_finished_run_leaves_no_scratch_files_and_no_logs(finished: Workspace) -> None:
    assert not [name for name in finished.files() if name.endswith(".part")]
    assert not finished.files("logs")


def test_a_missing_description_level_falls_back_to_a_shorter_one_and_then_to_the_name(
    work: Workspace, server: MockServer
) -> None:
    for concept in CONCEPTS[:3]:
        work.raw(f"concepts/descriptions-paragraph/{concept}.txt").unlink()
    work.describe("bees", "A whole article on bees.", "article")
    work.describe("tides", "Tides in one sentence.", "sentence")
    work.run("generation_draft", "--config", "description_level=article", "k_max=3")
    (draft,) = work.ids("draft")
    prompt = work.gen("draft", draft, "prompt.txt").read_text()
    assert "- The bees: A whole article on bees.\n" in prompt
    assert "- The tides: Tides in one sentence.\n" in prompt
    assert "- The chess: The chess\n" in prompt
    assert server.paid == 1


def test_curated_combos_are_used_instead_of_all_subsets(
    work: Workspace, server: MockServer
) -> None:
    tasks = work.data / "2_tasks"
    tasks.mkdir()
    rows = "combo_id,concept_id\nmine,chess\nmine,bees\nalone,tides\n"
    (tasks / "selected_combo_mappings.csv").write_text(rows)
    work.run("generation_draft")
    assert {row["combo_id"] for row in work.members("draft")} == {"mine", "alone"}
    prompts = [work.gen("draft", i, "prompt.txt").read_text() for i in work.ids("draft")]
    assert any("The chess" in p and "The bees" in p and "The tides" not in p for p in prompts)
    assert server.paid == 2
