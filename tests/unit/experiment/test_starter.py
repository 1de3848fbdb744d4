"""What `daydream init` writes, and that it overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import ConfigError
from daydream.experiment.config_file import load_config, read_file
from daydream.experiment.settings import Settings
from daydream.experiment.starter import ENTRIES, write_experiment
from tests.support.workspace import ROOT


def test_it_writes_catalogs_a_profile_and_a_configuration_that_can_be_used(tmp_path: Path):
    folder = tmp_path / "new" / "study"
    write_experiment(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(ENTRIES)
    shipped = ROOT / "data" / "1_raw"
    for path in shipped.rglob("*"):
        if path.is_file():
            copy = folder / "data" / "1_raw" / path.relative_to(shipped)
            assert copy.read_bytes() == path.read_bytes()
    assert read_file(folder / "profiles" / "default" / "config.yaml")["cores"] == 64
    settings = Settings.from_config(load_config([folder / "daydream.yaml"]))
    assert settings == Settings.from_config(load_config())


@pytest.mark.parametrize("name", ENTRIES)
def test_it_overwrites_nothing_and_leaves_nothing_behind(tmp_path: Path, name: str):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ConfigError, match=f"has {name} already, and nothing is overwritten"):
        write_experiment(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_other_files_of_a_folder_stay(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    write_experiment(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*ENTRIES, "notes.txt"])


def test_a_place_that_cannot_be_written_is_an_error_with_its_name(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"file/study cannot be written: Not a directory"):
        write_experiment(tmp_path / "file" / "study")
