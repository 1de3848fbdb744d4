"""Snakemake's decisions over many states of an experiment, without a start of Python for each.

A process that has imported Snakemake forks for each question and answers with the jobs of a dry
run, so that nothing of one is left for the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Jobs = set[tuple[str, str]]


class DryRuns:
    """Answers what Snakemake would do."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.dry_runs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def jobs(self, arguments: Sequence[str]) -> Jobs:
        """Rule and first output of every job that a run with these arguments would start.

        Raises:
            RuntimeError: with the end of what Snakemake said, when it failed.
        """
        assert self._process.stdin and self._process.stdout
        print(json.dumps(list(arguments)), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return {(rule, output) for rule, output in answer}

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextmanager
def dry_runs():
    """A process that answers until the end of the block."""
    running = DryRuns()
    try:
        yield running
    finally:
        running.close()


def _serve() -> None:

    import daydream.workflow.open_runs
    import daydream.workflow.plan.planning  # noqa: F401

    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _answer(json.loads(line), writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            print(pipe.read(), file=answers, flush=True)
        os.waitpid(child, 0)


def _answer(arguments: list[str], pipe: int) -> None:
    """Dry-run, write the jobs, and end the process."""
    from snakemake.cli import main
    from snakemake.dag import DAG

    graphs: list[Any] = []
    begin = DAG.__init__

    def remember(graph: Any, *args: Any, **kwargs: Any) -> None:
        graphs.append(graph)
        begin(graph, *args, **kwargs)

    DAG.__init__ = remember  # type: ignore[method-assign]
    said = os.memfd_create("said")
    os.dup2(said, 1)
    os.dup2(said, 2)
    code: object = 0
    try:
        main(["--dry-run", "--quiet", "all", *arguments])
    except SystemExit as end:
        code = end.code
    answer: object
    if code:
        sys.stdout.flush()
        os.lseek(said, 0, os.SEEK_SET)
        answer = os.read(said, 100_000).decode()[-3000:]
    else:
        jobs = graphs[-1].needrun_jobs(exclude_finished=False)
        answer = [(j.rule.name, str(j.output[0]) if j.output else "") for j in jobs]
    with os.fdopen(pipe, "w") as out:
        json.dump(answer, out)
    os._exit(0)


if __name__ == "__main__":
    _serve()
