"""A run is followed from another terminal, and other logger plugins beside ours."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

import pytest

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


LOGGERS = ROOT / ".venv" / "loggers"


def metrics(port: int) -> str:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return answer.read().decode()
    return ""


def test_the_prometheus_plugin_counts_jobs_beside_what_ours_shows(
    work: Workspace, server: MockServer
) -> None:
    if not LOGGERS.is_dir():
        pytest.skip(f"there is no {LOGGERS}: make s3")
    work.run("cohort")
    server.latency_s = 1.0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = work.command(
        *("evaluation", "--logger", "daydream", "prometheus"),
        *("--logger-prometheus-port", str(port), "--logger-prometheus-run-id", "trial"),
    )
    path = os.pathsep.join([str(ROOT), str(LOGGERS)])
    run = subprocess.Popen(
        command,
        cwd=work.root,
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
    )
    wanted = 'snakemake_jobs_finished_total{rule="generate_draft",run_id="trial",status="finished"}'
    seen = ""
    while run.poll() is None and f"{wanted} 3.0" not in seen:
        text = metrics(port)
        seen = text if "snakemake_jobs" in text else seen  # at its end it withdraws its metrics
        time.sleep(0.05)
    output = run.communicate(timeout=60)[1]
    assert run.returncode == 0, output
    assert f"{wanted} 3.0" in seen, seen[-3000:]
    assert "Cohort trial: 12 generation(s) to buy" in output
    assert "rule generate_draft" not in output  # ours keeps single jobs out of sight
    assert server.paid == 12
