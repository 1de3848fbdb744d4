"""`sbatch --array` of the shipped script, on a real Slurm: the results are those of a local run."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.support.cluster import CALLS, CONCEPTS, SCRIPT, SLICES, Cluster, until
from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Workspace


def contents(work: Workspace) -> dict[str, bytes]:
    """Every text, and the scores but for the times at which they were answered."""
    names = ("prompt.txt", "raw.txt", "parsed.txt")
    files = [f for f in work.data.glob("gens/*/*/*") if f.name in names]
    files += [*work.data.glob("cohorts/*/membership.csv")]
    texts = {str(f.relative_to(work.data)): f.read_bytes() for f in files}
    (scores,) = work.data.glob("5_parsing/*/parsed_scores.csv")
    with scores.open(newline="") as file:
        rows = [{**row, "answered_at": ""} for row in csv.DictReader(file)]
    return texts | {"scores": repr(rows).encode()}


def test_an_array_makes_what_a_local_run_makes_and_each_call_once(
    cluster: Cluster, server: MockServer, tmp_path: Path
) -> None:
    work = cluster.work
    assert cluster.run() == ["COMPLETED"] * SLICES, cluster.output()
    assert server.paid == CALLS
    work.run("results_processing")
    assert server.paid == CALLS

    local = Workspace(tmp_path / "local", server.base_url)
    local.concepts(CONCEPTS)
    local.run("results_processing")
    assert contents(work) == contents(local)


@pytest.mark.slow
def test_a_failed_generation_leaves_the_others_of_its_slice_and_a_budget_is_exact(
    cluster: Cluster, server: MockServer
) -> None:
    work = cluster.work
    server.fault(Fault.status(400), containing="[novelty]", times=1)
    states = cluster.run()
    assert sorted(states) == ["COMPLETED", "FAILED"]
    assert server.paid == CALLS - 1
    assert "1 generation(s) failed" in cluster.output()
    outputs = {path.stem: path.read_text() for path in work.root.glob("slurm-*.out")}
    (failed,) = (name for name, text in outputs.items() if "generation(s) failed" in text)
    (again,) = re.findall("^  (sbatch .*)$", outputs[failed], re.MULTILINE)
    number = failed.rpartition("_")[2]
    assert again.startswith(f"sbatch --array={number} {SCRIPT} {SLICES} --snakefile ")

    work.replicates(evaluation=2)  # 12 evaluations more, and the one that failed
    work.run("cohort")
    server.reset()
    work.config["budget_calls"] = CALLS + 7  # the failed call counts too
    assert "FAILED" in cluster.run()
    assert server.received == 7
    del work.config["budget_calls"]
    assert cluster.run() == ["COMPLETED"] * SLICES
    assert server.paid == 13


@pytest.mark.parametrize("signal", ["TERM", pytest.param("KILL", marks=pytest.mark.slow)])
def test_an_array_that_was_ended_goes_on_where_it_was(
    cluster: Cluster, server: MockServer, signal: str
) -> None:
    work = cluster.work
    work.config["endpoints"]["mock"]["max_concurrency"] = SLICES  # one at a time for each
    server.latency_s = 3.0
    job = cluster.submit()
    until(lambda: server.paid >= 3, 120)
    done = cluster.total()
    assert 0 < done["done"] < done["wanted"] == CALLS + 6  # copies are generations, too
    if signal == "TERM":
        cluster.slurm.run("scancel", job)
    else:
        cluster.slurm.run("scancel", "--full", "--signal=KILL", job)
    cluster.slurm.wait()
    server.latency_s = 0.0
    assert server.paid < CALLS
    cut = server.paid - cluster.answers()
    assert cut == 0 if signal == "TERM" else cut <= SLICES
    assert cluster.run() == ["COMPLETED"] * SLICES
    assert server.paid == CALLS + cut


@pytest.mark.slow
def test_a_slice_that_reaches_its_time_limit_loses_no_answer(
    cluster: Cluster, server: MockServer
) -> None:
    work = cluster.work
    work.config["endpoints"]["mock"]["max_concurrency"] = SLICES
    server.latency_s = 12.0
    job = cluster.submit("--time=2", "--signal=B:TERM@60")
    cluster.slurm.wait(180)
    assert "COMPLETED" not in cluster.slurm.states(job)
    assert 0 < server.paid < CALLS
    server.latency_s = 0.0
    assert cluster.run() == ["COMPLETED"] * SLICES
    assert server.paid == CALLS
    assert server.abandoned == 0


@pytest.mark.slow
def test_ten_slices_keep_a_rate_that_they_share(cluster: Cluster, server: MockServer) -> None:
    work = cluster.work
    work.concepts(tuple(f"concept-{number}" for number in range(25)))  # 300 chains
    work.templates("essay", ["copy"], text="")
    work.config["endpoints"]["mock"] |= {"requests_per_minute": 600, "max_concurrency": 40}
    work.run("cohort")
    server.rate_limit(600, burst=10)
    server.latency_s = 0.3
    job = cluster.submit(slices=10)
    cluster.slurm.wait(400)
    assert cluster.slurm.states(job) == ["COMPLETED"] * 10, cluster.output()
    assert server.paid == 600
    assert server.refused < 0.01 * server.received


@pytest.mark.slow
def test_options_of_snakemake_reach_each_task_for_its_own_part(
    cluster: Cluster, server: MockServer
) -> None:
    work = cluster.work
    assert cluster.run() == ["COMPLETED"] * SLICES, cluster.output()
    server.reset()
    assert cluster.run("-R", "generate_evaluation") == ["COMPLETED"] * SLICES, cluster.output()
    assert server.paid == 12
    assert cluster.run("-F") == ["FAILED"] * SLICES
    assert "-F makes the cohort again too" in cluster.output()
    assert server.paid == 12

    work.compare()
    work.run("cohort")
    assert cluster.run("comparison") == ["COMPLETED"] * SLICES, cluster.output()
    assert server.paid == 12 + len(work.members("comparison"))
