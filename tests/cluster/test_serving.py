"""Models that are served on the cluster: by each slice for itself, or by one job for all of them.

The server is llama.cpp with the shipped small model, on processors.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.support.slurm import Slurm
from tests.support.workspace import ROOT, Workspace

SCRIPTS = ROOT / "profiles" / "slurm-array"
SERVE = (
    f"{sys.executable} -m daydream.llm.llama_server --host {{host}} --port {{port}} --parallel 2"
)
OWN = {"serve": SERVE, "max_concurrency": 2, "structured": ["grammar"]}

SHORT = {"min_lines": 1, "max_tokens": 400}

pytestmark = pytest.mark.slow


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    config = {"default_endpoint": "gpu", "endpoints": {"gpu": OWN}, "stages": {"draft": SHORT}}
    work = Workspace(tmp_path / "work", "", config)
    work.templates("draft", ["plain"], text="Name one thing that {{ concepts[0].name }} does.")
    work.templates("essay", ["copy"], text="")
    path = work.raw("evaluation_templates.csv")
    header, row = path.read_text().splitlines()
    path.write_text(f"{header},structured\n{row},grammar\n")
    work.run("cohort")
    return work


def run_array(work: Workspace, slurm: Slurm) -> list[str]:
    """Run two slices to their end; returns the states of their jobs."""
    arguments = [str(part) for part in work.command()[3:]]
    script = str(SCRIPTS / "slices.sh")
    job = slurm.submit("--array=1-2", script, "2", *arguments, cwd=work.root)
    while any(name.startswith(job) for name in slurm.jobs()):
        time.sleep(0.5)
    return slurm.states(job)


def answers(work: Workspace) -> int:
    return sum(len(work.answers(s, i)) for s in ("draft", "evaluation") for i in work.ids(s))


def output(work: Workspace) -> str:
    return "\n".join(path.read_text() for path in sorted(work.root.glob("slurm-*.out")))


def test_slices_serve_the_model_themselves_and_then_call_the_server_of_a_job(
    work: Workspace, slurm: Slurm
) -> None:
    assert run_array(work, slurm) == ["COMPLETED"] * 2, output(work)
    assert len(list(work.data.glob("endpoints/gpu.*.log"))) == 2
    assert answers(work) == 6

    # The same endpoint by name, served elsewhere: its answers stay in use.
    work.config["endpoints"]["gpu"] = {**OWN, "serve_once": True}
    work.replicates(evaluation=2)
    work.run("cohort")
    config = ("--configfile", str(work.root / "config.yaml"), "--directory", str(work.root))
    serving = slurm.submit(str(SCRIPTS / "serve.sh"), "gpu", *config, cwd=work.root)
    assert run_array(work, slurm) == ["COMPLETED"] * 2, output(work)
    assert answers(work) == 9
    assert (work.data / "endpoints" / "gpu.json").exists()

    slurm.run("scancel", serving)
    slurm.wait(60)
    assert not (work.data / "endpoints" / "gpu.json").exists()
    assert "gpu: ended" in output(work)
