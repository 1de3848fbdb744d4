"""Signals to a run at any moment, and what must hold of the data root afterwards."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from daydream.store.membership import is_as_sealed
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
TABLES = ("5_parsing", "6_summary", "7_cross_experiment")
LIMIT_S = 300


@dataclass
class Tally:
    """What the kills of some phase came to.

    ``lost`` answers were on the wire at a SIGKILL; ``owed`` are at the provider, to be read later.
    """

    kills: dict[str, int] = field(default_factory=dict)
    ended_before: int = 0
    lost: int = 0
    owed: int = 0
    calls: int = 0
    bought_twice: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many processes were ended by a signal."""
        return sum(self.kills.values())

    def add(self, number: signal.Signals) -> None:
        """Note a signal that a process was ended by."""
        self.kills[number.name] = self.kills.get(number.name, 0) + 1


@dataclass
class Killer:
    """Starts runs on an experiment and ends each by a signal at a random moment.

    With ``in_batches`` an answer that did not come before a signal is still read by a later run.
    """

    work: Workspace
    server: MockServer
    dice: random.Random
    in_batches: bool = False
    tally: Tally = field(default_factory=Tally)
    lasted_s: float = float("inf")  # from the moment to wait for to the end of an unhurt run

    def kill(
        self, number: signal.Signals, ready: Callable[[], bool], within_s: float, *target: str
    ) -> None:
        """Run snakemake, and send the signal up to ``within_s`` seconds after ``ready``."""
        self._kill(self.work.start(*target), number, ready, within_s)

    def kill_command(self, number: signal.Signals, within_s: float, *arguments: str) -> None:
        """The same for a ``daydream`` command."""
        self.work.command()
        command = [sys.executable, "-m", "daydream.cli.main", *arguments]
        command += ["--configfile", str(self.work.root / "config.yaml")]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            command,
            stdout=quiet,
            stderr=quiet,
            cwd=self.work.root,
            start_new_session=True,
            text=True,
        )
        self._kill(process, number, lambda: True, within_s)

    def finish(self, *target: str) -> None:
        """Run to the end; whatever a provider owes has come then."""
        answered, received = answers(self.work), self.server.received
        self.work.run(*target)
        self.tally.owed += self.server.received - received
        self.tally.owed -= sum(answers(self.work).values()) - sum(answered.values())
        if self.in_batches and self.tally.owed:
            self.tally.damaged.append(f"{self.tally.owed} answers of batches were never read")

    def _kill(
        self,
        process: subprocess.Popen[str],
        number: signal.Signals,
        ready: Callable[[], bool],
        within_s: float,
    ) -> None:
        answered, received = answers(self.work), self.server.received
        bought = {prompt: self.server.paid_by_prompt[prompt] for prompt in answered}
        limit = time.monotonic() + LIMIT_S
        while not ready() and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.01)
        began = time.monotonic()
        try:
            process.wait(self.dice.uniform(0, min(within_s, self.lasted_s)))
            self.tally.ended_before += 1
            self.lasted_s = time.monotonic() - began
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, number)
            self.tally.add(number)
        process.wait(timeout=LIMIT_S)  # a signal that hangs a run fails here
        settle(self.server)
        self.tally.calls += self.server.received - received
        new = sum(answers(self.work).values()) - sum(answered.values())
        lost = self.server.received - received - new
        if self.in_batches:
            self.tally.owed += lost
        elif number == signal.SIGKILL:
            self.tally.lost += lost
        elif lost:
            self.tally.damaged.append(f"{number.name} lost {lost} answers")
        self.tally.bought_twice += [p for p in bought if self.server.paid_by_prompt[p] > bought[p]]
        self.tally.damaged += damages(self.work, torn=number == signal.SIGKILL)


def settle(server: MockServer) -> None:
    """Wait until the server has noticed that its client is gone."""
    end = time.monotonic() + 10
    while server.in_flight and time.monotonic() < end:
        time.sleep(0.02)


def answers(work: Workspace) -> dict[str, int]:
    """The answers in the ledgers, by prompt."""
    found: dict[str, int] = {}
    for ledger in work.data.glob("gens/*/*/attempts.jsonl"):
        number = ledger.read_bytes().count(b'"outcome": "answer"')
        if number:
            prompt = (ledger.parent / "prompt.txt").read_text()
            found[prompt] = found.get(prompt, 0) + number
    return found


def damages(work: Workspace, torn: bool) -> list[str]:
    """Files of the data root that are not whole; ``torn`` last lines of ledgers are no damage."""
    files = (path for path in work.data.rglob("*") if path.is_file())
    visible = (path for path in files if not path.name.startswith("."))
    return [
        f"{path.relative_to(work.data)}: {why}" for path in visible for why in _damage(path, torn)
    ]


def _damage(path: Path, torn: bool) -> Iterator[str]:
    try:
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".jsonl":
            lines = path.read_text().split("\n")
            for line in lines[:-1]:
                json.loads(line)
            if lines[-1] and not torn:
                yield "its last line is torn"
        elif path.suffix == ".parquet":
            pq.read_table(path)
        elif path.suffix == ".csv":
            if len({len(row) for row in csv.reader(path.open(newline=""))}) > 1:
                yield "its rows differ in length"
            if path.name == "membership.csv" and not is_as_sealed(str(path)):
                yield "it is not what its manifest tells of"
        elif path.suffix == ".html" and not path.read_text().rstrip().endswith("</html>"):
            yield "it has no end"
        elif path.name == "parsed.txt":
            metadata = json.loads((path.parent / "metadata.json").read_text())
            if metadata["status"] != "ok" or not path.stat().st_size:
                yield "its metadata tell of no success"
    except (ValueError, OSError) as error:
        yield f"{type(error).__name__}: {error}"


def undisturbed(work: Workspace, place: Path) -> Workspace:
    """The same experiment made in one piece, from the same answers and without a call."""
    copy = Workspace(place, "http://127.0.0.1:9/v1", dict(work.config))
    shutil.rmtree(copy.data)
    for source in work.data.rglob("*"):
        path = source.relative_to(work.data)
        if source.is_file() and (
            path.parts[0] in ("1_raw", "combo_mappings.csv") or path.name == "attempts.jsonl"
        ):
            (copy.data / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy.data / path)
    copy.config["endpoints"] = {
        name: {**endpoint, "base_url": copy.base_url}
        for name, endpoint in work.config["endpoints"].items()
    }
    return copy


def differences(work: Workspace, other: Workspace, *folders: str) -> list[str]:
    """The files below some folders that are not the same, byte for byte."""
    names = {
        path.relative_to(root.data).as_posix()
        for root in (work, other)
        for folder in folders
        for path in (root.data / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    return sorted(name for name in names if _bytes(work, name) != _bytes(other, name))


def _bytes(work: Workspace, name: str) -> bytes | None:
    path = work.data / name
    return path.read_bytes() if path.is_file() else None
