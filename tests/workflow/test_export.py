"""What the real snakemake made is exported, verified, tampered with, unpacked and run again."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace
from tests.unit.archive.verify.test_verify import TAMPERED, one, replace, told

Damage = Callable[[Workspace], str]


def daydream(work: Workspace, *arguments: str, code: int = 0) -> None:
    work.command()  # writes the configuration
    place = ("-d", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main([*arguments, *place]) == code


def unpack(work: Workspace, place: Path) -> None:
    """Let the experiment be what its archive has, and nothing else."""
    daydream(work, "export", "--output", str(place / "trial.zip"))
    for folder in (work.data, work.root / ".snakemake"):
        shutil.rmtree(folder)
    with zipfile.ZipFile(place / "trial.zip") as file:
        file.extractall(work.root)
    (work.root / "trial").rename(work.data)


def pivot_cell(work: Workspace) -> str:
    path = work.data / "6_summary" / "trial" / "generation_scores_pivot.csv"
    header, first, *others = path.read_text().splitlines()
    cells = first.split(",")
    cells[header.split(",").index("writer_novelty")] = "8.75"
    path.write_text("\n".join([header, ",".join(cells), *others]) + "\n")
    return "generation_scores_pivot.csv, row 2 (combo_id="


def score(work: Workspace) -> str:
    path = work.data / "5_parsing" / "trial" / "parsed_scores.csv"
    row = path.read_text().splitlines()[1]
    number = row.split(",")[10]
    replace(path, row, row.replace(f",{number},,", ",8.75,,"))
    return "parsed_scores.csv, row 2 (gen_id="


def parsed(work: Workspace) -> str:
    work.gen("evaluation", one(work, "evaluation")).write_text("8.75\n")
    return f"gens/evaluation/{one(work, 'evaluation')}/parsed.txt | "


def raw(work: Workspace) -> str:
    work.gen("evaluation", one(work, "evaluation"), "raw.txt").write_text("SCORE: 1")
    return f"gens/evaluation/{one(work, 'evaluation')}/raw.txt | "


def ledger(work: Workspace) -> str:
    path = work.gen("draft", one(work, "draft"), "attempts.jsonl")
    line = json.loads(path.read_text())
    path.write_text(json.dumps({**line, "text": TAMPERED}) + "\n")
    return f"gens/draft/{one(work, 'draft')}/raw.txt | line 1: {TAMPERED!r}"


def prompt(work: Workspace) -> str:
    work.gen("draft", one(work, "draft"), "prompt.txt").write_text(TAMPERED)
    return f"gens/draft/{one(work, 'draft')}/prompt.txt | sha256 "


def essay(work: Workspace) -> str:
    work.gen("essay", one(work, "essay")).write_text(TAMPERED)
    return f"gens/essay/{one(work, 'essay')}/parsed.txt | line 1: "


def description(work: Workspace) -> str:
    work.describe("bees", TAMPERED)
    return "the description 1_raw/concepts/descriptions-paragraph/bees.txt"


def template(work: Workspace) -> str:
    replace(work.raw("templates/evaluation/novelty.txt"), "Judge", TAMPERED)
    return "template novelty"


def membership_row(work: Workspace) -> str:
    path = work.data / "cohorts" / "trial" / "membership.csv"
    gen_id = one(work, "evaluation")
    row = next(line for line in path.read_text().splitlines() if gen_id in line)
    replace(path, row, f"{row[:-1]}2")
    return f"cohorts/trial/membership.csv, row {gen_id} | the id v_"


def parquet(work: Workspace) -> str:
    path = work.data / "6_summary" / "trial" / "final_results.parquet"
    content = bytearray(path.read_bytes())
    content[-20] ^= 0xFF
    path.write_bytes(content)
    return "6_summary/trial/final_results.parquet | "


THINGS: tuple[Damage, ...] = (
    *(pivot_cell, score, parsed, raw, ledger, prompt),
    *(essay, membership_row, parquet),
)
TEXTS: tuple[Damage, ...] = (description, template)


@pytest.mark.parametrize("tamper", THINGS)
def test_whatever_was_tampered_with_is_named(
    finished: Workspace, tamper: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    daydream(finished, "verify", "--json")
    assert told(json.loads(capsys.readouterr().out)) == []
    words = tamper(finished)
    daydream(finished, "verify", "--json", code=1)
    lines = told(json.loads(capsys.readouterr().out))
    assert any(words in line for line in lines), lines


@pytest.mark.parametrize("tamper", TEXTS)
def test_an_edited_text_is_named_and_its_generations_are_of_the_earlier_one(
    finished: Workspace, tamper: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    words = tamper(finished)
    daydream(finished, "verify")
    assert f"made with an earlier text of {words}" in capsys.readouterr().out


@pytest.mark.parametrize("tamper", (*THINGS, *TEXTS))
def test_whatever_was_tampered_with_in_an_unpacked_archive_has_another_hash(
    finished: Workspace, tamper: Damage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").mkdir()
    unpack(finished, tmp_path / "x")
    tamper(finished)
    capsys.readouterr()
    assert main(["verify", "--json", str(finished.data)]) == 1
    files = json.loads(capsys.readouterr().out)["checks"][0]
    assert [m["expected"].startswith("sha256 ") for m in files["mismatches"]] == [True]


def test_an_unpacked_archive_runs_again_for_nothing(
    finished: Workspace, server: MockServer, tmp_path: Path
) -> None:
    (tmp_path / "x").mkdir()
    unpack(finished, tmp_path / "x")
    before = {n: (finished.root / n).read_bytes() for n in finished.files("data/6_summary")}
    # Times of files are those of unpacking, so it is tables and parsing that look out of date.
    finished.run()
    assert server.received == 0
    after = {n: (finished.root / n).read_bytes() for n in finished.files("data/6_summary")}
    assert before == after
    daydream(finished, "verify")


def test_with_its_own_times_nothing_looks_out_of_date(
    finished: Workspace, server: MockServer, tmp_path: Path
) -> None:
    (tmp_path / "x").mkdir()
    unpack(finished, tmp_path / "x")
    for path in finished.data.rglob("*"):
        os.utime(path, (315_532_800, 315_532_800))  # as unzip sets them: 1980, all the same
    # What stands for the parsers is in the archive: the same ones read the scores here.
    assert "Nothing to be done" in finished.run("results_summary", "results_analysis").output
    assert server.received == 0


def test_an_incomplete_cohort_is_exported_with_what_there_is(
    finished: Workspace, server: MockServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gen_id = one(finished, "evaluation")
    shutil.rmtree(finished.gen("evaluation", gen_id).parent)
    finished.config["allow_incomplete"] = True
    finished.run("results_summary", "results_analysis", "-R", "parsed_scores")
    capsys.readouterr()
    daydream(finished, "export", "--output", str(tmp_path / "trial.zip"))
    assert "INCOMPLETE: 0 failed, 1 missing" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "trial.zip")]) == 0
    out = capsys.readouterr().out
    assert "14 of 15 generations are made, 0 failed," in out and " 1 are missing" in out
    assert "BAD" not in out
