"""A new experiment directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.cli import init
from daydream.cli.main import main
from daydream.errors import CallError


def test_what_is_written_is_named_and_a_name_with_a_space_can_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my study"]) == 0
    output = capsys.readouterr().out
    for name in ("daydream.yaml", "data/1_raw", "Snakefile", "profiles"):
        assert name in output and (tmp_path / "my study" / name).exists()
    assert "  cd 'my study'\n" in output
    assert main(["init", "my study"]) == 1
    assert capsys.readouterr().err.startswith("Error: ")


def test_where_the_embedded_model_is_missing_the_way_to_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: object) -> Path:
        raise CallError("not installed")

    monkeypatch.setattr(init, "model_file", missing)
    assert main(["init", str(tmp_path / "study")]) == 0
    assert init.INSTALL in capsys.readouterr().out
