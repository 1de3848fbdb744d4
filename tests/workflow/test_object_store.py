"""`store: s3://...`: hosts that share nothing but a bucket make one cohort, and each call once."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.mock_server import Fault, MockServer
from tests.support.s3 import S3Server
from tests.support.workspace import Workspace

Host = Callable[[str], Workspace]
CALLS = 3 + 3 + 6  # drafts, essays that are no copies, evaluations
GENERATIONS = 3 + 6 + 6
CALLED = ("draft", "essay", "evaluation")


@pytest.fixture
def host(tmp_path: Path, server: MockServer, s3_address: str) -> Host:
    """A host whose disk is empty."""

    def make(name: str) -> Workspace:
        work = Workspace(tmp_path / name, server.base_url, {"store": s3_address})
        shutil.rmtree(work.data)
        return work

    return make


@pytest.fixture
def home(tmp_path: Path, server: MockServer, s3_address: str) -> Workspace:
    """The researcher's own host, on which the cohort was made and nothing else."""
    work = Workspace(tmp_path / "home", server.base_url, {"store": s3_address})
    work.run("cohort")
    return work


def answers(work: Workspace) -> Iterator[tuple[str, list[str]]]:
    for stage in CALLED:
        for folder in sorted(work.data.glob(f"gens/{stage}/*")):
            yield folder.name, work.answers(stage, folder.name)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_slices_on_hosts_of_their_own_make_the_cohort_and_tables_are_made_at_home(
    home: Workspace, host: Host, server: MockServer, s3: S3Server
) -> None:
    s3.reset()
    host("a").run("evaluation", "--config", "slice=1/2")
    assert server.paid == 8
    host("b").run("evaluation", "--config", "slice=2/2")
    assert server.paid == CALLS
    # A copied essay has two files, the others five; nothing is read but what they come from.
    assert s3.requests("gens/") == {"PUT": 5 * 12 + 2 * 3, "LIST": 4}

    run = home.run("results_processing")
    assert server.paid == CALLS
    assert len(home.scores()) == 6 and all(row["score"] for row in home.scores())
    assert "Traceback" not in run.output
    s3.reset()
    home.run("results_processing")
    assert set(s3.requests()) == {"LIST"}


def test_a_host_that_dies_loses_no_answer_that_was_used(
    home: Workspace, host: Host, server: MockServer
) -> None:
    server.latency_s = 0.3
    lost = host("lost")
    process = lost.start("evaluation")
    wait_until(lambda: len(list(lost.data.glob("gens/essay/*/raw.txt"))) > 0)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    used = {path.parent.name for path in lost.data.glob("gens/*/*/raw.txt")}
    bought = dict(answers(lost))
    shutil.rmtree(lost.root)  # and its disk with it
    server.latency_s, server_paid = 0.0, server.paid
    new = host("new")
    new.run("evaluation")
    kept = dict(answers(new))
    assert used and all(kept[gen_id] == bought[gen_id] for gen_id in used)
    assert server.paid - server_paid <= CALLS - len(used)
    assert {len(texts) for texts in kept.values()} == {0, 1}  # copies have none


@pytest.mark.slow
def test_two_hosts_that_run_the_same_pay_once(
    home: Workspace, host: Host, server: MockServer
) -> None:
    server.latency_s = 2.0
    hosts = [host(name) for name in ("first", "second")]
    runs = [work.start_making("evaluation") for work in hosts]
    outputs = [run.communicate(timeout=240)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert server.paid == CALLS
    first, second = (dict(answers(work)) for work in hosts)
    assert first == second


@pytest.mark.slow
def test_failures_and_forces_are_those_of_one_data_root(
    home: Workspace, host: Host, server: MockServer
) -> None:
    server.fault(Fault.status(400), containing="[longer]", times=1)
    a = host("a")
    a.run("evaluation", ok=False)
    (failed,) = [
        p.parent
        for p in a.data.glob("gens/essay/*/metadata.json")
        if not (p.parent / "parsed.txt").exists()
    ]
    paid = server.paid
    b = host("b")
    b.run("evaluation")
    assert server.paid == CALLS and paid == CALLS - 2
    outcomes = [line["outcome"] for line in b.ledger("essay", failed.name)]
    assert outcomes == ["failed", "answer"]

    host("c").run("evaluation", "-R", "generate_evaluation")
    assert server.paid == CALLS + 6
    home.run("evaluation")
    assert server.paid == CALLS + 6
    assert {len(home.answers("evaluation", i)) for i in home.ids("evaluation")} == {2}


@pytest.mark.slow
def test_a_forced_text_that_fails_is_not_made_anywhere(
    home: Workspace, host: Host, server: MockServer
) -> None:
    host("a").run("generation_draft")
    draft = home.ids("draft")[0]
    server.fault(Fault.status(400), times=None)
    host("b").run("-f", home.target("draft", draft), ok=False)
    server.clear_rules()
    c = host("c")
    c.run("generation_draft", "-n")
    assert not c.gen("draft", draft).exists()
    assert len(list(c.data.glob("gens/draft/*/parsed.txt"))) == 2


def test_a_bucket_that_is_not_there_and_a_budget_are_told_before_anything_is_made(
    work: Workspace, s3: S3Server, server: MockServer
) -> None:
    work.config["store"] = "s3://nowhere-at-all/lab"
    run = work.run("evaluation", ok=False)
    assert "Error: s3://nowhere-at-all/lab: cannot list: there is no bucket" in run.output
    assert "Traceback" not in run.output
    run = work.run("evaluation", "--config", "budget_usd=1", ok=False)
    assert "budget_usd cannot be kept by hosts that share a bucket only" in run.output
    assert server.received == 0
