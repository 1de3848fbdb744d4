"""The shipped profiles: slices as jobs that a submitting run waits for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.mock_server import MockServer
from tests.support.slurm import Slurm, executors
from tests.support.workspace import ROOT, Workspace

PROFILES = ROOT / "profiles"
KEY = "sk-secret-of-this-test"
CALLS = 6 + 6 + 12
QUICK = (*("--set-scatter", "slices=2", "--latency-wait", "5"),)
QUICK_SLURM = (
    *QUICK,
    *("--slurm-status-command", "squeue"),
    "--slurm-no-account",
)


@pytest.fixture
def cohort(work: Workspace) -> Workspace:
    """A cohort of six chains that is not made."""
    work.concepts(("bees", "tides", "chess", "fjord"))
    work.config["slice_min"] = 1
    return work


# Stand-ins for the commands of schedulers: a job is a process of this host, its id the process's.
SUBMIT = """#!/bin/bash
echo "$(basename $0) $*" >> {log}
script=${{@: -1}}
[ $(basename $0) != condor_submit ] || script=$(sed -n s/^executable=//p)
bash "$script" > /dev/null 2>&1 < /dev/null &
case $(basename $0) in
    bsub) echo "Job <$!> is submitted to default queue <normal>." ;;
    condor_submit) echo "$!.0 - $!.0" ;;
    *) echo $! ;;
esac
"""
STATUS = """#!/bin/bash
id=${{@: -1}}
kill -0 ${{id%.0}} 2> /dev/null || exit 1
echo RUN
"""


def stand_ins(folder: Path) -> Path:
    """A folder of such commands; returns where they tell how they were called."""
    folder.mkdir()
    log = folder / "submitted.txt"
    commands = dict.fromkeys(("qsub", "bsub", "condor_submit"), SUBMIT)
    commands |= dict.fromkeys(("qstat", "bjobs", "condor_q"), STATUS)
    for name, text in commands.items():
        (folder / name).write_text(text.format(log=log))
        (folder / name).chmod(0o755)
    return log


OTHERS = ("sge", "lsf", "pbs", "htcondor")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Where the stand-ins are found, and the executors."""
    return {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": f"{executors()}:{os.environ.get('PYTHONPATH', '')}",
    }


@pytest.mark.parametrize("name", [*OTHERS, "slurm-gpu"])
def test_a_dry_run_with_a_profile_submits_nothing(
    cohort: Workspace, name: str, tmp_path: Path, env: dict[str, str]
) -> None:
    log = stand_ins(tmp_path / "bin")
    if name == "slurm-gpu":
        serve = "vllm serve Qwen/Qwen3-8B --host {host} --port {port}"
        cohort.config["endpoints"]["mock"] = {"serve": serve}
    cohort.run("cohort", "--workflow-profile", str(PROFILES / name), "--dry-run", env=env)
    assert not log.exists()


@pytest.mark.parametrize(
    "name", [OTHERS[0], *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS[1:])]
)
def test_a_profile_for_another_scheduler_submits_the_slices(
    cohort: Workspace, server: MockServer, name: str, tmp_path: Path, env: dict[str, str]
) -> None:
    log = stand_ins(tmp_path / "bin")
    cohort.run("cohort")
    cohort.run("evaluation", "--workflow-profile", str(PROFILES / name), *QUICK, env=env)
    assert server.paid == CALLS
    submitted = log.read_text().splitlines()
    assert len(submitted) == 2
    assert name == "htcondor" or all("1500" in line for line in submitted)


def test_the_executor_for_slurm_makes_slices_and_the_tables_follow(
    cohort: Workspace, server: MockServer, slurm: Slurm
) -> None:
    server.required_key = KEY
    cohort.config["endpoints"]["mock"]["api_key_env"] = "KEY_OF_TEST"
    env = {**slurm.env, "KEY_OF_TEST": KEY}
    env["PYTHONPATH"] = f"{executors()}:{os.environ.get('PYTHONPATH', '')}"
    profile = ("--workflow-profile", str(PROFILES / "slurm"))
    cohort.run("cohort")
    run = cohort.run("results_processing", *profile, *QUICK_SLURM, env=env)
    assert server.paid == CALLS
    assert len(slurm.submitted()) == 2
    assert len(cohort.scores()) == 12
    assert "24 generation(s) to buy" in run.stderr

    cohort.run("results_processing", *profile, *QUICK_SLURM, env=env)
    assert server.paid == CALLS
    assert len(slurm.submitted()) == 2

    files = [path for path in cohort.root.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
