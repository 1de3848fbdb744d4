"""What goes wrong, who hears of it, what it costs and how it is mended."""

from __future__ import annotations

import os
import re

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Workspace

KEY = "sk-5e6f-not-to-be-written-down"
OURS = re.compile(r'File "[^"]*/daydream/')


def assert_no_traceback(output: str) -> None:
    assert "Traceback" not in output
    assert not OURS.search(output)


def test_an_answer_without_a_score_fails_its_evaluation_only_and_is_kept(
    work: Workspace, server: MockServer
) -> None:
    server.answer(with_="I would rather not say.", containing="Judge", times=1)
    failed = work.run("--config", "budget_calls=99", ok=False)
    assert server.received == 12
    bad = _not_made(work)
    assert len(bad) == 1
    gen_id = bad.pop()
    assert work.gen("evaluation", gen_id, "raw.txt").read_text() == "I would rather not say."
    assert work.answers("evaluation", gen_id) == ["I would rather not say."]
    assert work.metadata("evaluation", gen_id)["status"] == "failed"
    assert work.files("logs") == {f"logs/generate_evaluation/{gen_id}.log"}
    assert "1 generation(s) failed" in failed.output
    assert "ParseError" in failed.output
    again = f"snakemake -f {work.target('evaluation', gen_id)} --directory {work.root} "
    assert (
        f"{again}--configfile {work.root / 'config.yaml'} --config budget_calls=99" in failed.output
    )
    assert "allow_incomplete=true" in failed.output
    assert_no_traceback(failed.output)

    again = work.run(ok=False)
    assert server.received == 12
    assert "1 generation(s) failed" in again.output
    assert not (work.data / "5_parsing").exists()

    work.run("results_summary", "--config", "allow_incomplete=true")
    _assert_one_error_row(work, gen_id)
    assert server.received == 12

    server.clear_rules()
    work.run("-f", work.target("evaluation", gen_id))
    assert server.received == 13
    work.run("results_processing")
    assert server.received == 13
    assert all(row["score"] and not row["error"] for row in work.scores())


def _not_made(work: Workspace, stage: str = "evaluation") -> set[str]:
    return {i for i in work.ids(stage) if not work.gen(stage, i).exists()}


def _assert_one_error_row(work: Workspace, gen_id: str) -> None:
    assert len(work.scores()) == 6
    (row,) = [row for row in work.scores() if not row["score"]]
    assert row["gen_id"] == gen_id and row["error"]
    assert all(bool(row["score"]) != bool(row["error"]) for row in work.scores())
    counts = work.table("6_summary/trial/evaluation_model_template_pivot.csv")
    assert [(row["novelty_n_expected"], row["novelty_n"]) for row in counts] == [("6", "5")]


def test_incomplete_tables_of_the_first_run_wait_until_everything_had_its_turn(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.1
    server.answer(with_="SCORE: 42", containing="Judge", times=1)
    failed = work.run(
        "evaluation", "results_summary", "--config", "allow_incomplete=true", ok=False
    )
    assert server.received == 12
    (gen_id,) = _not_made(work)
    _assert_one_error_row(work, gen_id)
    assert "1 generation(s) failed" in failed.output
    server.clear_rules()
    work.run("-f", work.target("evaluation", gen_id))
    work.run("results_summary", "--config", "allow_incomplete=true")
    assert server.received == 13
    assert all(row["score"] and not row["error"] for row in work.scores())


def test_a_truncated_draft_blocks_its_descendants_only_and_only_it_is_bought_again(
    work: Workspace, server: MockServer
) -> None:
    server.fault(Fault.length(), containing="[plain]")
    failed = work.run("evaluation", ok=False)
    assert "max_tokens" in failed.output and "stages.draft.max_tokens" in failed.output
    assert_no_traceback(failed.output)
    assert server.received == 2 * (1 + 1 + 2) + 1
    (gen_id,) = _not_made(work, "draft")
    assert len(_not_made(work, "essay")) == len(_not_made(work)) == 2
    assert "2 essay(s), 2 evaluation(s)" in failed.output
    assert work.gen("draft", gen_id, "raw.txt").read_text() == work.answers("draft", gen_id)[0]

    work.run("evaluation", ok=False)
    assert server.received == 9
    work.config["stages"] = {"draft": {"max_tokens": 900}}
    work.run("evaluation")
    assert server.received == 9 + 1 + 1 + 2
    assert len(work.answers("draft", gen_id)) == 2


def test_a_lower_min_lines_lets_short_drafts_pass_for_free(
    work: Workspace, server: MockServer
) -> None:
    work.config["stages"] = {"draft": {"min_lines": 20}}
    failed = work.run("evaluation", ok=False)
    assert "min_lines" in failed.output and "3 generation(s) failed" in failed.output
    assert server.received == 3
    work.config["stages"] = {"draft": {"min_lines": 3}}
    work.run("generation_draft")
    assert server.received == 3


def test_a_refused_call_is_told_in_the_words_of_the_provider(
    work: Workspace, server: MockServer
) -> None:
    server.fault(Fault.status(402, message="Your credit is used up."), times=None)
    failed = work.run("generation_draft", ok=False)
    # Whoever had not called when the first was refused is not asked, and has not failed.
    assert " x draft" in failed.output and "Your credit is used up." in failed.output
    # What was asked for is tried again, and no more than that.
    assert f"snakemake generation_draft --directory {work.root} " in failed.output
    assert 1 <= server.received <= 3
    assert_no_traceback(failed.output)
    server.clear_rules()
    work.run("generation_draft")
    assert server.paid == 3


def test_a_generation_of_another_cohort_is_refused_by_name(
    finished: Workspace, server: MockServer
) -> None:
    refused = finished.run(finished.target("draft", "d_0123456789abcdef"), ok=False)
    assert "gen_id d_0123456789abcdef is not in cohort trial" in refused.output
    assert not OURS.search(refused.output)
    assert server.received == 0


def test_what_cannot_be_used_is_named_before_anything_is_made(
    work: Workspace, server: MockServer
) -> None:
    unknown = work.run("--config", "k_maxx=3", ok=False)
    assert "k_maxx" in unknown.output and "Did you mean 'k_max'?" in unknown.output
    nested = work.run("--config", "stages={draft: {max_token: 3}}", ok=False)
    assert "stages.draft.max_token" in nested.output
    work.raw("templates/essay/longer.txt").unlink()
    missing = work.run(ok=False)
    assert "templates/essay/longer.txt" in missing.output and "'longer'" in missing.output
    for run in (unknown, nested, missing):
        assert_no_traceback(run.output)
    assert server.received == 0
    assert not (work.data / "cohorts").exists()


def test_a_combo_id_that_stands_for_other_concepts_is_refused_by_name(
    work: Workspace, server: MockServer
) -> None:
    tasks = work.data / "2_tasks"
    tasks.mkdir()
    (tasks / "selected_combo_mappings.csv").write_text("combo_id,concept_id\nmine,bees\n")
    work.run("cohort")
    mappings = (work.data / "combo_mappings.csv").read_text()
    (tasks / "selected_combo_mappings.csv").write_text("combo_id,concept_id\nmine,tides\n")
    refused = work.run("cohort", ok=False)
    assert "mine already stands for bees" in refused.output
    assert "combo_mappings.csv" in refused.output
    assert_no_traceback(refused.output)
    assert (work.data / "combo_mappings.csv").read_text() == mappings
    assert server.received == 0


def test_a_template_that_cannot_be_rendered_names_file_and_variable_and_calls_nobody(
    work: Workspace, server: MockServer
) -> None:
    work.write("templates/draft/plain.txt", "Connect {{ conceptz }}.")
    failed = work.run("generation_draft", ok=False)
    assert "templates/draft/plain.txt" in failed.output and "conceptz" in failed.output
    assert_no_traceback(failed.output)
    assert server.received == 0


def test_a_missing_key_is_named_and_a_key_is_never_written_down(
    work: Workspace, server: MockServer
) -> None:
    server.required_key = KEY
    work.config["endpoints"]["mock"]["api_key_env"] = "DAYDREAM_TEST_KEY"
    assert "DAYDREAM_TEST_KEY" not in os.environ
    missing = work.run("generation_draft", ok=False)
    assert "DAYDREAM_TEST_KEY" in missing.output
    assert_no_traceback(missing.output)
    assert server.received == 0
    given = work.run("generation_draft", env={"DAYDREAM_TEST_KEY": KEY})
    assert server.paid == 3
    assert KEY not in missing.output + given.output
    assert _files_with(work, KEY) == []


def test_a_key_that_a_provider_repeats_is_not_written_down(
    work: Workspace, server: MockServer
) -> None:
    work.config["endpoints"]["mock"]["api_key_env"] = "DAYDREAM_TEST_KEY"
    server.fault(Fault.status(401, message=f"Incorrect API key provided: {KEY}."), times=None)
    refused = work.run("generation_draft", ok=False, env={"DAYDREAM_TEST_KEY": KEY})
    assert "Incorrect API key provided" in refused.output
    assert KEY not in refused.output
    assert _files_with(work, KEY) == []


def _files_with(work: Workspace, text: str) -> list[str]:
    files = (path for path in work.root.rglob("*") if path.is_file())
    return [str(path) for path in files if text.encode() in path.read_bytes()]
