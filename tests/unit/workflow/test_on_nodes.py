"""Snakemake on the nodes of a cluster: it makes a slice itself, which looks for no executor."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from daydream.store.files import write_text
from daydream.workflow import node, slice_job
from daydream.workflow import snakemake_compat as compat
from tests.unit.workflow.conftest import Open

ARGUMENTS = ["/bin/snakemake", "--snakefile", "Snakefile", "--target-jobs"]
SLICE = "generate_slice:target=evaluation,scatteritem=1-of-2"


def workflow(*methods: str, remote: bool = True) -> SimpleNamespace:
    """What an executor's Snakemake has while it reads the Snakefile."""
    deployment = SimpleNamespace(deployment_method=set(methods))
    modifier = SimpleNamespace(avail_rulename=lambda rule: rule)
    return SimpleNamespace(remote_exec=remote, deployment_settings=deployment, modifier=modifier)


def started_for(monkeypatch: pytest.MonkeyPatch, *jobs: str) -> None:
    monkeypatch.setattr(sys, "argv", [*ARGUMENTS, *jobs, "--allowed-rules", "generate_slice"])


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The order and the mark of each slice that was made."""
    ran: list[tuple[str, str]] = []
    monkeypatch.setattr(node, "_redirect", lambda log: None)
    monkeypatch.setattr(slice_job, "main", lambda *files: ran.append(files) or 3)
    return ran


def test_a_snakemake_that_was_started_for_a_slice_makes_it(
    open_project: Open, monkeypatch: pytest.MonkeyPatch, ran: list[tuple[str, str]]
) -> None:
    project = open_project()
    started_for(monkeypatch, SLICE)
    order = project.layout.slice_order("trial", "evaluation", "1-of-2")
    mark = project.layout.slice_mark("trial", "evaluation", "1-of-2")
    for path in (order, mark):
        write_text(path, "of an earlier job")
    with pytest.raises(SystemExit) as end:
        node.make_slice_here(workflow(), project, "logs/{target}.{scatteritem}.log")
    assert end.value.code == 3
    assert ran == [(order, mark)]
    assert not Path(mark).exists()


def test_an_order_that_does_not_show_itself_ends_the_job_with_one_message(
    open_project: Open, monkeypatch: pytest.MonkeyPatch, ran: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr(node, "LATENCY_S", 0.0)
    started_for(monkeypatch, SLICE)
    with pytest.raises(SystemExit, match="Is the data root on a file system that this host"):
        node.make_slice_here(workflow(), open_project(), "log")
    assert ran == []


@pytest.mark.parametrize(
    ("jobs", "of"),
    [
        ((), workflow()),
        (("generate_draft:gen_id=d_1",), workflow()),
        ((SLICE, SLICE.replace("1-of", "2-of")), workflow()),
        ((SLICE,), workflow(remote=False)),  # the submitting run, or one without a cluster
        ((SLICE,), workflow("conda")),
    ],
)
def test_any_other_snakemake_goes_on(
    open_project: Open,
    monkeypatch: pytest.MonkeyPatch,
    ran: list[tuple[str, str]],
    jobs: tuple[str, ...],
    of: SimpleNamespace,
) -> None:
    started_for(monkeypatch, *jobs)
    node.make_slice_here(of, open_project(), "log")
    assert ran == []


def test_what_a_slice_says_is_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "slice.log"
    code = "from daydream.workflow.node import _redirect; import os"
    code += f"; _redirect({str(log)!r}); os.write(2, b'said')"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert log.read_text() == "said"


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
