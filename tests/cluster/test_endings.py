"""What a cluster does to its jobs, and what slices do with each other, on a real Slurm."""

from __future__ import annotations

import pytest

from tests.support.cluster import CALLS, SLICES, Cluster, until
from tests.support.mock_server import Fault, MockServer

pytestmark = pytest.mark.slow


def test_slices_go_on_when_slurmd_was_killed(cluster: Cluster, server: MockServer) -> None:
    cluster.work.config["endpoints"]["mock"]["max_concurrency"] = SLICES
    server.latency_s = 1.0
    cluster.submit()
    until(lambda: server.paid >= 3, 120)
    cluster.slurm.stop("slurmd", kill=True)
    until(lambda: "down" in cluster.slurm.nodes(), 120)  # its jobs are put back into the queue
    cluster.slurm.start("slurmd")
    cluster.slurm.wait(240)
    server.latency_s = 0.0
    answers = cluster.answers()
    assert server.paid - answers <= SLICES  # calls that were under way when a job was killed
    cut = server.paid - answers
    assert cluster.run() == ["COMPLETED"] * SLICES, cluster.output()
    assert server.paid == CALLS + cut


def test_batches_are_sent_by_slices(cluster: Cluster, server: MockServer) -> None:
    cluster.work.config["batch"] = True
    options = {"batch": True, "batch_wait_s": 1.0, "batch_poll_s": 0.2}
    cluster.work.config["endpoints"]["mock"] |= options
    assert cluster.run() == ["COMPLETED"] * SLICES, cluster.output()
    assert cluster.answers() == CALLS
    assert cluster.run() == ["COMPLETED"] * SLICES
    assert server.paid == CALLS


def test_failures_and_money_are_told_where_slices_were_submitted(
    cluster: Cluster, server: MockServer
) -> None:
    work = cluster.work
    work.models({"writer": "both"}, price_in="10", price_out="100")
    work.config["endpoints"]["mock"]["max_concurrency"] = SLICES
    work.run("cohort")
    server.fault(Fault.status(400), containing="Connect these", times=1)
    server.latency_s = 1.0
    cluster.submit()
    until(lambda: server.paid >= 4, 120)
    assert "http_400" in cluster.daydream("failures")
    assert "USD" in cluster.daydream("spend")
    assert "1 failed" in cluster.daydream("status")
    server.latency_s = 0.0
    cluster.slurm.wait()
