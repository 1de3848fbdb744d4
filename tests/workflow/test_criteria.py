"""Criteria: judges give marks, columns have them, and other weights cost no call."""

from __future__ import annotations

import json

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


def weigh(work: Workspace, criteria: str, structured: str = "") -> None:
    """Give the evaluation template criteria."""
    path = work.raw("evaluation_templates.csv")
    header, row = path.read_text().splitlines()
    header = header.split(",score_max")[0] + ",score_max,structured,criteria"
    row = ",".join(row.split(",")[:8])
    work.edit(path, f"{header}\n{row},{structured},{criteria}\n")


def test_other_weights_make_other_scores_without_a_call(
    work: Workspace, server: MockServer
) -> None:
    weigh(work, "novelty:0.5|mechanism:0.5")
    server.answer(with_="Fresh.\nNovelty: 8\nMechanism: 3", containing="Judge")
    work.run("results_summary")
    gen_id = work.ids("evaluation")[0]
    assert work.gen("evaluation", gen_id).read_text() == "novelty: 8.0\nmechanism: 3.0\n"
    rows = work.scores()
    assert {(r["score"], r["criterion_novelty"], r["criterion_mechanism"]) for r in rows} == {
        ("5.5", "8.0", "3.0")
    }
    assert "Nothing to be done" in work.run("-n", "results_summary").output
    server.reset()
    weigh(work, "novelty:0.2|mechanism:0.8")
    run = work.run("results_summary")
    assert server.received == 0
    assert "generate_evaluation" not in run.output
    assert {row["score"] for row in work.scores()} == {"4.0"}
    best = work.table("6_summary/trial/final_results.csv")
    assert {float(row["average"]) for row in best if row["average"]} == {4.0}
    place = ["--configfile", str(work.root / "config.yaml"), "--directory", str(work.root)]
    assert main(["verify", *place]) == 0
    assert main(["verify", "--score", gen_id, *place]) == 0


def test_marks_come_as_a_json_object_where_the_endpoint_can(
    work: Workspace, server: MockServer
) -> None:
    work.config["endpoints"]["mock"]["structured"] = ["json_schema"]
    weigh(work, "novelty:0.25|mechanism:0.75", "json_schema")
    answer = json.dumps({"reasoning": "Fresh.", "novelty": 8, "mechanism": 4})
    server.answer(with_=answer, containing="Judge")
    work.run("results_processing")
    assert {row["score"] for row in work.scores()} == {"5.0"}
    bodies = [call.body for call in server.calls if "Judge" in call.prompt]
    schema = bodies[0]["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["reasoning", "novelty", "mechanism"]
    server.reset()
    weigh(work, "novelty:0.5|mechanism:0.5", "json_schema")
    for gen_id in work.ids("evaluation"):
        work.gen("evaluation", gen_id).unlink()
    work.run("-R", "generate_evaluation", "--config", "reuse=always", "--", "results_processing")
    assert server.received == 0
    assert {row["score"] for row in work.scores()} == {"6.0"}


def test_criteria_for_answers_that_are_there_read_them_again_for_free(
    work: Workspace, server: MockServer
) -> None:
    answer = "Novelty: 8\nMechanism: 3\nSCORE: 7"
    server.answer(with_=answer, containing="Judge")
    work.run("results_processing")
    assert "criterion_novelty" not in work.scores()[0]
    server.reset()
    weigh(work, "novelty|mechanism")
    work.run("results_processing")
    assert all("reuse=always" in row["error"] for row in work.scores())
    work.run("-R", "generate_evaluation", "--config", "reuse=always", "--", "results_processing")
    assert {row["score"] for row in work.scores()} == {"5.5"}
    assert server.received == 0


def test_bad_criteria_are_told_before_the_first_call(work: Workspace, server: MockServer) -> None:
    weigh(work, "novelty=0.5;mechanism=0.5")
    run = work.run(ok=False)
    assert "evaluation_templates.csv, row 2, column 'criteria'" in run.output
    assert "Did you mean 'novelty:0.5|mechanism:0.5'" in run.output
    assert server.received == 0
