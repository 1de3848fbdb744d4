"""Runs that spend their budget."""

from __future__ import annotations

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


def test_a_run_stops_at_its_budget_and_a_larger_one_goes_on(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.2
    work.config["budget_calls"] = 5
    stopped = work.run(ok=False)
    assert server.paid == len(server.calls) == 5
    assert "Stopped: the budget of 5 calls is spent" in stopped.output
    assert "Left to buy:" in stopped.output
    found = [
        work.metadata(stage, gen_id)["status"]
        for stage in ("draft", "essay", "evaluation")
        for gen_id in work.ids(stage)
        if work.gen(stage, gen_id, "metadata.json").exists()
    ]
    assert "refused" in found and "failed" not in found
    assert stopped.output.count("the budget of 5 calls is spent") == 2  # at once, and at the end
    assert "RuleException" not in stopped.output
    work.config["budget_calls"] = 12
    work.run("evaluation")
    assert server.paid == len(server.calls) == 12
    assert max(server.paid_by_prompt.values()) == 1
