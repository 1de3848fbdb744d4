"""A spec by itself, and where a spec is looked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daydream.cli.design import cohort_of, spec_path
from daydream.cli.main import main
from daydream.errors import SpecError
from daydream.experiment.settings import Settings

SPEC = "axes: {colour: [red, blue], size: [1, 2]}\nrules: {exclude: [{colour: red, size: 2}]}\n"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data" / "cohorts" / "mine" / "spec" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SPEC)
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["design", "--no-catalog", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_rows_are_printed_in_each_form_without_catalogs(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(capsys, str(spec), "--count") == ["3"]
    table = [line.split() for line in printed(capsys, str(spec))]
    assert table == [["colour", "size"], ["red", "1"], ["blue", "1"], ["blue", "2"]]
    assert printed(capsys, str(spec), "--format", "csv", "--limit", "1") == ["colour,size", "red,1"]
    rows = [json.loads(line) for line in printed(capsys, str(spec), "--format", "jsonl")]
    assert [row["colour"] for row in rows] == ["red", "blue", "blue"]


def test_a_spec_is_a_file_a_folder_or_a_cohort(spec: Path) -> None:
    settings = Settings.from_config({"data_root": "data", "cohort": "other"})
    for name in (str(spec), str(spec.parent), str(spec.parent.parent)):
        assert Path(str(spec_path(name, settings))).samefile(spec)
    assert spec_path("mine", settings) == "data/cohorts/mine/spec/config.yaml"
    assert spec_path(None, settings) is None  # the product, as for every cohort without a spec
    with pytest.raises(SpecError, match="there is no spec yours"):
        spec_path("yours", settings)


def test_a_spec_knows_its_cohort_only_in_its_own_place(spec: Path, tmp_path: Path) -> None:
    settings = Settings.from_config({"data_root": "data"})
    assert cohort_of(str(spec), settings) == "mine"
    elsewhere = tmp_path / "mine" / "spec" / "config.yaml"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_text(SPEC)
    assert cohort_of(str(elsewhere), settings) is None


def test_without_catalogs_a_spec_must_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["design", "--no-catalog"]) == 1
    assert "Error: --no-catalog needs a spec" in capsys.readouterr().err
