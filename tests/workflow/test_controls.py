"""Controls are judged beside the essays, cost their evaluations alone, and are ranked nowhere."""

from __future__ import annotations

import pytest

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

SPEC = "axes: {essay_template: [longer]}\ncontrols: [empty, concepts, other_combo]\n"


def test_controls_cost_their_evaluations_and_stand_in_a_table_of_their_own(
    work: Workspace, server: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = work.data / "cohorts" / "trial" / "spec" / "config.yaml"
    spec.parent.mkdir(parents=True)
    spec.write_text(SPEC)
    work.run("results_summary", "results_analysis")
    assert server.received == 3 + 3 + 3 + 7
    rows = {row["control"]: row for row in work.table("6_summary/trial/controls.csv")}
    assert rows["control-empty"]["n_expected"] == "1"
    assert rows["control-concepts"]["n_valid"] == "3"
    assert rows["control-other_combo"]["n_valid"] == "3"
    assert len(work.scores()) == 10
    levels = {row["level"] for row in work.table("6_summary/trial/ranking.csv")}
    assert "longer" in levels and not any(name.startswith("control") for name in levels)
    overall = work.table("6_summary/trial/final_results.csv")[-1]
    assert (overall["analysis"], overall["n_expected"]) == ("overall", "3")
    place = ("--directory", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main(["plan", *place]) == 0
    assert main(["methods", *place]) == 0
    assert main(["verify", *place]) == 0
    out = capsys.readouterr().out
    assert "BAD" not in out and "Of 3 evaluations asked for, 3 have a score" in out
    empty = next(m["gen_id"] for m in work.members("essay") if m["llm_model_id"] == "control-empty")
    other = next(m for m in work.members("essay") if m["second_gen_id"])
    text = work.gen("essay", other["second_gen_id"]).read_text()
    for gen_id in (empty, other["gen_id"]):
        work.gen("essay", gen_id).unlink()
    work.run("generation_essays")
    assert work.gen("essay", empty).read_text() == "" and server.received == 16
    assert work.gen("essay", other["gen_id"]).read_text() == text

    essays = [m["gen_id"] for m in work.members("essay") if m["template_id"] == "longer"]
    again = work.data / "cohorts" / "again" / "spec" / "config.yaml"
    again.parent.mkdir(parents=True)
    again.write_text(f"essays: {essays}\ncontrols: [empty, concepts, other_combo]\n")
    work.config["cohort"] = "again"
    for gen_id in (empty, other["gen_id"]):
        work.gen("essay", gen_id).unlink()
    work.run("generation_essays", "results_processing")
    assert server.received == 16  # the same controls, made again, and every score is known
    assert work.gen("essay", other["gen_id"]).read_text() == text
    assert len(work.table("5_parsing/again/parsed_scores.csv")) == 10
