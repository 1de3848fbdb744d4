"""The configuration files of a command line, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.workflow.misread_config import misread_config
from daydream.workflow.snakemake_compat.asked import config_files


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("-n", []),
        ("--configfile a.yaml b.yaml --cores 4", ["a.yaml", "b.yaml"]),
        ("all --configfiles a.yaml -c 4", ["a.yaml"]),
        ("--configfile=a.yaml all", ["a.yaml"]),
        ("--config configfile=a.yaml", []),
        ("--profile named -n", ["of_profile.yaml"]),
        ("--workflow-profile named -n", ["of_profile.yaml"]),
    ],
)
def test_the_files_that_snakemake_reads_are_found(
    line: str,
    files: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Snakefile").touch()
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "config.yaml").write_text("configfile: of_profile.yaml\n")
    assert [path.name for path in config_files(line.split())] == files
    assert capfd.readouterr().err == ""


def test_the_first_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    good, deep = tmp_path / "good.yaml", tmp_path / "deep.yaml"
    good.write_text("k_max: 2")
    deep.write_text("a: " + "[" * 5000)
    assert "deep.yaml, line 1" in misread_config(["--configfile", str(good), str(deep)])
    assert misread_config(["--configfile", str(good)]) == ""
