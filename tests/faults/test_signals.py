"""After Ctrl-C or SIGTERM no call starts, those under way are kept, and nothing is paid twice."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import CONCEPTS, Workspace

IN_FLIGHT = 3


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["control-c", "sigterm"])
def test_after_a_stop_no_call_starts_and_nothing_is_paid_twice(
    work: Workspace, server: MockServer, stop: signal.Signals
) -> None:
    work.concepts(CONCEPTS)
    work.replicates(draft=4)  # 24 drafts
    work.config["endpoints"]["mock"]["max_concurrency"] = IN_FLIGHT
    server.latency_s = 1.0
    process = subprocess.Popen(
        work.command("generation_draft"),
        cwd=work.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    patience = time.monotonic() + 60
    while server.received < IN_FLIGHT and time.monotonic() < patience:
        time.sleep(0.05)
    process.send_signal(stop)
    asked = server.received
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert server.received <= asked + IN_FLIGHT, output[-3000:]
    server.latency_s = 0.0
    work.run("generation_draft")
    assert server.paid == 24
