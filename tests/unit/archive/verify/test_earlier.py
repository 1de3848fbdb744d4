"""Tables of answers that were replaced since are told from tables that were changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daydream.archive.verify.run import Subject, check_parameters, checks
from daydream.cli.main import main
from daydream.generation.metadata import earlier_answers
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.project import Project
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace
from tests.unit.archive.verify.test_verify import make_everything

pytestmark = pytest.mark.thorough
REASON = "made with an earlier text of template novelty"


def make_again(project: Project) -> None:
    """The evaluations with the texts as they are now, as another cohort's run makes them."""
    generator = GenerationJobs(project).generator
    for member in project.membership.stage("evaluation"):
        generator.make(member)


def outcome(project: Project) -> tuple[int, int, list[str]]:
    """How many things do not match, how many are of an earlier text, and where the former are."""
    done = list(checks(Subject("here", project)))
    findings = [finding for check in done for finding in check.findings]
    return len(findings), sum(c.skipped[REASON] for c in done), [f.where for f in findings]


def test_a_table_of_earlier_answers_is_told_from_one_that_was_changed(
    work: Workspace, server: MockServer
) -> None:
    server.answer(with_="It is good.\nSCORE: 3", containing="[novelty] Judge, end")
    server.answer(with_="It is better.\nSCORE: 8", containing="Judge strictly")
    project = make_everything(work)
    work.write("templates/evaluation/novelty.txt", "Judge strictly. SCORE: X\n{{ response }}")
    make_again(project)
    assert {row["score"] for row in work.scores()} == {"3.0"}
    bad, earlier, _ = outcome(project)
    assert (
        bad == 0 and earlier > 6 * 2
    )  # the score of each row, in two forms, and when it was given

    table = work.data / "5_parsing" / "trial" / "parsed_scores.csv"
    table.write_text(table.read_text().replace(",3.0,", ",4.0,", 1))
    bad, _, where = outcome(project)
    assert bad and all("parsed_scores.csv" in w or "6_summary" in w for w in where)


def test_essays_and_copies_of_drafts_that_were_made_again_are_of_an_earlier_text(
    work: Workspace, server: MockServer
) -> None:
    work.templates("evaluation", ["novelty"], text="SCORE: X {{ response }} after {{ draft }}")
    project = make_everything(work)
    template = work.raw("templates/draft/plain.txt")
    work.write("templates/draft/plain.txt", f"Be bold. {template.read_text()}")
    generator = GenerationJobs(project).generator
    for member in project.membership.stage("draft"):
        generator.make(member)
    done = list(checks(Subject("here", project)))
    assert [finding for check in done for finding in check.findings] == []
    earlier = {c.claim.split()[0]: c.skipped[f"{REASON[:-7]}plain"] for c in done}
    assert (earlier["parsed.txt"], earlier["prompts"]) == (3, 3 + 6)

    essay = next(m for m in project.membership.stage("essay") if m.template_id == "copy")
    work.gen("essay", essay.gen_id).write_text("Tampered with.")
    bad, _, where = outcome(project)
    assert bad and f"gens/essay/{essay.gen_id}/parsed.txt" in where


def test_temperatures_that_are_mixed_are_noted(work: Workspace, server: MockServer) -> None:
    project = make_everything(work)
    assert check_parameters(project).notes == []
    path = work.gen("evaluation", work.ids("evaluation")[0], "metadata.json")
    metadata = json.loads(path.read_text())
    metadata["parameters"]["temperature"] = 0.9
    path.write_text(json.dumps(metadata))
    (note,) = check_parameters(project).notes
    assert note.startswith("evaluations by writer mix temperature 0 and 0.9")


def test_metadata_keep_what_was_in_use_before_once_and_not_what_is_in_use() -> None:
    first = {"fingerprint": "a", "sources": {"t": "1"}, "usage": {}}
    second = {"fingerprint": "b", **earlier_answers(first, {"fingerprint": "b"})}
    assert second["earlier"] == [{"fingerprint": "a", "sources": {"t": "1"}}]
    failed = earlier_answers(second, {"status": "failed"})
    assert [record["fingerprint"] for record in failed["earlier"]] == ["a", "b"]
    assert earlier_answers(failed, {"fingerprint": "a"})["earlier"] == [{"fingerprint": "b"}]
    assert earlier_answers({}, {"fingerprint": "a"}) == {}
    assert earlier_answers({"earlier": "damaged"}, {"fingerprint": "a"}) == {}


def test_a_snapshot_keeps_a_cohort_and_is_whole(
    work: Workspace, server: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    make_everything(work)
    place = ("-d", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main(["snapshot", "tri", *place]) == 0
    (archive,) = (work.data / "snapshots").glob("trial-*Z.zip")
    assert Path(archive).name in capsys.readouterr().out
    assert main(["verify", str(archive)]) == 0
    assert main(["snapshot", "july", *place]) == 1
    assert "no cohort" in capsys.readouterr().err


def test_system_prompts_and_lineages_are_verified_and_go_with_an_archive(
    work: Workspace, server: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "SCORE: X\n{{ response }}\n{{ draft }}{{ prompt }}{{ concepts | length }}"
    work.templates("evaluation", ["novelty"], text=text)
    work.write("templates/evaluation/novelty.system.txt", "You judge.\n==== user ====\nNot yet.")
    project = make_everything(work)
    assert outcome(project)[0] == 0
    place = ("-d", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main(["export", "--output", str(work.root / "whole.zip"), *place]) == 0
    assert main(["verify", str(work.root / "whole.zip")]) == 0
    assert "12 prompts are what their templates" in capsys.readouterr().out
    assert main(["show", work.ids("evaluation")[0], *place]) == 0
    output = capsys.readouterr().out
    assert "---- system prompt\nYou judge.\n==== user ====\nNot yet.\n" in output

    prompt = work.gen("evaluation", work.ids("evaluation")[0], "prompt.txt")
    prompt.write_text(prompt.read_text().replace("You judge", "You praise"))
    _, _, where = outcome(project)
    assert len(where) == 3 and all("/evaluation/" in place for place in where)
