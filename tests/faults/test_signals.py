"""Ctrl-C and SIGTERM: after the first no call starts, the second drops those under way."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import CONCEPTS, Workspace

IN_FLIGHT, DRAFTS = 3, 24
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def many(work: Workspace) -> Workspace:
    """24 drafts to make, three calls at a time."""
    work.concepts(CONCEPTS)
    work.replicates(draft=4)
    work.config["endpoints"]["mock"]["max_concurrency"] = IN_FLIGHT
    return work


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def ended(process: subprocess.Popen[str], seconds: float = 90) -> str:
    """What a run printed that was stopped: in order, without a traceback or a block a job."""
    output, _ = process.communicate(timeout=seconds)
    assert process.returncode == 130, output[-3000:]
    for unwanted in ("Traceback", "GenerationFailed", "Error in rule", 'File "'):
        assert unwanted not in output
    return output


@pytest.mark.parametrize("number", SIGNALS)
def test_after_the_first_no_call_starts_and_nothing_is_paid_twice(
    many: Workspace, server: MockServer, number: int
) -> None:
    server.latency_s = 2.0
    process = many.start_making("generation_draft")
    until(lambda: server.received >= IN_FLIGHT)
    process.send_signal(number)
    before = server.received
    output = ended(process)
    assert server.received <= before + IN_FLIGHT, output[-3000:]
    kept = sum(len(many.answers("draft", draft)) for draft in many.ids("draft"))
    assert kept == server.paid == server.received
    command = " ".join(["snakemake", *many.command("generation_draft")[3:]])
    assert [line for line in output.splitlines() if line.endswith(command)], output[-3000:]
    server.latency_s = 0.0
    many.run("generation_draft")
    assert server.paid == DRAFTS


@pytest.mark.parametrize("number", SIGNALS)
def test_the_second_drops_what_is_under_way_at_once(
    many: Workspace, server: MockServer, number: int
) -> None:
    server.latency_s = 60.0
    process = many.start_making("generation_draft")
    until(lambda: server.received >= IN_FLIGHT)
    process.send_signal(number)
    time.sleep(1.0)
    process.send_signal(number)
    sent = time.monotonic()
    output = ended(process, seconds=20)
    assert time.monotonic() - sent < 10
    assert server.received == IN_FLIGHT
    assert "To go on, paying only for what is left: snakemake " in output
    server.latency_s = 0.0
    many.run("generation_draft")
    assert server.paid >= DRAFTS


def test_signals_in_a_row_never_hang_a_run(many: Workspace, server: MockServer) -> None:
    server.latency_s = 0.2
    process = many.start_making("generation_draft")
    until(lambda: server.received >= IN_FLIGHT)
    for _ in range(20):
        os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 130
