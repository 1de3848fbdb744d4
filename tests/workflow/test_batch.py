"""The whole workflow through the Batch interface: half the price, the same files."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Workspace

# 3 drafts; then 3 essays together with the evaluations of the 3 copies, which are ready at the
# same time; then the evaluations of the written essays.
WAVES, CALLS = [3, 6, 3], 12


@pytest.fixture
def batched(work: Workspace) -> Workspace:
    work.models({"writer": "both"}, price_in="10", price_out="100")
    work.config["batch"] = True
    work.config["endpoints"]["mock"] |= {"batch": True, "batch_wait_s": 1.5, "batch_poll_s": 0.1}
    return work


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def state_files(work: Workspace) -> set[str]:
    return work.files("data/batches") if (work.data / "batches").exists() else set()


def ledgers(work: Workspace) -> dict[str, list[dict]]:
    paths = work.data.glob("gens/*/*/attempts.jsonl")
    return {path.parent.name: work.ledger(path.parts[-3], path.parent.name) for path in paths}


def test_a_cohort_is_made_in_a_batch_for_each_wave_and_no_plain_call(
    batched: Workspace, server: MockServer
) -> None:
    batched.run("results_processing")
    assert [batch.lines for batch in server.batches] == WAVES
    assert {call.via for call in server.calls} == {"batch"}
    assert (server.received, server.paid) == (CALLS, CALLS)
    assert len(batched.scores()) == 6
    assert all(row["score"] and not row["error"] for row in batched.scores())
    assert all(len(lines) == 1 for lines in ledgers(batched).values())
    for draft in batched.ids("draft"):
        metadata, (line,) = batched.metadata("draft", draft), batched.ledger("draft", draft)
        usage = metadata["usage"]
        full = (usage["prompt_tokens"] * 10 + usage["completion_tokens"] * 100) / 1e6
        assert metadata["cost_usd"] == line["cost_usd"] == pytest.approx(full / 2)
        assert batched.gen("draft", draft, "raw.txt").read_text() == line["text"]
    assert state_files(batched) == set()


def test_a_run_with_nothing_to_do_asks_nothing_of_anybody(
    batched: Workspace, server: MockServer
) -> None:
    batched.run("results_processing")
    batched.base_url = batched.config["endpoints"]["mock"]["base_url"] = "http://127.0.0.1:9/v1"
    assert "Nothing to be done" in batched.run("results_processing").output
    batched.forget()
    batched.run("results_processing")
    assert len(server.batches) == len(WAVES)
    assert server.received == CALLS


@pytest.mark.parametrize("wave", [1, 2])
def test_a_batch_that_was_under_way_when_the_run_was_killed_is_read_by_the_next_run(
    batched: Workspace, server: MockServer, wave: int
) -> None:
    server.batch_delay_s = 0.0 if wave == 2 else 4.0
    run = batched.start()
    wait_for(lambda: len(server.batches) == wave - 1 or wave == 1)
    server.batch_delay_s = 4.0
    wait_for(lambda: len(server.batches) == wave)
    wait_for(lambda: any('batch_id": "batch_' in text(batched, name) for name in states(batched)))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert len(states(batched)) == 1
    server.batch_delay_s = 0.0
    batched.run("results_processing")
    assert [batch.lines for batch in server.batches] == WAVES
    assert server.paid == CALLS
    assert all(len(lines) == 1 for lines in ledgers(batched).values())
    assert len(batched.scores()) == 6
    assert state_files(batched) == set()


def states(work: Workspace) -> set[str]:
    return {name for name in state_files(work) if name.endswith(".json")}


def text(work: Workspace, name: str) -> str:
    path = work.root / name
    return path.read_text() if path.exists() else ""


def test_a_run_that_is_killed_again_and_again_pays_for_nothing_twice(
    batched: Workspace, server: MockServer
) -> None:
    batched.config["endpoints"]["mock"]["batch_wait_s"] = 0.3
    server.batch_delay_s = 0.3
    for seconds in (2.5, 3.0, 3.5, 4.0):
        run = batched.start()
        time.sleep(seconds)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    batched.run("results_processing")
    assert server.paid == CALLS
    assert all(len(lines) == 1 for lines in ledgers(batched).values())
    assert state_files(batched) == set()


def test_failed_lines_are_asked_again_in_a_batch_and_hopeless_ones_block_only_their_own(
    batched: Workspace, server: MockServer
) -> None:
    server.fault(Fault.status(500), "The bees: All there is to know of bees.\n- The tides")
    server.fault(
        Fault.status(400), "The tides: All there is to know of tides.\n- The chess", times=9
    )
    run = batched.run(ok=False)
    assert "http_400" in run.output
    outcomes = sorted([a["outcome"] for a in lines] for lines in ledgers(batched).values())
    assert outcomes.count(["failed", "answer"]) == 1
    assert outcomes.count(["failed"]) == 1
    assert server.paid == 2 + 2 + 4
    assert state_files(batched) == set()


def test_an_endpoint_without_batches_is_called_plainly_and_so_is_every_one_by_default(
    batched: Workspace, server: MockServer
) -> None:
    batched.config["batch"] = False
    batched.run("generation_draft")
    batched.config["batch"] = True
    batched.config["endpoints"]["mock"]["batch"] = False
    batched.run("generation_essays")
    assert {call.via for call in server.calls} == {"chat"}
    assert server.paid == 6


def test_batches_are_switched_on_from_the_command_line_for_thousands_of_jobs_at_once(
    batched: Workspace, server: MockServer
) -> None:
    batched.config["batch"] = False
    batched.replicates(draft=40)
    batched.run("generation_draft", "--config", "batch=true", "--cores", "2000")
    assert [batch.lines for batch in server.batches] == [120]
    assert server.paid == 120


def test_control_c_leaves_at_once_and_the_next_run_reads_what_was_submitted(
    batched: Workspace, server: MockServer
) -> None:
    server.batch_delay_s = 8.0
    run = batched.start_making()
    wait_for(lambda: any('"batch_id": "batch_' in text(batched, name) for name in states(batched)))
    pressed = time.monotonic()
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=30)
    assert time.monotonic() - pressed < 5
    assert run.returncode == 130
    assert output.count("the next run reads its answers") == 1
    assert "To go on" not in output.partition("the next run reads its answers")[0]
    assert "To go on, paying only for what is left: snakemake " in output
    assert "Traceback" not in output and "Error in rule" not in output
    server.batch_delay_s = 0.0
    batched.run("results_processing")
    assert [batch.lines for batch in server.batches] == WAVES
    assert server.paid == CALLS
    assert all(len(lines) == 1 for lines in ledgers(batched).values())
