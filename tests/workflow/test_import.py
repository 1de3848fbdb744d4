"""Essays from elsewhere are evaluated, reported and verified like all others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


@pytest.fixture
def work(tmp_path, server: MockServer) -> Workspace:
    work = Workspace(tmp_path / "work", server.base_url)
    work.config["cohort"] = "people"
    work.command()
    return work


def daydream(work: Workspace, capsys, *arguments: str, code: int = 0) -> str:
    place = ("--directory", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main([arguments[0], *map(str, arguments[1:]), *place]) == code
    return capsys.readouterr().out


def test_three_hundred_files_are_evaluated_with_three_commands(
    work: Workspace, server: MockServer, tmp_path: Path, capsys
) -> None:
    folder = tmp_path / "essays"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number:03}.txt").write_text(f"Essay number {number} of somebody.\n")
    (folder / "empty.txt").write_text("\n")
    (folder / "notes.docx").write_bytes(b"\xff")
    output = daydream(work, capsys, "import", folder, "--source", "people")
    assert output.startswith("300 essay(s) imported, 0 already there, 2 not placed.")
    assert "empty.txt: is empty" in output and "notes.docx: is neither" in output
    files = {path: path.read_bytes() for path in work.data.rglob("*") if path.is_file()}
    again = daydream(work, capsys, "import", folder, "--source", "people")
    assert again.startswith("0 essay(s) imported, 300 already there")
    assert files == {path: path.read_bytes() for path in work.data.rglob("*") if path.is_file()}
    output = daydream(work, capsys, "design", "people", "--count")
    assert output.startswith("300 row(s): 0 draft(s), 300 essay(s), 300 evaluation(s)")
    assert server.received == 0
    work.run()
    assert server.received == 300
    scores = work.table("5_parsing/people/parsed_scores.csv")
    assert len(scores) == 300 and not any(row["error"] for row in scores)
    assert {row["generation_model"] for row in scores} == {"people"}
    assert (work.data / "8_report/people/index.html").exists()
    output = daydream(work, capsys, "verify")
    assert "BAD" not in output
    work.run()
    assert server.received == 300
    essay = scores[0]["parent_gen_id"]
    work.gen("essay", essay).write_text("Another text.")
    assert "BAD" in daydream(work, capsys, "verify", code=1)


def test_a_store_of_the_earlier_system_keeps_its_ids(
    work: Workspace, server: MockServer, tmp_path: Path, capsys
) -> None:
    def old(stage: str, name: str, split: bool = False, **metadata: str) -> None:
        folder = tmp_path / "old" / "gens" / stage / name
        folder.mkdir(parents=True)
        (folder / "parsed.txt").write_text(f"The {stage} {name}.")
        (folder / "raw.txt").write_text("raw")
        file = "raw_metadata.json" if split else "metadata.json"
        (folder / file).write_text(json.dumps(metadata))

    old("draft", "abc123", combo_id="combo_x", template_id="t", model_id="sonnet")
    old("essay", "def456", True, parent_gen_id="abc123", template_id="u", llm_model_id="opus")
    old("essay", "lost00", parent_gen_id="gone", template_id="u", llm_model_id="opus")
    output = daydream(work, capsys, "import", tmp_path / "old", "--source", "people")
    assert "1 essay(s) imported" in output
    assert "essay/lost00: its draft gone is not in the store" in output
    work.run("results_processing")
    assert server.received == 1
    (row,) = work.table("5_parsing/people/parsed_scores.csv")
    assert (row["parent_gen_id"], row["generation_model"], row["combo_id"]) == (
        "def456",
        "opus",
        "combo_x",
    )
    assert "BAD" not in daydream(work, capsys, "verify")
