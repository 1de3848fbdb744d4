"""Ctrl-C and SIGTERM: after the first no call starts, the second drops those under way."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

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


def test_without_hooks_a_stop_ends_alike(many: Workspace, server: MockServer) -> None:
    server.latency_s = 2.0
    process = many.start_making("generation_draft", "--no-hooks")
    until(lambda: server.received >= IN_FLIGHT)
    process.send_signal(signal.SIGINT)
    assert "To go on, paying only for what is left: snakemake " in ended(process)


def test_a_script_that_is_just_starting_shows_no_traceback(finished: Workspace) -> None:
    """Ctrl-C reaches the whole process group, at any moment of a table's start."""
    table = finished.data / "6_summary" / "trial" / "snapshots.csv"
    table.unlink()
    process = finished.start_making("data/6_summary/trial/snapshots.csv", group=True)
    until(lambda: "snapshot_tables" in commands_of(process.pid))
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert "Traceback" not in output and "KeyboardInterrupt" not in output, output[-3000:]
    assert process.returncode == 130 or table.exists()  # ended before it began, or finished


def commands_of(group: int) -> str:
    """The command lines of a process group."""
    lines = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getpgid(int(place.name)) == group:
                lines.append((place / "cmdline").read_text().replace("\0", " "))
    return "\n".join(lines)


def test_a_stopped_batch_is_read_by_the_next_run(many: Workspace, server: MockServer) -> None:
    server.batch_delay_s = 3.0
    many.config["batch"] = True
    many.config["endpoints"]["mock"] |= {"batch": True, "batch_wait_s": 0.3, "batch_poll_s": 0.2}
    process = many.start_making("-c", "24", "generation_draft")
    until(lambda: server.received >= DRAFTS)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    ended(process, seconds=20)
    many.run("-c", "24", "generation_draft")
    assert (server.received, server.paid) == (DRAFTS, DRAFTS)


def test_signals_in_a_row_never_hang_a_run(many: Workspace, server: MockServer) -> None:
    server.latency_s = 0.2
    process = many.start_making("generation_draft")
    until(lambda: server.received >= IN_FLIGHT)
    for _ in range(20):
        os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 130
