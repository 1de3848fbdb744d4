"""The plan is the one that Snakemake carries out: at the start of a run, and before one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

from tests.support.mock_server import MockServer
from tests.support.workspace import ROOT, Workspace


def plan(work: Workspace, *arguments: str, code: int = 0) -> str:
    """What ``daydream plan`` says, started as a user would, from elsewhere."""
    work.command()  # writes the configuration
    name = work.root.name
    place = ["--configfile", f"{name}/config.yaml", "--directory", name]
    done = subprocess.run(
        [sys.executable, "-m", "daydream", "plan", *arguments, *place],
        cwd=work.root.parent,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def to_buy(text: str) -> int:
    found = re.search(r"(\d+) generation\(s\) to buy", text)
    return int(found[1]) if found else 0


def test_a_run_begins_with_what_it_buys_and_ends_there_when_a_key_is_missing(
    work: Workspace, server: MockServer
) -> None:
    work.config["endpoints"]["mock"]["api_key_env"] = "KEY_OF_THIS_TEST"
    run = work.run(ok=False)
    assert run.code == 1
    assert server.received == 0
    assert run.stderr.count("KEY_OF_THIS_TEST is not set") == 1
    assert "Traceback" not in run.output
    assert to_buy(run.stderr) == 12
    # What buys nothing needs no key.
    assert to_buy(work.run("cohort").output) == 0
    run = work.run("generation_draft", env={"KEY_OF_THIS_TEST": "k"})
    assert to_buy(run.stderr) == server.received == 3
    run = work.run(ok=False)
    assert to_buy(run.stderr) == 9
    assert "Why: missing (9)" in run.stderr


def test_a_run_that_makes_tables_only_says_nothing_and_touching_needs_no_key(
    finished: Workspace, server: MockServer
) -> None:
    finished.config["endpoints"]["mock"]["api_key_env"] = "KEY_OF_THIS_TEST"
    (finished.data / "6_summary/trial/final_results.csv").unlink()
    assert "Cohort trial:" not in finished.run().stderr
    assert "Cohort trial:" not in finished.run("--touch", "-F").stderr
    assert server.received == 0


def test_the_plan_of_a_new_experiment_leaves_nothing_behind(
    work: Workspace, server: MockServer
) -> None:
    work.command()
    before = work.files()
    assert to_buy(plan(work)) == 12
    assert to_buy(plan(work, "generation_draft")) == 3
    assert work.files() == before
    assert server.received == 0


def test_the_plan_of_targets_and_forces_is_what_the_run_then_pays(
    finished: Workspace, server: MockServer
) -> None:
    output = plan(finished)
    assert "nothing is to be bought, everything is made" in output
    one = finished.target("evaluation", finished.ids("evaluation")[0])
    output = plan(finished, one, "-f")
    assert to_buy(output) == 1
    assert "forced (1)" in output
    assert to_buy(plan(finished, "evaluation", "-R", "generate_draft")) == 12
    assert to_buy(plan(finished, "-F", "--config", "reuse=always")) == 0
    template = finished.raw("templates/evaluation/novelty.txt")
    finished.edit(template, "Judge again, end in SCORE: X\n{{ response }}")
    output = plan(finished)
    assert "prompt changed: data/1_raw/templates/evaluation/novelty.txt (6)" in output
    run = finished.run()
    assert to_buy(output) == to_buy(run.stderr) == server.received == 6

    # Drafts of another text were bought; the first one is back, and so are all answers to it.
    template = finished.raw("templates/draft/plain.txt")
    text = template.read_text()
    finished.edit(template, f"Anew. {text}")
    finished.run("generation_draft")
    finished.edit(template, text)
    output = plan(finished)
    assert "nothing is to be bought" in output and server.received == 9
    run = finished.run()
    assert to_buy(run.stderr) == 0 and server.received == 9
    assert "paid answers are used" in run.stderr


def test_a_plan_that_cannot_be_made_says_why_in_the_words_of_snakemake(work: Workspace) -> None:
    output = plan(work, "no_such_target", code=1)
    assert output.startswith("Error: ") and "no_such_target" in output


def test_an_edited_text_is_told_with_the_cohorts_that_it_replaces_and_how_to_keep_them(
    finished: Workspace, server: MockServer
) -> None:
    finished.run("evaluation", "--config", "cohort=july")
    finished.models({"writer": "both", "judge": "judges"})
    finished.run("evaluation", "--config", "cohort=august")
    assert server.paid == 6  # by the other judge; august has the others in common with both
    finished.models({"writer": "both"})
    template = finished.raw("templates/evaluation/novelty.txt")
    finished.edit(template, "Judge again, end in SCORE: X\n{{ response }}")
    lines = [
        "EDITED: data/1_raw/templates/evaluation/novelty.txt is not the text that these were made",
        "  cohort trial: 6 generation(s) that this run makes again",
        "  cohort august: 6 generation(s) that this run makes again, 6 that stay as they are, made",
        "  cohort july: 6 generation(s) that this run makes again",
        "daydream snapshot trial august july --directory",
    ]
    output = finished.run("-n", "evaluation").output
    assert all(line in output for line in lines)
    output = plan(finished, "evaluation")
    assert all(line in output for line in lines) and "evaluation: max_tokens 1024, temp" in output
    run = finished.run("evaluation")
    assert all(line in run.stderr for line in lines)
    assert server.paid == 12
    assert "EDITED" not in plan(finished, "evaluation")


def test_what_rests_on_a_text_that_cannot_be_used_is_neither_planned_nor_paid(
    finished: Workspace, server: MockServer
) -> None:
    changed, lost, sound = finished.ids("draft")
    finished.edit(finished.gen("draft", changed), "Other words.")
    finished.gen("draft", lost).unlink()
    finished.gen("draft", lost, "attempts.jsonl").write_text("")
    for draft in (lost, sound):
        (essay,) = (
            m["gen_id"]
            for m in finished.members("essay")
            if (m["parent_gen_id"], m["template_id"]) == (draft, "longer")
        )
        (judged,) = (m for m in finished.members("evaluation") if m["parent_gen_id"] == essay)
        shutil.rmtree(finished.gen("essay", essay).parent)
        shutil.rmtree(finished.gen("evaluation", judged["gen_id"]).parent)
    output = plan(finished)
    assert to_buy(output) == 2 and "7 cannot be made" in output
    assert f"{lost}/attempts.jsonl has no answer" in output and "daydream failures" in output
    run = finished.run(ok=False)
    assert to_buy(run.stderr) == server.received == 2
