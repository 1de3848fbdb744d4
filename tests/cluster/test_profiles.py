"""The shipped profiles: slices as jobs that a submitting run waits for."""

from __future__ import annotations

import os

import pytest

from tests.support.mock_server import MockServer
from tests.support.slurm import Slurm, executors
from tests.support.workspace import ROOT, Workspace

PROFILES = ROOT / "profiles"
KEY = "sk-secret-of-this-test"
CALLS = 6 + 6 + 12
QUICK = (
    *("--set-scatter", "slices=2", "--seconds-between-status-checks", "1", "--latency-wait", "5"),
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"),
    "--slurm-no-account",
)


@pytest.fixture
def cohort(work: Workspace) -> Workspace:
    """A cohort of six chains that is not made."""
    work.concepts(("bees", "tides", "chess", "fjord"))
    return work


def test_the_executor_for_slurm_makes_slices_and_the_tables_follow(
    cohort: Workspace, server: MockServer, slurm: Slurm
) -> None:
    server.required_key = KEY
    cohort.config["endpoints"]["mock"]["api_key_env"] = "KEY_OF_TEST"
    env = {**slurm.env, "KEY_OF_TEST": KEY}
    env["PYTHONPATH"] = f"{executors()}:{os.environ.get('PYTHONPATH', '')}"
    profile = ("--workflow-profile", str(PROFILES / "slurm"))
    cohort.run("cohort")
    run = cohort.run("results_processing", *profile, *QUICK, env=env)
    assert server.paid == CALLS
    assert len(slurm.submitted()) == 2
    assert len(cohort.scores()) == 12
    assert "24 generation(s) to buy" in run.stderr

    cohort.run("results_processing", *profile, *QUICK, env=env)
    assert server.paid == CALLS
    assert len(slurm.submitted()) == 2

    files = [path for path in cohort.root.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
