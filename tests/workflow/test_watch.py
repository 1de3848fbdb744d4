"""A run is followed from another terminal, and other logger plugins beside ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from tests.support.mock_server import MockServer
from tests.support.workspace import ROOT, Workspace


def watch(work: Workspace) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "daydream", "status", "--watch", "--configfile", "config.yaml"],
        cwd=work.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_watch_ends_with_the_run_or_with_ctrl_c(work: Workspace, server: MockServer) -> None:
    work.run("cohort")
    server.latency_s = 1.0
    run = work.start("evaluation")
    while not list(work.data.glob("runs/*.alive")):
        assert run.poll() is None
        time.sleep(0.05)
    stopped, to_the_end = watch(work), watch(work)
    assert stopped.stdout is not None
    assert "drafts 0/3  essays 0/6  evaluations 0/6 | 1 run(s) on " in stopped.stdout.readline()
    stopped.send_signal(signal.SIGINT)
    assert stopped.wait(20) == 130
    assert stopped.stderr is not None and "Traceback" not in stopped.stderr.read()
    output, _ = to_the_end.communicate(timeout=60)
    assert run.wait(20) == 0
    assert to_the_end.returncode == 0
    assert "evaluations 6/6 | no run under way" in output
    assert "Nothing is missing." in output
    assert list(work.data.glob("runs/*")) == []
