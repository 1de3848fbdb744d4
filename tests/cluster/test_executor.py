"""What a submitting run has slices do, on a real Slurm through Snakemake's executor for it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.cluster import CALLS, SLICES, Cluster, until
from tests.support.mock_server import Fault, MockServer
from tests.support.slurm import executors
from tests.support.workspace import ROOT, Run

pytestmark = pytest.mark.slow
QUICK = (
    *("--set-scatter", f"slices={SLICES}", "--latency-wait", "5"),
    *("--slurm-status-command", "squeue", "--slurm-no-account"),
)


@pytest.fixture
def cluster(cluster: Cluster) -> Cluster:
    cluster.work.config["slice_min"] = 1
    return cluster


def submit(cluster: Cluster, *arguments: str, ok: bool = True) -> Run:
    """A run that has its generations made by Slurm."""
    path = f"{executors()}:{os.environ.get('PYTHONPATH', '')}"
    profile = ("--workflow-profile", str(ROOT / "profiles" / "slurm"))
    env = {**cluster.slurm.env, "PYTHONPATH": path}
    return cluster.work.run(*arguments, *profile, *QUICK, ok=ok, env=env)


def test_what_is_forced_is_bought_once_more_and_nothing_else(
    cluster: Cluster, server: MockServer
) -> None:
    submit(cluster, "evaluation")
    assert server.paid == CALLS
    jobs = len(cluster.slurm.submitted())

    server.reset()
    submit(cluster, "-f", cluster.work.target("evaluation", cluster.work.ids("evaluation")[3]))
    assert server.paid == 1

    server.reset()
    submit(cluster, "evaluation", "-R", "generate_evaluation")
    assert server.paid == 12

    server.reset()
    submit(cluster, "evaluation", "-F")
    assert server.paid == CALLS
    assert len(cluster.slurm.submitted()) == jobs + 2 * SLICES  # a single file needs no slice

    server.reset()
    submit(cluster, "evaluation")
    assert server.received == 0
    assert len(cluster.slurm.submitted()) == jobs + 2 * SLICES


def test_a_cancelled_slice_is_told_at_once_and_the_other_goes_on(
    cluster: Cluster, server: MockServer
) -> None:
    cluster.work.config["endpoints"]["mock"]["max_concurrency"] = SLICES
    server.latency_s = 1.0
    log = cluster.work.root / ".snakemake" / "log"

    def is_told() -> bool:
        return any("Error in rule generate_slice" in path.read_text() for path in log.iterdir())

    with ThreadPoolExecutor() as threads:
        run = threads.submit(submit, cluster, "evaluation", ok=False)
        until(lambda: server.paid >= SLICES)
        cluster.slurm.run("scancel", cluster.slurm.jobs()[0])
        until(is_told, 8)  # calls under way are finished first; the plugin would ask after 20
        assert not run.done()
        server.latency_s = 0.0
    assert "1 of 2 slices made" in run.result().stderr
    assert server.paid == cluster.answers() < CALLS


def test_selected_essays_are_judged_and_compared_and_the_failed_is_told(
    cluster: Cluster, server: MockServer
) -> None:
    work = cluster.work
    work.run("generation_essays")
    chosen = work.ids("essay")[:6]
    (work.data / "2_tasks").mkdir()
    (work.data / "2_tasks" / "selected_essays.txt").write_text("\n".join(chosen) + "\n")
    work.compare()
    work.config |= {"cohort": "chosen", "allow_incomplete": True}
    server.reset()
    server.fault(Fault.status(400), containing="[novelty]", times=1)
    run = submit(cluster, "results_processing", ok=False)
    comparisons = work.members("comparison", "chosen")
    assert comparisons
    assert server.paid == 5 + len(comparisons)
    scores = work.table("5_parsing/chosen/parsed_scores.csv")
    assert [row["score"] != "" for row in scores].count(False) == 1
    assert "1 generation(s) failed" in run.stderr
    assert "--workflow-profile" in run.stderr.partition("What to type next")[2]
