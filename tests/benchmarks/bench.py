"""How much time, processor and memory the workflow takes beside its calls.

    python -m tests.benchmarks.bench [--chains 1000] [--latency 1.0] [--in-flight 64] [--repeat 1]
    python -m tests.benchmarks.bench --limit 600 [--calls 1000]
    python -m tests.benchmarks.bench --kill [--chains 1000]

A chain is a draft, its essay and the evaluation of that: three calls, each of which needs the one
before. The mock server is a process of its own with a fixed latency, so that

    floor = 3 x chains x latency / calls in flight

is what no program can beat. Plain: the workflow (default profile, target ``evaluation``) takes
turns with ``plain.py``, which makes the same calls and writes nothing; both are measured as
processes, imports included. Then two runs with nothing to do: the whole target, and one generation
by its path. ``--limit``: the server refuses more than so many requests a minute, the endpoint is
configured for as many; the floor is calls / limit. ``--kill``: SIGKILL to the workflow when half of
the answers are paid, then the same command again; ``paid twice`` are the answers paid beyond one a
call, ``abandoned`` the calls under way at the kill, which a provider may bill though nobody could
read them. Figures are medians over ``--repeat``. Files go to a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.support.workspace import ROOT, Workspace

LIMIT_CALLS = 1000
Figures = dict[str, float]
WORDS = ("tide", "moss", "echo", "kiln", "orbit", "lace", "ember", "drift", "prism", "thaw")


class Used(NamedTuple):
    """What a process and its children took."""

    seconds: float
    cpu_s: float
    peak_mb: float


class Mock:
    """The mock server as a process, and its counts."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def stats(self) -> dict[str, int]:
        return self._fetch("/stats")

    def reset(self) -> None:
        self._fetch("/reset", b"")

    def _fetch(self, path: str, body: bytes | None = None) -> dict[str, int]:
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + path, body) as response:
            return json.load(response)


@contextmanager
def mock(*arguments: object) -> Iterator[Mock]:
    command = [sys.executable, "-m", "tests.support.mock_server", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout
        yield Mock(process.stdout.readline().split()[1])
    finally:
        process.kill()
        process.wait()


def experiment(
    root: Path, server: Mock, chains: int, in_flight: int, limit: float | None
) -> Workspace:
    """An experiment of so many chains: a concept each, and one template and model a stage."""
    endpoint = {
        "base_url": server.base_url,
        "max_concurrency": in_flight,
        "requests_per_minute": limit,
    }
    root.mkdir()
    work = Workspace(root, server.base_url, {"endpoints": {"mock": endpoint}, "k_max": 1})
    names = tuple(f"concept-{number:05}" for number in range(chains))
    for path in work.raw("concepts/descriptions-paragraph").iterdir():
        path.unlink()
    for number, name in enumerate(names):
        words = (WORDS[(number + 7 * n) % len(WORDS)] for n in range(98))
        work.describe(name, f"{name}: {' '.join(words)}.")
    work.concepts(names)
    work.templates("essay", ["longer"], text="Write an essay.\n{{ draft_block }}")
    return work


def launch(command: list[str], path: str = str(ROOT)) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def measure(command: list[str], path: str = str(ROOT)) -> Used:
    """Run a command to its end; ``path`` is where it finds Python's packages.

    Raises:
        SystemExit: with the end of what it said, when it failed.
    """
    began = time.monotonic()
    process = launch(command, path)
    assert process.stderr
    output = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{output.decode()[-3000:]}")
    seconds = time.monotonic() - began
    return Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def workflow(work: Workspace, in_flight: int, *targets: str) -> list[str]:
    return work.command("-j", str(in_flight), *(targets or ("evaluation",)))


def compare(options: argparse.Namespace, root: Path) -> Iterator[Figures]:
    """The workflow and the plain script in turn, and the runs with nothing to do."""
    chains, in_flight = options.chains, options.in_flight
    calls = 3 * chains
    floor = calls * options.latency / in_flight
    with mock("--latency", options.latency) as server:
        for number in range(options.repeat):
            work = experiment(root / str(number), server, chains, in_flight, None)
            ours = measure(workflow(work, in_flight))
            check(server, calls)
            theirs = measure(
                [
                    *(sys.executable, "-m", "tests.benchmarks.plain"),
                    *(server.base_url, str(work.raw("")), str(in_flight)),
                ]
            )
            check(server, calls)
            idle = measure(workflow(work, in_flight))
            one = work.target("evaluation", work.ids("evaluation")[0])
            by_path = measure(workflow(work, in_flight, one))
            check(server, 0)
            yield {
                "workflow, s": ours.seconds,
                "plain script, s": theirs.seconds,
                "floor, s": floor,
                "workflow / plain": ours.seconds / theirs.seconds,
                "workflow / floor": ours.seconds / floor,
                "workflow, CPU ms a call": 1000 * ours.cpu_s / calls,
                "plain script, CPU ms a call": 1000 * theirs.cpu_s / calls,
                "workflow, peak MB": ours.peak_mb,
                "plain script, peak MB": theirs.peak_mb,
                "nothing to do, s": idle.seconds,
                "one target by path, s": by_path.seconds,
            }


def check(server: Mock, paid: int) -> None:
    """A run that bought too much or too little is no measurement."""
    found = server.stats()["paid"]
    if found != paid:
        sys.exit(f"{found} answers were paid, and not {paid}")
    server.reset()


def limited(options: argparse.Namespace, root: Path) -> Iterator[Figures]:
    """A provider with a limit: how close the workflow comes to it, and how often it is refused."""
    chains = -(-options.calls // 3)
    floor = 3 * chains / options.limit * 60
    per_minute = ("--requests-per-minute", options.limit)
    with mock("--latency", options.latency, *per_minute) as server:
        for number in range(options.repeat):
            work = experiment(root / str(number), server, chains, options.in_flight, options.limit)
            used = measure(workflow(work, options.in_flight))
            counts = server.stats()
            check(server, 3 * chains)
            yield {
                "calls": 3.0 * chains,
                "workflow, s": used.seconds,
                "floor, s": floor,
                "workflow / floor": used.seconds / floor,
                "answered 429, %": 100 * counts["refused"] / counts["calls"],
            }


def killed(options: argparse.Namespace, root: Path) -> Iterator[Figures]:
    """SIGKILL in the middle, and the same command again."""
    calls = 3 * options.chains
    with mock("--latency", options.latency) as server:
        for number in range(options.repeat):
            server.reset()
            work = experiment(root / str(number), server, options.chains, options.in_flight, None)
            command = workflow(work, options.in_flight)
            paid_before = kill_in_the_middle(command, server, calls // 2, options.latency)
            resumed = measure(command)
            counts = server.stats()
            yield {
                "calls": float(calls),
                "paid before the kill": float(paid_before),
                "abandoned by the kill": float(counts["abandoned"]),
                "paid twice": float(counts["paid"] - calls),
                "resumed run, s": resumed.seconds,
            }


def kill_in_the_middle(command: list[str], server: Mock, at: int, latency_s: float) -> int:
    """Kill a run when so many answers are paid; returns how many then were.

    Answers come in waves here, hence a random moment: at the crest of a wave more are on the wire.
    """
    process = launch(command)
    while server.stats()["paid"] < at and process.poll() is None:
        time.sleep(0.05)
    time.sleep(random.uniform(0, latency_s))
    if process.poll() is not None:
        sys.exit("the run ended before it could be killed: ask for more chains")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.3)
    return server.stats()["paid"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chains", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=1.0, help="seconds per answer")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--limit", type=float, help="requests a minute")
    parser.add_argument("--calls", type=int, default=LIMIT_CALLS, help="with --limit")
    parser.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    mode = killed if options.kill else limited if options.limit else compare
    with tempfile.TemporaryDirectory(prefix="daydream-bench-") as folder:
        runs = list(mode(options, Path(folder)))
    show(runs)


def show(runs: list[Figures]) -> None:
    width = max(map(len, runs[0]))
    for name in runs[0]:
        figures = sorted(run[name] for run in runs)
        spread = f"  {figures[0]:9.2f} to {figures[-1]:.2f}" if len(runs) > 1 else ""
        print(f"{name:<{width}}  {median(figures):9.2f}{spread}")


if __name__ == "__main__":
    main()
