"""The report through the real snakemake command."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

INDEX = "8_report/trial/index.html"


def page(work: Workspace) -> Path:
    return work.data / INDEX


def essay_page(work: Workspace, gen_id: str) -> str:
    path = page(work).parent / "essays" / f"{gen_id}.html"
    return path.read_text(encoding="utf-8")


@pytest.fixture
def bare(finished: Workspace) -> Workspace:
    """A finished experiment whose report is to be made again."""
    page(finished).unlink(missing_ok=True)
    return finished


def test_the_report_is_made_without_a_call_and_then_there_is_nothing_to_do(
    bare: Workspace, server: MockServer
) -> None:
    run = bare.run("report")
    assert "making the report" in run.stderr
    assert run.stderr.splitlines()[-3:] == [
        "Cohort: trial",
        "Tables: data/6_summary/trial",
        f"Report: data/{INDEX}",
    ]
    assert "Report on cohort" in page(bare).read_text(encoding="utf-8")
    made = {path.stem for path in (page(bare).parent / "essays").glob("*.html")}
    assert made == set(bare.ids("essay"))
    assert server.received == 0

    before = page(bare).stat().st_mtime_ns
    assert "Nothing to be done" in bare.run("report").output
    assert page(bare).stat().st_mtime_ns == before


def test_an_edited_template_reaches_the_report(finished: Workspace, server: MockServer) -> None:
    finished.edit(finished.raw("templates/draft/plain.txt"), "Say it anew: {{ concepts[0].name }}")
    before = page(finished).stat().st_mtime_ns if page(finished).exists() else 0
    time.sleep(0.01)
    finished.run("report")
    assert page(finished).stat().st_mtime_ns > before
    assert server.paid > 0
    assert "Say it anew: The bees" in essay_page(finished, finished.ids("essay")[0])


def test_a_report_of_what_is_there_tells_what_is_not(work: Workspace, server: MockServer) -> None:
    work.models({"writer": "writes", "judge": "judges", "critic": "judges"})
    server.answer(with_="I would rather not say.", model="lab/critic")
    work.run("report", ok=False)
    assert not page(work).exists()

    work.run("report", "--config", "allow_incomplete=true")
    told = page(work).read_text(encoding="utf-8")
    assert "6 of 12" in told
    assert "low coverage" in told
    assert "ParseError" in told
    assert "What to type next" in told
    critic = next(row for row in work.members("evaluation") if row["llm_model_id"] == "critic")
    essay = essay_page(work, critic["parent_gen_id"])
    assert f'id="{critic["gen_id"]}"' in essay
    assert "I would rather not say." in essay


def test_the_page_of_an_essay_that_left_the_cohort_goes_and_other_files_stay(
    bare: Workspace, server: MockServer
) -> None:
    bare.run("report")
    notes = page(bare).parent / "essays" / "notes.html"
    notes.write_text("<p>Mine.</p>")
    gone = {row["gen_id"] for row in bare.members("essay") if row["template_id"] == "copy"}
    assert gone
    bare.templates("essay", ["longer"], text="Write an essay.\n{{ draft_block }}")
    bare.edit(bare.raw("essay_templates.csv"), bare.raw("essay_templates.csv").read_text())
    bare.run("report")
    left = {path.stem for path in notes.parent.glob("*.html")}
    assert left == set(bare.ids("essay")) | {"notes"}
    assert not left & gone
    assert server.received == 0
