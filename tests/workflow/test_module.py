"""The workflow used as a module of another Snakefile: same calls, same forces, own rule names."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import ROOT, Workspace

OUTER = """
configfile: "config.yaml"

module daydreaming:
    snakefile: "{snakefile}"
    config: config

use rule * from daydreaming as dream_*

rule everything:
    default_target: True
    input:
        rules.dream_evaluation.input,
"""
PROFILE = ("--profile", str(ROOT / "profiles" / "default"))


def test_a_module_makes_each_generation_once_and_buys_again_what_is_forced(
    work: Workspace, server: MockServer
) -> None:
    outer = Path(work.root, "Snakefile")
    outer.write_text(OUTER.format(snakefile=ROOT / "Snakefile"))
    work.snakefile = outer
    work.run(*PROFILE)
    assert len(server.calls) == 12

    # The messages of these rules name the cohort, which the outer Snakefile does not know.
    work.run(*PROFILE, "dream_generation_draft")
    work.run(*PROFILE, "dream_generation_essays")
    assert len(server.calls) == 12

    draft = work.ids("draft")[0]
    work.run(*PROFILE, "-f", work.target("draft", draft))
    assert len(server.calls) == 13
    assert len(work.answers("draft", draft)) == 2

    before = len(server.calls)
    work.run(*PROFILE, "-R", "dream_generate_evaluation")
    assert len(server.calls) >= before + len(work.ids("evaluation"))


FEW_KEYS = """
module daydreaming:
    snakefile: {snakefile}
    config: {config}

use rule * from daydreaming as dd_*

rule everything:
    default_target: True
    input:
        rules.dd_evaluation.input,
"""
OWN_OUTPUT = ("-c", "8", "--force-use-threads", "--keep-going", "--workflow-profile", "none")


def outer(work: Workspace, snakefile: str, **config: object) -> None:
    """Become a workflow of a few lines that has no profile and passes only these keys on."""
    keys = {"cohort": "trial", "default_endpoint": "mock", "endpoints": work.config["endpoints"]}
    place = work.root / "Snakefile"
    place.write_text(FEW_KEYS.format(snakefile=snakefile, config=repr(keys | config)))
    work.snakefile = place
    work.config = {}


LOCAL = repr(str(ROOT / "Snakefile"))


def test_a_run_behind_a_rule_of_an_outer_workflow_says_what_it_buys_and_how_it_ended(
    work: Workspace, server: MockServer
) -> None:
    outer(work, LOCAL)
    server.fault(Fault.status(400, message="no such model"), times=None)
    failed = work.run(*OWN_OUTPUT, ok=False)
    assert "12 generation(s) to buy" in failed.output
    assert "no such model" in failed.output
    assert "What to type next:" in failed.output.rpartition("Shutting down")[2]
    server.clear_rules()
    whole = work.run(*OWN_OUTPUT, "dd_all")
    assert "evaluations 6/6" in whole.output
    assert server.paid == 12
    assert (work.data / "8_report" / "trial" / "index.html").exists()
    assert "Nothing to be done" in work.run(*OWN_OUTPUT, "dd_all").output


def test_a_key_is_asked_for_before_the_first_call_of_a_module(
    work: Workspace, server: MockServer
) -> None:
    work.config["endpoints"]["mock"]["api_key_env"] = "A_KEY_THAT_IS_NOT_SET"
    outer(work, LOCAL)
    refused = work.run(*OWN_OUTPUT, ok=False)
    assert "the variable A_KEY_THAT_IS_NOT_SET is not set" in refused.output
    assert server.received == 0


def test_control_c_ends_a_module_in_order(work: Workspace, server: MockServer) -> None:
    work.config["endpoints"]["mock"]["max_concurrency"] = 1
    outer(work, LOCAL)
    server.latency_s = 2.0
    process = work.start_making(*OWN_OUTPUT)
    end = time.monotonic() + 90
    while not server.received and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output[-3000:]
    assert server.received == server.paid == 1
    assert "Error in rule" not in output and "Traceback" not in output
    assert "To go on, paying only for what is left: snakemake " in output


@pytest.fixture
def repository(work: Workspace, tmp_path: Path) -> dict[str, str]:
    """The workflow in a git repository, which git takes for one at GitHub; no network is asked."""
    place = tmp_path / "repository"
    work.copy_workflow(place)
    git = ["git", "-C", str(place), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{place}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/lab/daydream",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }


def test_a_module_is_taken_from_a_repository_while_the_package_is_installed(
    work: Workspace, server: MockServer, repository: dict[str, str]
) -> None:
    outer(work, 'github("lab/daydream", path="Snakefile", branch="main")')
    run = work.run(*OWN_OUTPUT, env=repository)
    assert "12 generation(s) to buy" in run.output
    assert server.paid == 12
    draft = work.ids("draft")[0]
    work.run(*OWN_OUTPUT, "-f", work.target("draft", draft), env=repository)
    assert len(work.answers("draft", draft)) == 2
