"""A model's server that a run starts: health, one restart, a clean end, its endpoint file."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from daydream.errors import CallError, StoppedError
from daydream.experiment.endpoint import Endpoint
from daydream.llm import model_server
from daydream.llm.endpoint_file import EndpointFile, read_address
from daydream.llm.model_server import FoundServer, ModelServer, command_of, server_of
from daydream.llm.stopping import Stop
from daydream.store.layout import Layout

SERVE = f"{sys.executable} -m tests.support.model_server --host {{host}} --port {{port}}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_server, "EVERY_S", 0.05)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "endpoints" / "gpu.log"


def endpoint(serve: str = SERVE, **more: bool) -> Endpoint:
    return Endpoint("gpu", serve=serve, **more)


def processes(log: Path) -> list[int]:
    """The processes that have served, oldest first."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [int(line.split()[1]) for line in lines if line.startswith("process")]


def until(is_so: Callable[[], object], timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_is_waited_for_until_it_is_healthy_and_ends_with_its_owner(log: Path) -> None:
    server = ModelServer(endpoint(), str(log))
    address = server.address()
    assert address == f"http://127.0.0.1:{server.port}/v1"
    with urllib.request.urlopen(address.removesuffix("/v1") + "/health") as response:
        assert response.status == 200
    server.end()
    assert not is_running(processes(log)[0])


def test_a_server_that_dies_is_started_once_more_and_then_given_up(log: Path) -> None:
    server = ModelServer(endpoint(), str(log))
    address = server.address()
    os.kill(processes(log)[0], signal.SIGKILL)
    until(lambda: len(processes(log)) == 2)
    assert server.address() == address
    os.kill(processes(log)[1], signal.SIGKILL)
    server.wait()
    with pytest.raises(CallError, match=r"ended 2 time\(s\), last with code -9: .*gpu.log"):
        server.address()
    server.end()


def test_a_command_that_does_not_work_is_told_with_what_it_said(log: Path) -> None:
    failing = f"{sys.executable} -c \"raise SystemExit('no such model')\" {{port}}"
    server = ModelServer(endpoint(failing), str(log))
    with pytest.raises(CallError, match="no such model"):
        server.address()
    with pytest.raises(CallError, match="Correct `serve`: vllm-is-not-here serve"):
        ModelServer(endpoint("vllm-is-not-here serve"), str(log))


def test_a_stop_ends_the_waiting_for_a_server(log: Path) -> None:
    stop = Stop()
    server = ModelServer(endpoint(f"{sys.executable} -c 'import time; time.sleep(60)'"), str(log))
    server._stop = stop
    threading.Timer(0.1, stop.request).start()
    with pytest.raises(StoppedError):
        server.address()
    server.end()


def test_other_processes_find_a_server_by_its_file_while_it_is_up(
    tmp_path: Path, log: Path
) -> None:
    path = str(tmp_path / "endpoints" / "gpu.json")
    file = EndpointFile(path)
    assert read_address(path) is None
    server = ModelServer(endpoint(), str(log), file=file)
    found: list[str] = []
    waiting = threading.Thread(target=lambda: found.append(FoundServer(endpoint(), path).address()))
    waiting.start()
    waiting.join(20)
    assert found == [server.address()]
    with pytest.raises(CallError, match="is held"):
        EndpointFile(path)
    server.end()
    assert not Path(path).exists()


def test_the_file_of_a_server_that_was_killed_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gpu.json"
    path.write_text('{"base_url": "http://gone:1/v1"}')
    assert read_address(str(path)) is None
    monkeypatch.setattr(model_server, "START_S", 0.1)
    with pytest.raises(CallError, match="daydream serve gpu"):
        FoundServer(endpoint(serve_once=True), str(path)).address()


def test_a_run_starts_its_own_server_or_looks_for_that_of_all(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path))
    assert isinstance(server_of(endpoint(serve_once=True), layout), FoundServer)
    own = server_of(endpoint(), layout)
    assert isinstance(own, ModelServer)
    own.end()


def test_host_and_port_stand_where_the_command_wants_them() -> None:
    vllm = "vllm serve Qwen/Qwen3-8B --host {host} --port {port} --override '{\"a b\": 1}'"
    assert command_of(endpoint(vllm), "0.0.0.0", 8000) == [
        *("vllm", "serve", "Qwen/Qwen3-8B", "--host", "0.0.0.0", "--port", "8000"),
        *("--override", '{"a b": 1}'),
    ]
