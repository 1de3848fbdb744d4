"""Other people's data, from anywhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.mock_server import MockServer
from tests.support.workspace import ROOT, SNAKEMAKE, Run, Workspace

CATALOG = {
    "concepts_metadata.csv": "\ufeffconcept_id,name,active,colour\n"
    "ant-hill,Ant hill,True,red\nopen_source,Open source,TRUE,blue\n"
    "zettel.kasten,Zettelkasten,1,\nold,Old one,False,\n",
    "draft_templates.csv": "\ufefftemplate_id,template_name,description,parser,generator,notes\n"
    "gwern-v7,Gwern,Says little,,,not for active\n",
    "essay_templates.csv": "template_id,template_name,description,parser,generator,active\n"
    "verbatim,Verbatim,,,copy,TRUE\nretired,Retired,,gone_parser,llm,False\n",
    "evaluation_templates.csv": "template_id,template_name,description,parser,generator,active\n"
    'daring,Daring,"How daring, on 0 to 10",in_last_line,llm,1\n'
    "ancient,Ancient,,unheard_of,llm,0\n",
    "llm_models.csv": "id,model,provider,display_name,specialization,context\n"
    "one-free,lab/one:free,lab,One,,8000\n",
    "templates/draft/gwern-v7.txt": "\ufeff{% for c in concepts %}{{ c.concept_id }}{% endfor %}",
    "templates/draft/never-listed.txt": "{{ broken",
    "templates/evaluation/daring.txt": "End in SCORE: X\n{{ response }}",
    "concepts/descriptions-paragraph/ant-hill.txt": "Ants carry.",
    "concepts/README.md": "Notes.",
    "notes/old.csv": "a,b\n1\n",
}
CALLS = 3 + 3


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data directory as another laboratory keeps it, with a generation of its own making."""
    data = tmp_path / "old data"
    for name, text in CATALOG.items():
        path = data / "1_raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    evaluations = "gens/evaluation"
    for name in (f"{evaluations}/abc123/parsed.txt", f"{evaluations}/.DS_Store", "gens/a.txt"):
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("7.5\n")
    (data / "combo_mappings.csv").write_text(
        "note,combo_id,version,concept_id,description_level,k_max,created_at\n"
        "mine,combo_v1_000000000000,v1,old,paragraph,1,2024-01-01T00:00:00\n"
    )
    return data


def snakemake(cwd: Path, *arguments: object) -> Run:
    cwd.mkdir(exist_ok=True)
    command = [*SNAKEMAKE, "--snakefile", str(ROOT / "Snakefile"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=cwd)
    return Run(done.returncode, done.stdout, done.stderr, 0.0)


def endpoint(server: MockServer, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    mock = {"base_url": server.base_url}
    path.write_text(yaml.safe_dump({"default_endpoint": "mock", "endpoints": {"mock": mock}}))
    return path


def test_a_directory_of_another_laboratory_runs_unmodified_from_anywhere(
    old: Path, tmp_path: Path, server: MockServer
) -> None:
    config = endpoint(server, tmp_path / "settings" / "mine.yaml")
    given = {path: path.read_bytes() for path in (old / "1_raw").rglob("*") if path.is_file()}
    options = ("--configfile", config, "--config", f"data_root={old}", "cohort=trial")
    here = snakemake(tmp_path / "here", *options)
    assert here.code == 0, here.output[-4000:]
    assert server.paid == server.received == CALLS
    now = {path: path.read_bytes() for path in (old / "1_raw").rglob("*") if path.is_file()}
    assert now == given
    scores = (old / "5_parsing" / "trial" / "parsed_scores.csv").read_text().splitlines()
    assert len(scores) == 1 + 3
    assert str(tmp_path) not in "".join(scores)

    # Elsewhere there is no .snakemake: times alone say that all is there.
    elsewhere = tmp_path / "elsewhere"
    again = snakemake(tmp_path / "here", "--directory", elsewhere, *options)
    assert again.code == 0 and "Nothing to be done" in again.output
    assert server.received == CALLS


def test_files_and_columns_that_nobody_asked_for_are_passed_over(
    old: Path, tmp_path: Path, server: MockServer
) -> None:
    config = endpoint(server, tmp_path / "mine.yaml")
    options = ("--configfile", config, "--config", f"data_root={old}", "cohort=trial")
    first = snakemake(tmp_path / "here", "cross_experiment", *options)
    assert first.code == 0, first.output[-4000:]
    store = (old / "7_cross_experiment" / "parsed_scores.csv").read_text()
    assert "abc123" in store
    assert "DS_Store" not in store


def test_new_rows_of_the_mappings_stand_in_the_columns_that_the_old_file_has(
    old: Path, tmp_path: Path, server: MockServer
) -> None:
    config = endpoint(server, tmp_path / "mine.yaml")
    options = ("--configfile", config, "--config", f"data_root={old}", "cohort=trial")
    first = snakemake(tmp_path / "here", "cohort", *options)
    assert first.code == 0, first.output[-4000:]
    # The columns of an old mapping decide where new values go.
    mappings = (old / "combo_mappings.csv").read_text().splitlines()
    assert len(mappings) == 2 + 3 * 2
    assert all(line.split(",")[1].startswith("combo_v1_") for line in mappings[1:])
    assert snakemake(tmp_path / "here", "cohort", "-F", *options).code == 0


def test_a_relative_data_root_is_taken_from_the_directory_that_was_named(
    work: Workspace, server: MockServer, tmp_path: Path
) -> None:
    done = snakemake(tmp_path.parent, *work.command("generation_draft")[5:])
    assert done.code == 0, done.output[-4000:]
    assert len(work.ids("draft")) == server.paid == 3


def test_a_directory_without_a_catalog_says_so_and_what_to_do(tmp_path: Path) -> None:
    refused = snakemake(tmp_path / "empty")
    assert refused.code == 1
    assert "1_raw" in refused.output and "data_root" in refused.output
    assert "Traceback" not in refused.output
