"""A real Slurm of one node, with its own folder, ports and munge; started and stopped by a test.

The daemons are Debian's (``slurm-wlm``, ``munge``). Nothing of the machine's own Slurm, if it has
one, is touched: clients find this one by ``SLURM_CONF``, and munge by its own socket.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import pytest

from tests.support.workspace import ROOT

EXECUTORS = ROOT / ".venv" / "executors"
DAEMONS = ("munged", "slurmctld", "slurmd")
PATH = f"/usr/sbin:/sbin:{os.environ['PATH']}"
CPUS = 64  # made up (config_overrides), as jobs wait for answers and hardly compute


def executors() -> Path:
    """The folder of Snakemake's executors for clusters; the test is skipped when there is none."""
    if not EXECUTORS.is_dir():
        pytest.skip(f"there is no {EXECUTORS}: make slurm")
    return EXECUTORS


def why_not() -> str:
    """Why Slurm cannot be started here; blank when it can."""
    missing = [name for name in DAEMONS if shutil.which(name, path=PATH) is None]
    if missing:
        return (
            f"there is no {', '.join(missing)}: make slurm "
            "(Debian: apt-get install --no-install-recommends slurm-wlm munge)"
        )
    return "" if os.geteuid() == 0 else "slurmd runs jobs as root only"


class Slurm:
    """A cluster of one node; a context manager."""

    def __init__(self, place: Path, cpus: int = CPUS) -> None:
        self.place = place
        self.conf = place / "slurm.conf"
        self._cpus = cpus
        self._host = socket.gethostname().split(".")[0]
        self._socket = place / "munge" / "socket"
        self._bin = place / "bin"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Slurm:
        self._write_files()
        try:
            self.start("munged")
            self._until(self._socket.exists, "munged")
            self.start("slurmctld")
            self.start("slurmd")
            self._until(lambda: "idle" in self._sinfo(), "slurmctld and slurmd")
        except BaseException:
            self._stop_all()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.jobs():
            self.run("scancel", "--user=root")
            self._until(lambda: not self.jobs(), "scancel", 35)
        self._stop_all()

    @property
    def env(self) -> dict[str, str]:
        """What a client of this cluster has in its environment."""
        return {
            **os.environ,
            "SLURM_CONF": str(self.conf),
            "PATH": f"{self._bin}:{os.path.dirname(sys.executable)}:{PATH}",
        }

    def run(self, *command: str, cwd: Path | None = None, **more: str) -> str:
        """What a client's command says.

        Raises:
            AssertionError: with what it said, when it fails.
        """
        env = {**self.env, **more}
        done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def submit(self, *arguments: str, cwd: Path, **env: str) -> str:
        """The id of a job that ``sbatch`` takes."""
        return self.run("sbatch", "--parsable", *arguments, cwd=cwd, **env).strip()

    def jobs(self) -> list[str]:
        """The ids of the jobs and array tasks that wait or run."""
        states = "PENDING,RUNNING,COMPLETING,CONFIGURING,REQUEUED,REQUEUE_HOLD"
        return self.run("squeue", "--noheader", "--array", "-o", "%i", "-t", states).split()

    def wait(self, timeout_s: float = 120) -> None:
        """Wait until no job waits or runs."""
        self._until(lambda: not self.jobs(), "the jobs", timeout_s)

    def submitted(self) -> list[str]:
        """The ids of all jobs and array tasks that this cluster has had."""
        return self.run("squeue", "--noheader", "--array", "-o", "%i", "-t", "all").split()

    def states(self, job: str) -> list[str]:
        """The states of a job's tasks, such as COMPLETED or TIMEOUT."""
        every = ("--noheader", "--array", "-t", "all", "-j", job)
        return self.run("squeue", *every, "-o", "%T").split()

    def start(self, daemon: str) -> None:
        """Start one of the daemons, in the foreground of a session of its own."""
        arguments: dict[str, Sequence[str]] = {
            "munged": ("-F", "--force", *self._munge_files()),
            "slurmctld": ("-D", "-i"),
            "slurmd": ("-D", "-N", self._host),
        }
        log = (self.place / f"{daemon}.out").open("ab")
        self._daemons[daemon] = subprocess.Popen(
            [daemon, *arguments[daemon]],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def pid(self, daemon: str) -> int:
        """The process of one of the daemons."""
        return self._daemons[daemon].pid

    def stop(self, daemon: str, kill: bool = False) -> None:
        """Stop one of the daemons, or kill it with -9."""
        process = self._daemons.pop(daemon, None)
        if process is None:
            return
        process.kill() if kill else process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _stop_all(self) -> None:
        for daemon in reversed(DAEMONS):  # slurmd first: it tells its controller
            self.stop(daemon)

    def nodes(self) -> str:
        """The state of the node, such as ``idle`` or ``down*``."""
        return self._sinfo()

    def _sinfo(self) -> str:
        done = subprocess.run(
            ["sinfo", "--noheader", "-o", "%T"], env=self.env, capture_output=True, text=True
        )
        return done.stdout

    def _until(self, is_so: object, what: str, timeout_s: float = 20) -> None:
        assert callable(is_so)
        until = time.monotonic() + timeout_s
        while not is_so():
            if time.monotonic() > until:
                raise TimeoutError(f"{what} did not get ready: {self.said()}")
            time.sleep(0.1)

    def said(self, lines: int = 8) -> str:
        """The last lines of the daemons, for a message."""
        logs = sorted(self.place.glob("*.out"))
        return "\n".join(line for log in logs for line in log.read_text().splitlines()[-lines:])

    def _munge_files(self) -> list[str]:
        folder = self.place / "munge"
        return [
            f"--socket={self._socket}",
            f"--key-file={folder}/key",
            f"--pid-file={folder}/pid",
            f"--seed-file={folder}/seed",
            f"--log-file={self.place}/munged.out",
        ]

    def _write_files(self) -> None:
        munge = self.place / "munge"
        for folder in (munge, self.place / "state", self.place / "spool", self._bin):
            folder.mkdir(parents=True)
        # Snakemake's executor takes SLURM_CONF out of the environment of its steps.
        srun = self._bin / "srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.conf} exec /usr/bin/srun "$@"\n')
        srun.chmod(0o755)
        key = munge / "key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        self.conf.write_text(self._configuration())

    def _configuration(self) -> str:
        controller, node = free_port(), free_port()
        return f"""\
ClusterName=test
SlurmctldHost={self._host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={self._socket}
CredType=cred/munge
StateSaveLocation={self.place}/state
SlurmdSpoolDir={self.place}/spool
SlurmctldPidFile={self.place}/slurmctld.pid
SlurmdPidFile={self.place}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
SlurmdParameters=config_overrides
SlurmctldTimeout=10
SlurmdTimeout=10
KillWait=10
OverTimeLimit=0
MinJobAge=3600
ReturnToService=2
JobRequeue=1
MpiDefault=none
NodeName={self._host} NodeAddr=127.0.0.1 CPUs={self._cpus} RealMemory=256000 State=UNKNOWN
PartitionName=main Nodes={self._host} Default=YES MaxTime=INFINITE State=UP
"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
