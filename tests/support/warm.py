"""Snakemake in a fork of a process that has imported it: the same command, over a second sooner.

A run of the tests spends most of its processor time on imports. One server a test process imports
what every run imports and nothing else, starts no thread, and forks for each command; what is read
from files, arguments and environment is read in the fork, as ever.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from snakemake.cli import get_argument_parser

from tests.support.warm_end import end_after_module
from tests.support.warm_scripts import ScriptServer

IMPORTED = (
    *("snakemake.cli", "snakemake.api", "snakemake.workflow", "snakemake.scheduling.job_scheduler"),
    *("snakemake.executors.local", "snakemake.storage", "smart_open", "nbformat", "yte"),
    *("snakemake_logger_plugin_daydream", "daydream.workflow.open_runs"),
    *("daydream.workflow.plan.planning", "daydream.workflow.tables", "pyarrow.parquet"),
    *("daydream.report.sources", "daydream.experiment.ratings", "daydream.generation.generator"),
    *("daydream.llm.client", "openai.resources.chat", "truststore"),
)


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class WarmSnakemake:
    """A server that forks for each command; one command at a time."""

    def __init__(self) -> None:
        self.started_with = of_the_interpreter(os.environ)
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=Path(__file__).resolve().parents[2],
        )
        atexit.register(self._close)

    def run(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], timeout_s: float
    ) -> Ended:
        """Run ``snakemake ARGUMENTS``.

        Raises:
            subprocess.TimeoutExpired: after that time; the process is killed.

        """
        assert self._server.stdin and self._server.stdout
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            order = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}
            print(
                json.dumps(order | {"out": str(out), "err": str(err)}),
                file=self._server.stdin,
                flush=True,
            )
            pid = int(self._line(timeout_s))
            try:
                code = int(self._line(timeout_s))
            except subprocess.TimeoutExpired:
                os.kill(pid, signal.SIGKILL)
                self._line(30)
                raise
            return Ended(code, out.read_text(), err.read_text())

    def _line(self, timeout_s: float) -> str:
        assert self._server.stdout
        if not select.select([self._server.stdout], [], [], timeout_s)[0]:
            raise subprocess.TimeoutExpired("snakemake", timeout_s)
        return self._server.stdout.readline()

    def _close(self) -> None:
        assert self._server.stdin
        with contextlib.suppress(OSError):
            self._server.stdin.close()
        self._server.wait(10)


@cache
def warm_snakemake() -> WarmSnakemake:
    """The server of this process, started when it is first asked for."""
    return WarmSnakemake()


def of_the_interpreter(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that a Python reads as it starts."""
    return {name: env[name] for name in env if name.startswith(("PYTHON", "LD_"))}


def is_fit(env: Mapping[str, str]) -> bool:
    """Whether the server that runs already, or would be started, is as these variables ask."""
    return of_the_interpreter(env) == warm_snakemake().started_with


def _serve() -> bool:
    """Answer each line of stdin with the number of a process and, when it is over, its code.

    Returns True in the process of a command, and False when there are no more.
    """
    for name in IMPORTED:
        importlib.import_module(name)
    get_argument_parser()  # it imports all plugins
    scripts = ScriptServer()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _become(order)
            scripts.take_over()
            return True
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return False


def _become(order: Mapping[str, Any]) -> None:
    """Be the process of the command, up to its imports."""
    for number, path in enumerate((os.devnull, order["out"], order["err"])):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["snakemake", *order["arguments"]]


if __name__ == "__main__":
    if _serve():
        end_after_module("snakemake")
