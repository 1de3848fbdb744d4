"""A data root of an earlier version runs as it is: no call, no other id, no other text or score."""

from __future__ import annotations

import csv
import shutil
import zipfile
from pathlib import Path

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import ROOT, Workspace

# Made by version 0.1.0 (commit c04288f) and the mock server of its tests: a draft, an essay and a
# copy, two evaluations, both orders of a comparison, and their tables as CSV.
OF_0_1_0 = ROOT / "tests" / "data" / "data_root_of_0.1.0.zip"
KEPT = ("1_raw", "cohorts", "gens", "combo_mappings.csv")
AS_THEY_WERE = "6_summary/trial/evaluation_model_template_pivot.csv"  # nothing was added to it
GROWN = (
    *("5_parsing/trial/parsed_scores.csv", "5_parsing/trial/parsed_comparisons.csv"),
    *("6_summary/trial/generation_scores_pivot.csv", "6_summary/trial/perfect_score_paths.csv"),
    *(
        "6_summary/trial/comprehensive_variance_analysis.csv",
        "7_cross_experiment/parsed_scores.csv",
    ),
    "7_cross_experiment/template_version_comparison_pivot.csv",
)


def contents(data: Path, *names: str) -> dict[str, bytes]:
    """The files of some folders, or some files, with what they hold."""
    paths = [path for name in names for path in (data / name, *(data / name).rglob("*"))]
    return {p.relative_to(data).as_posix(): p.read_bytes() for p in paths if p.is_file()}


def table(content: bytes) -> list[list[str]]:
    """The rows of a table, header first, without the column that repeated ``n_valid``."""
    header, *rows = csv.reader(content.decode().splitlines())
    kept = [index for index, name in enumerate(header) if name != "count"]
    return [[row[index] for index in kept] for row in (header, *rows)]


def test_a_data_root_of_0_1_0_runs_without_a_call(work: Workspace, server: MockServer) -> None:
    shutil.rmtree(work.data)
    with zipfile.ZipFile(OF_0_1_0) as file:
        file.extractall(work.data)  # files are dated in the order of their names: all are remade
    kept, tables = contents(work.data, *KEPT), contents(work.data, AS_THEY_WERE, *GROWN)
    work.run()
    assert server.received == 0
    now = contents(work.data, *KEPT)
    texts = [name for name in kept if not name.endswith("metadata.json")]
    assert len(texts) > 40 and {name: now[name] for name in texts} == {n: kept[n] for n in texts}
    assert set(now) - set(kept) <= {"cohorts/trial/definition.json"}

    found = contents(work.data, *tables)
    assert found[AS_THEY_WERE] == tables[AS_THEY_WERE]
    for name in GROWN:  # columns that are new stand behind the others
        before, after = table(tables[name]), table(found[name])
        assert [row[: len(before[0])] for row in after] == before, name
    config = str(work.root / "config.yaml")
    assert main(["verify", "--configfile", config, "--directory", str(work.root)]) == 0
