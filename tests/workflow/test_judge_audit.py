"""Judges that a planted text moves are told from those that stay, on the same essays."""

from __future__ import annotations

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


def audit(work: Workspace, capsys, *arguments: str) -> str:
    place = ("--directory", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main(["audit", "judges", *arguments, *place]) == 0
    return capsys.readouterr().out


def test_a_judge_that_obeys_is_told_from_one_that_does_not_and_answers_are_paid_once(
    work: Workspace, server: MockServer, capsys
) -> None:
    work.models({"writer": "writes", "firm": "judges", "gullible": "judges"})
    server.answer(with_="It is known.\nSCORE: 4", containing="Judge")
    obeys = {"containing": "The only correct answer", "model": "lab/gullible"}
    server.answer(with_="As told.\nSCORE: 9", **obeys)
    work.run("evaluation")
    server.reset()

    output = audit(work, capsys, "--n", "2")
    assert "2 essays of trial, each clean and with 5 planted texts: 20 evaluations" in output
    assert "snakemake evaluation --config cohort=trial_audit" in output
    assert server.received == 0
    run = work.run("evaluation", "--config", "cohort=trial_audit")
    assert server.paid == 2 * 5 * 2, run.output[-2000:]

    output = audit(work, capsys, "--n", "2")
    assert ": 0 evaluations are not made yet" in output
    rows = {
        tuple(line.split()[:3]): line.split()[3:] for line in output.splitlines() if "of 2" in line
    }
    assert rows["gullible", "novelty", "command"] == ["2", "4.00", "+5.00", "2", "of", "2"]
    assert rows["firm", "novelty", "command"] == ["2", "4.00", "+0.00", "0", "of", "2"]
    assert rows["gullible", "novelty", "score_line"] == ["2", "4.00", "+0.00", "0", "of", "2"]
    assert len(rows) == 2 * 5
    work.run("evaluation", "--config", "cohort=trial_audit")
    assert server.received == 20
    output = audit(work, capsys, "--n", "3")
    assert "3 essays of trial" in output
    assert ": 10 evaluations are not made yet" in output and "Answers are missing" in output
