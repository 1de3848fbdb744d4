"""System prompts and judges that see the lineage, in the real Snakemake."""

from __future__ import annotations

import os

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace
from tests.workflow.test_plan import plan, to_buy

NOVELTY = "data/1_raw/templates/evaluation/novelty.system.txt"

JUDGE = (
    "SCORE: X\n{{ response }}\nIt was asked: {{ prompt }}\nof {{ concepts | length }}: {{ draft }}"
)


def test_a_judge_has_a_system_prompt_and_sees_what_the_essay_was_made_of(
    work: Workspace, server: MockServer
) -> None:
    work.templates("evaluation", ["novelty"], text=JUDGE)
    system = work.write("templates/evaluation/novelty.system.txt", "You judge.")
    work.run("evaluation")
    assert server.paid == 12
    judged = [call.body["messages"] for call in server.calls if "[novelty]" in call.prompt]
    assert len(judged) == 6 and all(m[0]["content"] == "You judge." for m in judged)
    draft = work.members("draft")[0]["gen_id"]
    asked = work.gen("draft", draft, "prompt.txt").read_text()
    assert sum(f"It was asked: {asked}\nof 2: " in m[1]["content"] for m in judged) == 2
    prompt = work.gen("evaluation", work.ids("evaluation")[0], "prompt.txt").read_text()
    assert prompt.startswith("==== system ====\nYou judge.\n==== user ====\n[novelty] SCORE: X\n")

    # A touched system prompt makes its generations again, and what is asked anew is bought.
    work.edit(system, "You judge strictly.")
    run = work.run("evaluation")
    assert server.paid == 18
    assert f"prompt changed: {NOVELTY} (6)" in run.stderr
    work.edit(system, "You judge.")
    assert "6 paid answers are used" in work.run("evaluation").stderr
    assert server.paid == 18

    # One that is taken away counts as changed, and so does one that comes back with its old time.
    old = system.stat().st_mtime_ns
    system.unlink()
    foreseen = plan(work, "evaluation")
    assert f"REMOVED: {NOVELTY} is gone, and these were made with it:" in foreseen
    assert to_buy(foreseen) == 6 and f"prompt changed: {NOVELTY} (6)" in foreseen
    assert "6 generation(s) to buy" in work.run("evaluation", "--dry-run").output
    run = work.run("evaluation")
    assert f"prompt changed: {NOVELTY} (6)" in run.stderr and server.paid == 24
    assert "REMOVED" not in work.run("evaluation").output and server.paid == 24
    system.write_text("You judge.")
    os.utime(system, ns=(old, old))
    assert "6 paid answers are used" in work.run("evaluation").stderr
    assert server.paid == 24
