"""A model's server, such as vLLM or llama.cpp, that is started for a run and ended with it.

It is any command that serves OpenAI chat completions on a given port. One that ends by itself is
started once more; one that ends again is given up.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import weakref
from pathlib import Path
from typing import Protocol

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.endpoint_file import EndpointFile, read_address
from daydream.llm.stopping import STOP, Stop
from daydream.store.layout import Layout

START_S = 1800.0  # until a server is healthy: large models are loaded for minutes
PATIENCE_S = 20.0  # until a server that was asked to end is killed
EVERY_S = 0.5  # between looks at a server that is starting
RESTARTS = 1
_PATHS = ("/health", "/v1/models")  # of vLLM and llama.cpp; of every server
_LAST_LINES = 3


class Server(Protocol):
    """Where calls go that is known only when a server is up."""

    def address(self) -> str:
        """The ``base_url``; waits until the server is healthy.

        Raises:
            CallError: when it does not become healthy.
            StoppedError: when the run is stopped meanwhile.
        """


def server_of(endpoint: Endpoint, layout: Layout, stop: Stop = STOP) -> Server:
    """The server that a run calls: one for all runs, or its own, which is started.

    Raises:
        CallError: when it cannot be started.
    """
    if endpoint.serve_once:
        return FoundServer(endpoint, layout.endpoint_file(endpoint.name), stop)
    name = f"{socket.gethostname()}-{os.getpid()}"
    return ModelServer(endpoint, layout.server_log(endpoint.name, name), stop=stop)


class ModelServer:
    """A server that this process starts, looks after and ends."""

    def __init__(
        self,
        endpoint: Endpoint,
        log: str,
        listens_on: str = "127.0.0.1",
        stop: Stop = STOP,
        file: EndpointFile | None = None,
    ) -> None:
        """Start it; :meth:`address` waits until it is healthy.

        Args:
            endpoint: with the command, ``serve``.
            log: the file that takes what the server says.
            listens_on: the address to listen on; ``0.0.0.0`` for calls from other hosts.
            stop: ends the waiting.
            file: where other processes find the server.

        Raises:
            CallError: when the command cannot be started.
        """
        self._name, self._stop, self._file = endpoint.name, stop, file
        self._log = Path(log)
        self.port = _free_port()
        host = "127.0.0.1" if listens_on == "127.0.0.1" else own_name()
        self._base = f"http://{host}:{self.port}"
        self._command = command_of(endpoint, listens_on, self.port)
        self._state = _State()
        self._state.process = self._spawn()
        weakref.finalize(self, _end, self._state)
        threading.Thread(target=self._look_after, daemon=True, name="model server").start()

    def address(self) -> str:
        """The ``base_url``; waits until the server is healthy. As :meth:`Server.address`."""
        end = time.monotonic() + START_S
        while not self._state.is_healthy:
            if self._state.is_over:
                raise CallError(f"endpoint {self._name}: {self.last_words()}")
            if time.monotonic() > end:
                raise CallError(
                    f"endpoint {self._name}: its server is not healthy after {START_S:.0f} s. "
                    f"See {self._log}"
                )
            self._stop.wait(EVERY_S / 2)
        return f"{self._base}/v1"

    def last_words(self) -> str:
        """How the server ended, with the end of what it has said."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        return (
            f"its server ended {self._state.ends} time(s), last with code {self._state.code}: "
            f"{' / '.join(lines) or 'it said nothing'}. The command was: "
            f"{shlex.join(self._command)}. See {self._log}"
        )

    def wait(self) -> None:
        """Wait until the server is given up.

        Raises:
            StoppedError: when a stop is requested before.
        """
        while not self._state.is_over:
            self._stop.wait(EVERY_S)

    def end(self) -> None:
        """End the server, and whatever it has started."""
        _end(self._state)
        if self._file is not None:
            self._file.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._log.open("ab") as log:
                return subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for the run, which lets calls end first
                )
        except OSError as error:
            raise CallError(
                f"endpoint {self._name}: its server cannot be started ({error}). Correct `serve`: "
                f"{shlex.join(self._command)}"
            ) from error

    def _look_after(self) -> None:
        state = self._state
        while True:
            self._await_health()
            assert state.process is not None
            code = state.process.wait()
            with state.changing:
                state.is_healthy, state.code, state.ends = False, code, state.ends + 1
                if self._file is not None and not state.is_ending:
                    self._file.withdraw()
                if state.is_ending or state.ends > RESTARTS:
                    break
                state.process = self._spawn()
        state.over.set()

    def _await_health(self) -> None:
        state = self._state
        assert state.process is not None
        while state.process.poll() is None and not state.is_ending:
            if _is_healthy(f"http://127.0.0.1:{self.port}"):
                if self._file is not None:
                    self._file.write(f"{self._base}/v1")
                state.is_healthy = True
                return
            time.sleep(EVERY_S)


class _State:
    """What is known of a server's process; apart from its owner, which can be collected."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.is_healthy = self.is_ending = False
        self.ends, self.code = 0, 0
        self.over = threading.Event()
        self.changing = threading.Lock()

    @property
    def is_over(self) -> bool:
        return self.over.is_set()


def _end(state: _State) -> None:
    with state.changing:
        state.is_ending = True
        process = state.process
    if process is None:
        return
    for number, seconds in ((signal.SIGTERM, PATIENCE_S), (signal.SIGKILL, PATIENCE_S)):
        try:
            os.killpg(process.pid, number)
            process.wait(seconds)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


class FoundServer:
    """A server that another process has started, found by its endpoint file."""

    def __init__(self, endpoint: Endpoint, path: str, stop: Stop = STOP) -> None:
        self._name, self._path, self._stop = endpoint.name, path, stop

    def address(self) -> str:
        """The ``base_url``; waits for a server that is not up yet. As :meth:`Server.address`."""
        end = time.monotonic() + START_S
        while (address := read_address(self._path)) is None:
            if time.monotonic() > end:
                raise CallError(
                    f"endpoint {self._name}: no server is up ({self._path} is not there or nobody "
                    f"holds it). Start one: daydream serve {self._name}, or in a job: "
                    f"sbatch profiles/slurm-array/serve.sh {self._name}"
                )
            self._stop.wait(EVERY_S)
        return address


def command_of(endpoint: Endpoint, host: str, port: int) -> list[str]:
    """The words of an endpoint's command, with host and port put in."""
    assert endpoint.serve is not None
    words = shlex.split(endpoint.serve)
    return [word.replace("{host}", host).replace("{port}", str(port)) for word in words]


def _is_healthy(base: str) -> bool:
    """Whether a server answers: with 200 at its health page, or at its list of models."""
    for path in _PATHS:
        try:
            # Without a proxy, which may be set for the providers.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(base + path, timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            if error.code not in (404, 405, 501):
                return False  # 503 while it loads
        except OSError:
            return False
    return False


def own_name() -> str:
    """The name of this host, as other hosts of the cluster know it."""
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port
