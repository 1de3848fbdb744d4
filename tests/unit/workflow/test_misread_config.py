"""The configuration files of a command line, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.workflow.misread_config import config_files, misread_config


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("-n", []),
        ("--configfile a.yaml b.yaml --cores 4", ["a.yaml", "b.yaml"]),
        ("all --configfiles a.yaml -c 4 b.yaml", ["a.yaml"]),
        ("--configfile=a.yaml all", ["a.yaml"]),
        ("--config configfile=a.yaml", []),
    ],
)
def test_the_files_behind_the_option_are_found(line: str, files: list[str]) -> None:
    assert [str(path) for path in config_files(line.split())] == files


def test_the_first_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    good, deep = tmp_path / "good.yaml", tmp_path / "deep.yaml"
    good.write_text("k_max: 2")
    deep.write_text("a: " + "[" * 5000)
    assert "deep.yaml, line 1" in misread_config(["--configfile", str(good), str(deep)])
    assert misread_config(["--configfile", str(good)]) == ""
