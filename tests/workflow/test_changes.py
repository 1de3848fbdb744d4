"""What is made again when the experiment changes, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import CONCEPTS, DRAFT, Workspace

JUDGE = "Judge, end in SCORE: X\n{{ response }}"


def paid(server: MockServer, work: Workspace, *arguments: str) -> int:
    """Run, and return how many calls this run made; each must have been paid."""
    before, received = server.paid, server.received
    work.run(*arguments)
    assert server.received - received == server.paid - before
    return server.paid - before


def test_an_edited_draft_template_makes_only_its_own_descendants_again(
    work: Workspace, server: MockServer
) -> None:
    work.templates("draft", ["plain", "odd"], text=DRAFT)
    assert paid(server, work, "evaluation") == 24
    odd = {row["gen_id"] for row in work.members("draft") if row["template_id"] == "odd"}
    kept = {i: work.gen("draft", i).stat().st_mtime_ns for i in odd}
    work.edit(work.raw("templates/draft/plain.txt"), "Another way. " + DRAFT)
    assert paid(server, work, "evaluation") == 3 + 3 + 6
    assert kept == {i: work.gen("draft", i).stat().st_mtime_ns for i in odd}


def test_an_edit_reaches_what_was_made_of_the_edited_file_and_nothing_else(
    finished: Workspace, server: MockServer
) -> None:
    work = finished
    work.edit(work.raw("templates/evaluation/novelty.txt"), "Strictly! " + JUDGE)
    assert paid(server, work, "evaluation") == 6
    work.edit(work.raw("templates/essay/longer.txt"), "Shorter. {{ links_block }}")
    assert paid(server, work, "evaluation") == 3 + 3
    work.edit(work.raw("concepts/descriptions-paragraph/bees.txt"), "Bees dance.")
    assert paid(server, work, "evaluation") == 2 + 2 + 4
    # Another level than the one that the experiment uses.
    work.edit(work.describe("tides", "Short.", "sentence"), "Shorter.")
    assert paid(server, work, "evaluation") == 0


def test_what_leaves_the_prompts_as_they_were_costs_nothing(
    finished: Workspace, server: MockServer
) -> None:
    template = finished.raw("templates/draft/plain.txt")
    os.utime(template)
    touched = finished.run("evaluation")
    assert "generate_draft" not in touched.output
    finished.edit(template, template.read_text() + "{# a note to myself #}")
    noted = finished.run("evaluation")
    assert "generate_draft" in noted.output
    assert server.received == 0
    assert "Nothing to be done" in finished.run("evaluation").output


@pytest.mark.parametrize("cohort", ["trial", None])
def test_an_added_model_makes_only_what_is_new_and_a_removed_one_leaves_the_tables_for_free(
    work: Workspace, server: MockServer, cohort: str | None
) -> None:
    work.config["cohort"] = cohort
    assert paid(server, work, "results_processing") == 12
    first = _newest_scores(work)
    work.models({"writer": "both", "judge": "judges"})
    assert paid(server, work, "results_processing") == 6
    assert len(work.table(_newest_scores(work))) == 12
    work.models({"writer": "both", "judge": "judges", "poet": "writes"})
    assert paid(server, work, "results_processing") == 3 + 3 + 12
    assert len(work.table(_newest_scores(work))) == 24
    work.models({"writer": "both"})
    assert paid(server, work, "results_processing") == 0
    assert {row["evaluation_llm_model"] for row in work.table(first)} == {"writer"}
    assert len(work.table(first)) == 6


def _newest_scores(work: Workspace) -> str:
    tables = (work.data / "5_parsing").glob("*/parsed_scores.csv")
    newest = max(tables, key=lambda path: path.stat().st_mtime_ns)
    return newest.relative_to(work.data).as_posix()


def test_a_removed_row_shrinks_every_table_of_a_named_cohort(
    finished: Workspace, server: MockServer
) -> None:
    finished.templates("essay", ["copy"], text="")
    assert paid(server, finished) == 0
    assert len(finished.scores()) == 3
    pivot = finished.table("6_summary/trial/generation_scores_pivot.csv")
    assert {row["generation_template"] for row in pivot} == {"copy"}
    # The store forgets nothing.
    assert len(finished.table("7_cross_experiment/parsed_scores.csv")) == 6


def test_another_k_max_makes_the_membership_of_a_named_cohort_again(
    finished: Workspace, server: MockServer
) -> None:
    mappings = finished.data / "combo_mappings.csv"
    old = mappings.read_text()
    assert paid(server, finished, "results_processing", "--config", "k_max=3") == 1 + 1 + 2
    assert len(finished.ids("draft")) == 1
    assert len(finished.scores()) == 2
    assert mappings.read_text().startswith(old)
    assert len(mappings.read_text().splitlines()) == len(old.splitlines()) + 3
    assert paid(server, finished, "results_processing") == 0
    assert len(finished.scores()) == 6
    assert "Nothing to be done" in finished.run("results_processing").output


def test_more_replicates_make_only_the_new_ones(finished: Workspace, server: MockServer) -> None:
    finished.replicates(evaluation=2)
    assert paid(server, finished, "results_processing") == 6
    assert len(finished.scores()) == 12
    finished.replicates(draft=2, evaluation=2)
    assert paid(server, finished, "results_processing") == 3 + 3 + 12
    assert len(finished.scores()) == 24
    finished.replicates(draft=1)
    assert paid(server, finished, "results_processing") == 0
    assert len(finished.scores()) == 6


def test_a_new_concept_makes_only_its_combos_and_old_mappings_are_not_touched(
    finished: Workspace, server: MockServer
) -> None:
    mappings = finished.data / "combo_mappings.csv"
    old = mappings.read_text()
    finished.concepts(CONCEPTS)
    assert paid(server, finished, "evaluation") == 3 * (1 + 1 + 2)
    assert mappings.read_text().startswith(old)
    assert len(mappings.read_text().splitlines()) == 1 + 6 * 2


def test_a_second_cohort_pays_only_for_what_the_first_does_not_have(
    finished: Workspace, server: MockServer
) -> None:
    finished.models({"writer": "both", "judge": "judges"})
    assert paid(server, finished, "--config", "cohort=second") == 6
    assert len(finished.table("5_parsing/second/parsed_scores.csv")) == 12
    store = finished.table("7_cross_experiment/parsed_scores.csv")
    assert sorted(row["cohort_id"] for row in store) == ["second"] * 6 + ["second trial"] * 6


def test_tables_over_every_cohort_follow_the_filters_of_the_run(
    finished: Workspace, server: MockServer
) -> None:
    table = "7_cross_experiment/filtered_evaluation_results.csv"
    assert len(finished.table(table)) == 6
    filtered = [*("--config", "cohort=copies"), 'filters={"templates": ["copy"]}']
    assert paid(server, finished, "cross_experiment", *filtered) == 0
    assert {row["generation_template"] for row in finished.table(table)} == {"copy"}
    assert paid(server, finished, "cross_experiment", "-n") == 0
    assert len(finished.table(table)) == 3
    assert paid(server, finished, "cross_experiment") == 0
    assert len(finished.table(table)) == 6


def test_a_narrower_scale_makes_old_scores_outside_it_errors_for_free(
    finished: Workspace, server: MockServer
) -> None:
    before = {row["gen_id"]: row["score"] for row in finished.scores()}
    highest = max(float(score) for score in before.values())
    path = finished.raw("evaluation_templates.csv")
    finished.edit(path, path.read_text().replace("0,9", f"0,{highest - 0.5:g}"))
    assert paid(server, finished, "results_summary") == 0
    lost = [row for row in finished.scores() if not row["score"]]
    assert {row["gen_id"] for row in lost} == {i for i in before if float(before[i]) == highest}
    assert all("Put the old range back" in row["error"] for row in lost)
    finished.edit(path, path.read_text().replace(f"0,{highest - 0.5:g}", "0,9"))
    assert paid(server, finished, "results_summary") == 0
    assert {row["gen_id"]: row["score"] for row in finished.scores()} == before


def test_selected_essays_are_evaluated_and_nothing_before_them_is_made_again(
    finished: Workspace, server: MockServer
) -> None:
    work = finished
    chosen = [row["gen_id"] for row in work.members("essay")][:2]
    _select(work, "# worth a second look\n" + "\n".join(f"{i}  # good" for i in chosen) + "\n")
    work.templates("evaluation", ["novelty", "fun"], text=JUDGE)
    work.edit(work.raw("templates/draft/plain.txt"), "Another way. " + DRAFT)
    work.edit(work.raw("templates/essay/longer.txt"), "Another essay. {{ draft_block }}")
    before = _states(work)
    assert paid(server, work) == 2
    assert len(work.scores()) == 4
    assert {row["parent_gen_id"] for row in work.scores()} == set(chosen)
    assert _states(work) == before
    _select(work, "e_nowhere\n")
    refused = work.run(ok=False)
    assert "e_nowhere" in refused.output and "selected_essays.txt" in refused.output
    assert "Traceback" not in refused.output
    assert server.received == 2


def _select(work: Workspace, text: str) -> None:
    path = work.data / "2_tasks" / "selected_essays.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def _states(work: Workspace) -> dict[Path, int]:
    folders = (work.data / "gens" / stage for stage in ("draft", "essay"))
    files = (path for folder in folders for path in folder.rglob("*.*"))
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.mark.parametrize("name", ["membership.csv", "manifest.json"])
def test_a_lost_file_of_the_cohort_is_made_again_by_every_target(
    finished: Workspace, server: MockServer, name: str
) -> None:
    lost = finished.data / "cohorts" / "trial" / name
    before = lost.read_bytes()
    lost.unlink()
    finished.run("results_summary")
    assert lost.read_bytes() == before
    assert server.received == 0
