"""A fallback answers when an endpoint stops, never silently, and nothing is bought twice for it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Workspace

HEADER = "id,model,provider,display_name,for_generation,for_evaluation,specialization"


@pytest.fixture
def other() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.fixture
def pair(work: Workspace, other: MockServer) -> Workspace:
    """A writer that also judges; its fallback is another model at another endpoint."""
    work.config["endpoints"]["mock"]["max_attempts"] = 1
    work.config["endpoints"]["other"] = {"base_url": other.base_url}
    write_models(work, "spare")
    return work


def write_models(work: Workspace, fallback: str) -> None:
    rows = (
        f"{HEADER},endpoint,price_in,price_out,fallback",
        f"writer,lab/writer,lab,W,true,true,,mock,1,1,{fallback}",
        "spare,shop/spare,shop,S,false,false,,other,50,50,",
    )
    work.write("llm_models.csv", "\n".join(rows) + "\n")


def asked(server: MockServer) -> Counter[str]:
    return Counter(call.model for call in server.calls)


def test_a_stopped_endpoint_is_replaced_told_of_everywhere_and_not_bought_again(
    pair: Workspace, server: MockServer, other: MockServer
) -> None:
    pair.run("generation_draft")
    assert (asked(server), asked(other)) == ({"lab/writer": 3}, {})
    server.reset()
    server.fault(Fault.status(402, message="Add 10 credits."), times=None)
    tables = ("5_parsing/trial/parsed_scores.csv", "6_summary/trial/snapshots.csv")
    run = pair.run(*(f"data/{table}" for table in tables))
    made = len(pair.ids("essay")) // 2 + len(pair.ids("evaluation"))  # half of the essays: copies
    # The breaker opens at the first 402s; from then on only the fallback is asked.
    assert set(asked(server)) == {"lab/writer"} and asked(other) == {"shop/spare": made}
    assert server.received <= 16 and server.paid == 0

    assert run.output.count("FALLBACK: spare answers in its place") == 1
    assert "Add 10 credits." in run.output
    assert "Fallbacks, where an endpoint brings nothing: writer -> spare (up to " in run.output
    rows = pair.scores()
    copied = {row["gen_id"] for row in rows if row["generation_template"] == "copy"}
    for row in rows:
        assert row["evaluation_fallback"] == "spare"
        assert row["generation_fallback"] == ("" if row["gen_id"] in copied else "spare")
        assert (row["evaluation_llm_model"], row["evaluation_provider"]) == ("writer", "shop")
        assert row["generation_provider"] == ("lab" if row["gen_id"] in copied else "shop")
    judged = pair.ids("evaluation")[0]
    metadata = pair.metadata("evaluation", judged)
    assert (metadata["llm_model_id"], metadata["model"]) == ("writer", "shop/spare")
    assert metadata["fallback"] == "spare" and "Add 10 credits." in metadata["fallback_reason"]
    answer = pair.ledger("evaluation", judged)[-1]
    assert (answer["endpoint"], answer["fallback"]) == ("other", "spare")
    warnings = {(r["stage"], r["warning"]) for r in pair.table("6_summary/trial/snapshots.csv")}
    assert ("evaluation", "has 6 of 6 answers of fallback spare") in warnings

    server.clear_rules()
    before = other.received
    pair.forget()
    for stage in ("essay", "evaluation"):
        for gen_id in pair.ids(stage):
            pair.gen(stage, gen_id).unlink()
    server.reset()
    pair.run("evaluation")
    assert (server.received, other.received) == (0, before)
    pair.run("-f", pair.target("evaluation", judged))
    assert (server.received, other.received) == (1, before)
    assert "fallback" not in pair.metadata("evaluation", judged)


def test_the_same_model_at_another_endpoint_answers_for_what_has_failed_for_good(
    pair: Workspace, server: MockServer, other: MockServer
) -> None:
    write_models(pair, "other")
    server.fault(Fault.status(503, message="Overloaded."), times=None)
    pair.run("generation_draft")
    assert (asked(server), asked(other)) == ({"lab/writer": 3}, {"lab/writer": 3})
    draft = pair.ids("draft")[0]
    first, second = pair.ledger("draft", draft)
    assert (first["outcome"], second["outcome"]) == ("failed", "answer")
    assert "http_503: Overloaded" in second["fallback_reason"]


def test_neither_bad_answers_nor_refused_requests_are_the_endpoints_fault(
    pair: Workspace, server: MockServer, other: MockServer
) -> None:
    server.fault(Fault.status(400, message="Too long."), times=1)
    server.answer(with_="No score here.", containing="Judge")
    run = pair.run("evaluation", ok=False)
    assert other.received == 0
    assert "FALLBACK" not in run.output


def test_when_both_fail_one_message_tells_of_both_and_the_budget_holds(
    pair: Workspace, server: MockServer, other: MockServer
) -> None:
    server.fault(Fault.status(503, message="Overloaded."), times=None)
    other.fault(Fault.status(500, message="Broken too."), times=None)
    pair.config["endpoints"]["other"]["max_attempts"] = 1
    pair.run("generation_draft", ok=False)
    error = pair.metadata("draft", pair.ids("draft")[0])["error"]
    assert "Overloaded" in error["message"] and "Its fallback spare: " in error["message"]
    assert "Broken too" in error["message"] and error["cause"] == "http_500"

    other.clear_rules()
    other.reset()
    pair.config["budget_usd"] = 0.06  # one answer of the fallback may take 1024 tokens at $50
    run = pair.run("generation_draft", ok=False)
    assert "Stopped: the budget of $0.06 is spent" in run.output
    spent = json.loads((pair.data / "budget" / "spent.json").read_text())["spent"]
    assert other.paid >= 1 and spent["usd"] <= 0.06
