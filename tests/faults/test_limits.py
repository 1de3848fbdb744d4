"""What Snakemake would pass over in silence or crash at is told, or made to work."""

from __future__ import annotations

import resource
import subprocess

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


@pytest.mark.parametrize(
    ("arguments", "files", "words"),
    [
        (["--until", "generate_draft"], 4096, "instead: snakemake generation_draft"),
        (["-c", "2000", "generation_draft"], 100, "Ask for fewer at once"),
    ],
    ids=["until a rule behind the checkpoint", "a hard limit of 100 open files"],
)
def test_what_snakemake_would_pass_over_or_crash_at_is_told(
    work: Workspace, arguments: list[str], files: int, words: str
) -> None:
    run = subprocess.run(
        work.command(*arguments),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
    )
    assert run.returncode == 1
    assert run.stderr.count("Error: ") == 1 and words in run.stderr
    assert "Traceback" not in run.stderr


def test_a_run_raises_its_own_limit_on_open_files(work: Workspace, server: MockServer) -> None:
    work.replicates(draft=20)
    server.latency_s = 0.5
    run = subprocess.run(
        work.command("-c", "60", "generation_draft"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096)),
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert server.received == 60
