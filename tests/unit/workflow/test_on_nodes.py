"""Snakemake on the nodes of a cluster: it makes way for a slice, which looks for no executor."""

from __future__ import annotations

import os
import pkgutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from daydream.workflow import snakemake_compat as compat


class Executed(BaseException):
    """What takes the place of this process in a test."""


def workflow(folder: Path, rule: str = "generate_slice", **more: object) -> SimpleNamespace:
    """A workflow of one job, as Snakemake has it on a node."""
    job = SimpleNamespace(
        rule=SimpleNamespace(name=rule),
        output=[str(folder / "made" / "1-of-2.made")],
        log=[str(folder / "logs" / "1-of-2.log")],
        shellcmd="echo made",
    )
    dag = SimpleNamespace(needrun_jobs=lambda exclude_finished: [job])
    deployment = SimpleNamespace(deployment_method=set())
    fields = {"remote_exec": True, "dag": dag, "deployment_settings": deployment}
    return SimpleNamespace(**(fields | more))


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that this process would have become."""
    commands: list[list[str]] = []

    def execvp(program: str, arguments: list[str]) -> None:
        commands.append(arguments)
        raise Executed

    monkeypatch.setattr(os, "execvp", execvp)
    return commands


def test_a_snakemake_that_was_started_for_a_slice_becomes_it(
    tmp_path: Path, commands: list[list[str]]
) -> None:
    old = tmp_path / "made" / "1-of-2.made"
    old.parent.mkdir()
    old.touch()
    with pytest.raises(Executed):
        compat.become_job(workflow(tmp_path), "generate_slice")
    assert commands == [["bash", "-c", "echo made"]]
    assert not old.exists()
    assert (tmp_path / "logs").is_dir()


@pytest.mark.parametrize(
    "more",
    [
        {"rule": "generate_draft"},
        {"remote_exec": False},  # the submitting run, or one without a cluster
        {"deployment_settings": SimpleNamespace(deployment_method={"conda"})},
        {"dag": SimpleNamespace(needrun_jobs=lambda exclude_finished: [])},
    ],
)
def test_any_other_snakemake_stays(
    tmp_path: Path, commands: list[list[str]], more: dict[str, object]
) -> None:
    compat.become_job(workflow(tmp_path, **more), "generate_slice")
    assert commands == []
    assert list(tmp_path.iterdir()) == []


def test_a_slice_imports_no_executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("snakemake_executor_plugin_slow", "snakemake_logger_plugin_of_test"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pkgutil, "iter_modules", pkgutil.iter_modules)  # restored afterwards
    compat.ignore_executors()
    names = {module.name for module in pkgutil.iter_modules()}
    assert "snakemake_logger_plugin_of_test" in names
    assert not [name for name in names if name.startswith("snakemake_executor_plugin_")]


@pytest.mark.parametrize(("end", "code"), [(0, 0), (None, 0), (130, 130), ("Error: no key", 1)])
def test_a_run_in_this_process_ends_with_the_code_of_its_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    end: int | str | None,
    code: int,
) -> None:
    from snakemake import cli

    def main(arguments: list[str]) -> None:
        assert sys.argv == ["snakemake", *arguments] == ["snakemake", "evaluation"]
        raise SystemExit(end)

    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(cli, "main", main)
    assert compat.run(["evaluation"]) == code
    assert ("Error: no key" in capsys.readouterr().err) == (code == 1)
