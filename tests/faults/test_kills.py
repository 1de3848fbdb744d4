"""A run that is killed at any moment loses nothing, buys nothing twice and leaves nothing half."""

from __future__ import annotations

import os
import random
import shutil
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.killing import SIGNALS, TABLES, Killer, differences, undisturbed
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

CALLS = 12  # of 3 drafts, 3 essays that are no copies, 6 evaluations
SOAK_KILLS = 10  # for each of the six phases
MADE = (*TABLES, "8_report")
Phase = Callable[[Killer, signal.Signals], None]


def checkpoint(killer: Killer, number: signal.Signals) -> None:
    """While the cohort is made, again and again."""
    shutil.rmtree(killer.work.data / "cohorts", ignore_errors=True)
    killer.kill(number, lambda: True, 6.0, "cohort")


def calls(killer: Killer, number: signal.Signals) -> None:
    """While calls are under way, until all are answered; then from the start."""
    server, work = killer.server, killer.work
    if sum(1 for _ in work.data.glob("gens/evaluation/*/parsed.txt")) >= CALLS / 2:
        shutil.rmtree(work.data / "gens")
        server.paid_by_prompt.clear()
    moment = server.received + killer.dice.randint(1, 6)
    killer.kill(number, lambda: server.received >= moment, server.latency_s, "evaluation")


def batch(killer: Killer, number: signal.Signals) -> None:
    """While a batch is written, under way or read."""
    server, work = killer.server, killer.work
    work.config["batch"] = True
    work.config["endpoints"]["mock"] |= {"batch": True, "batch_wait_s": 0.5, "batch_poll_s": 0.1}
    server.batch_delay_s = 1.0
    if sum(1 for _ in work.data.glob("gens/evaluation/*/parsed.txt")) >= CALLS / 2:
        shutil.rmtree(work.data / "gens")
        server.paid_by_prompt.clear()
    moment = len(server.batches) + 1
    killer.kill(number, lambda: len(server.batches) >= moment, 3.0, "evaluation")


def tables(killer: Killer, number: signal.Signals) -> None:
    """While tables are made."""
    for folder in MADE:
        shutil.rmtree(killer.work.data / folder, ignore_errors=True)
    scores = killer.work.data / "5_parsing" / "trial" / "parsed_scores.csv"
    killer.kill(number, scores.exists, 12.0)


def report(killer: Killer, number: signal.Signals) -> None:
    """While the report is made."""
    work = killer.work
    shutil.rmtree(work.data / "8_report", ignore_errors=True)
    killer.kill(number, (work.data / "8_report").exists, 3.0)


def export(killer: Killer, number: signal.Signals) -> None:
    """While an archive is written over an older one."""
    work = killer.work
    path = work.root / "trial.zip"
    path.write_bytes(b"older")
    killer.kill_command(number, 3.0, "export")
    if path.read_bytes() != b"older":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None and "trial/SHA256SUMS" in archive.namelist()


def killed(phase: Phase, kills: int, work: Workspace, server: MockServer, seed: int) -> Killer:
    """An experiment after so many kills in a phase, at which everything held."""
    killer = Killer(work, server, random.Random(seed), in_batches=phase is batch)
    while killer.tally.count < kills:
        phase(killer, SIGNALS[killer.tally.count % len(SIGNALS)])
        assert killer.tally.ended_before < 5 * kills, "the phase is too short to be met"
    print(phase.__name__, killer.tally)
    assert killer.tally.bought_twice == []
    assert killer.tally.damaged == []
    return killer


def finish(killer: Killer, place: Path, *target: str) -> None:
    """End the experiment; it is that of a run in one piece from the same answers."""
    work, server = killer.work, killer.server
    server.latency_s = server.batch_delay_s = 0.0
    killer.finish(*target)
    assert killer.tally.damaged == []
    other = undisturbed(work, place)
    other.run(*target)
    assert differences(work, other, *TABLES) == []
    texts = differences(work, other, "gens")
    assert [name for name in texts if not name.endswith("metadata.json")] == []


@pytest.mark.slow
@pytest.mark.parametrize("phase", [checkpoint, calls, batch, tables, report, export])
def test_kills_in_every_phase(
    phase: Phase, tmp_path: Path, work: Workspace, server: MockServer
) -> None:
    seed = int(os.environ.get("SEED", "10"))
    if phase in (tables, report, export):
        work.run()
    work.config["endpoints"]["mock"]["max_concurrency"] = 3
    server.latency_s = 0.3
    killer = killed(phase, SOAK_KILLS, work, server, seed)
    assert killer.tally.lost <= killer.tally.kills.get("SIGKILL", 0) * 3 * 2
    finish(killer, tmp_path / "other")


def test_a_few_kills_among_checkpoint_calls_and_export(
    tmp_path: Path, work: Workspace, server: MockServer
) -> None:
    work.config["endpoints"]["mock"]["max_concurrency"] = 2
    server.latency_s = 0.3
    killed(checkpoint, 1, work, server, 1)
    killed(calls, 2, work, server, 2)
    server.latency_s = 0.0
    work.run("evaluation")
    killer = killed(export, 1, work, server, 3)
    finish(killer, tmp_path / "other", "results_processing")
