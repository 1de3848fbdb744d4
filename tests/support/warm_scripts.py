"""The ``script:`` of a rule in a fork of a process that has imported what tables and report need.

A Snakemake of :mod:`tests.support.warm` starts ``warm_client.sh`` in the place of Python. It hands
script, directory, environment and output to the server here, and ends as the script does. The
script, its arguments and its files are those of any run.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.warm_end import end_after_script

CLIENT = Path(__file__).with_name("warm_client.sh")
SOCKET = "DAYDREAM_TEST_SCRIPTS"  # environment variable: the socket of the server
PYTHON = "DAYDREAM_TEST_PYTHON"  # environment variable: what runs everything else
_IMPORTED = (
    *("daydream.results.analyses", "daydream.results.cross", "daydream.results.human"),
    *("daydream.results.pairwise", "daydream.results.snapshots", "daydream.results.summary"),
    *("daydream.report.site", "daydream.report.charts.registry", "altair", "vl_convert"),
    *("daydream.workflow.job_log", "snakemake.script", "snakemake.logging", "pyarrow.parquet"),
    *("pyarrow.dataset", "pandas.io.formats.csvs", "encodings.utf_8_sig"),
)


class ScriptServer:
    """A server that lives as long as the process that has started it."""

    def __init__(self) -> None:
        path = str(Path(tempfile.mkdtemp(), "socket"))  # removed by the server: this one is forked
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm_scripts", path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout and self._process.stdout.readline()
        self._variables = {SOCKET: path, PYTHON: sys.executable}

    def take_over(self) -> None:
        """Have this process, a fork of the one that started the server, run its scripts there."""
        os.environ.update(self._variables)
        sys.executable = str(CLIENT)


def _serve(path: str) -> str | None:
    """Fork for each connection; returns the script in the process that is to run it."""
    for name in _IMPORTED:
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        print("READY", flush=True)
        while listening in select.select([listening, sys.stdin], [], [])[0]:
            connection, _ = listening.accept()
            if not os.fork():
                listening.close()
                return _handle(connection)
            connection.close()
            _reap()
    shutil.rmtree(Path(path).parent)
    return None


def _reap() -> None:
    """Let processes go that are over; one may be left until the next."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _handle(connection: socket.socket) -> str:
    """Answer with the exit code of a further fork, in which this returns the script."""
    message, files, _, _ = socket.recv_fds(connection, 1 << 20, 2)
    order = json.loads(message)
    if pid := os.fork():
        for file in files:
            os.close(file)
        _, status = os.waitpid(pid, 0)
        connection.sendall(str(os.waitstatus_to_exitcode(status) % 256).encode())
        os._exit(0)
    connection.close()
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
        os.close(file)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    return str(order["script"])


if __name__ == "__main__":
    if script := _serve(sys.argv[1]):
        sys.argv = [script]
        end_after_script(script)
