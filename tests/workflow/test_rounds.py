"""A next round asks only for what is new of the essays that go on."""

from __future__ import annotations

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


def daydream(work: Workspace, capsys, *arguments: str, code: int = 0) -> str:
    place = ("--directory", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main([*arguments, *place]) == code
    shown = capsys.readouterr()
    return shown.out + shown.err


def test_the_best_go_on_with_more_replicates_and_judges(
    finished: Workspace, server: MockServer, capsys
) -> None:
    work = finished
    work.models({"writer": "both", "second": "judges"})
    told = daydream(work, capsys, "next", "trial", "--n", "2")
    assert "2 of 6 essays of trial go on, with 2 replicates by each of writer, second" in told
    assert daydream(work, capsys, "next", "trial", "--n", "2") == told
    assert "asks for something else" in daydream(work, capsys, "next", "trial", "--n", "3", code=1)
    scores = {row["parent_gen_id"]: float(row["score"]) for row in work.scores()}
    best = sorted(scores, key=lambda essay: (-scores[essay], essay))[:2]
    before = server.received
    work.config["cohort"] = "trial_2"
    work.run()
    assert server.received - before == 2 * (2 + 1)  # replicate 1 by writer is paid already
    rows = work.members("evaluation", "trial_2")
    assert {row["parent_gen_id"] for row in rows} == set(best)
    manifest = (work.data / "cohorts/trial_2/manifest.json").read_text()
    assert '"kept": 2' in manifest and '"of": 6' in manifest
    page = (work.data / "8_report/trial_2/index.html").read_text()
    assert "the 2 best of 6 essays of trial" in page
    for table in ("ranking", "contrasts"):
        warnings = [row["warning"] for row in work.table(f"6_summary/trial_2/{table}.csv")]
        assert warnings and all("(the 2 best of 6 essays of trial)" in one for one in warnings)
    assert "BAD" not in daydream(work, capsys, "verify")
    told = daydream(work, capsys, "next", "trial_2", "--n", "1")
    assert "trial_3" in told and "4 replicates" in told
    spec = (work.data / "cohorts/trial_3/spec/config.yaml").read_text()
    assert spec.index("cohort: trial\n") < spec.index("cohort: trial_2\n")


def test_a_promoted_essay_is_a_concept_that_a_draft_is_shown(
    finished: Workspace, server: MockServer, capsys
) -> None:
    work = finished
    essay = work.ids("essay")[0]
    told = daydream(work, capsys, "promote", essay)
    assert told.startswith(f"{essay}: ") and "New concepts are active" in told
    assert "(was one before)" in daydream(work, capsys, "promote", essay)
    assert essay in work.raw("concepts/provenance.csv").read_text()
    assert "Nothing was promoted" in daydream(work, capsys, "promote", "e_none", code=1)
    work.config["cohort"] = "later"
    work.run("generation_draft")
    prompts = [
        work.gen("draft", row["gen_id"], "prompt.txt").read_text()
        for row in work.members("draft", "later")
    ]
    text = work.gen("essay", essay).read_text().strip().split("\n\n")[0]
    assert sum(text in prompt for prompt in prompts) == 3
