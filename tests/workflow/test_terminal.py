"""What a terminal shows of a run, with our logger plugin and where it is not installed."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Run, Workspace

# Snakemake where its search for plugins does not find ours.
WITHOUT_PLUGIN = """
import pkgutil
find = pkgutil.iter_modules
pkgutil.iter_modules = lambda *args: (m for m in find(*args) if "daydream" not in m.name)
from snakemake.cli import main
main()
"""
BLOCK = "rule generate_draft:"


def without_plugin(work: Workspace, *arguments: str) -> Run:
    command = [sys.executable, "-c", WITHOUT_PLUGIN, *work.command(*arguments)[3:]]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, cwd=work.root, env=os.environ
    )
    return Run(done.returncode, done.stdout, done.stderr, 0.0)


def test_the_profile_chooses_the_plugin_and_the_log_file_keeps_everything(
    work: Workspace, server: MockServer
) -> None:
    run = work.run("generation_draft")
    assert BLOCK not in run.output
    assert "3 generation(s) to buy" in run.output
    assert "drafts 3/3" in run.output
    assert run.stderr.splitlines()[-1] == "Cohort: trial"
    (log,) = (work.root / ".snakemake" / "log").glob("*.log")
    assert BLOCK in log.read_text()
    assert "3 generation(s) to buy" in log.read_text()
    assert len(server.calls) == 3


def test_where_the_plugin_is_not_installed_a_run_is_the_same_in_snakemakes_own_output(
    work: Workspace, server: MockServer
) -> None:
    run = without_plugin(work, "generation_draft")
    assert run.code == 0, run.output
    assert BLOCK in run.output
    assert "3 generation(s) to buy" in run.output
    assert len(server.calls) == 3


def test_a_failure_is_one_line_with_the_plugin_and_tells_its_cause_without(
    work: Workspace, server: MockServer
) -> None:
    server.fault(Fault.status(400, message="no such model"), times=None)
    with_it = work.run("generation_draft", ok=False)
    assert with_it.output.count("GenerationFailed") == 0
    assert with_it.output.count("Error in rule generate_draft") == 0
    assert " x draft: " in with_it.output
    without = without_plugin(work, "generation_draft")
    assert without.code == 1
    assert " x draft: " in without.output
    assert "no such model" in without.output


def test_a_dry_run_is_short_and_ends_with_the_plan(work: Workspace, server: MockServer) -> None:
    work.run("cohort")
    dry = work.run("-n")
    assert BLOCK not in dry.output
    assert dry.stdout.count("Job stats:") == 1
    plan = dry.stdout.splitlines()[-9:]
    assert any("12 generation(s) to buy" in line for line in plan), dry.stdout
    assert BLOCK in work.run("-n", "--verbose").output
    assert BLOCK in without_plugin(work, "-n").output
    assert not server.calls


def test_a_dry_run_says_what_is_in_the_way(work: Workspace) -> None:
    work.config["endpoints"]["mock"]["api_key_env"] = "A_KEY_THAT_IS_NOT_SET"
    dry = work.run("-n", "generation_draft")
    assert "A run would end at once: the variable A_KEY_THAT_IS_NOT_SET is not set" in dry.stdout
