"""`store: s3://...`: hosts that share nothing but a bucket make one cohort, and each call once."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daydream.cli.main import main
from tests.support.mock_server import Fault, MockServer
from tests.support.s3 import S3Server, skip_without_packages
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
    budget = "budget_calls=1000"
    host("a").run("evaluation", "--config", "slice=1/2", budget)
    assert server.paid == 8
    host("b").run("evaluation", "--config", "slice=2/2", budget)
    assert server.paid == CALLS
    # A copied essay has two files, the others five; nothing is read but what they come from.
    assert s3.requests("gens/") == {"PUT": 5 * 12 + 2 * 3, "LIST": 5}  # one for the first budget
    assert s3.requests("budget/").total() <= GENERATIONS  # so below six for each of them

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


def spent_at_home(work: Workspace) -> int:
    return json.loads((work.data / "budget" / "spent.json").read_text())["spent"]["calls"]


def test_hosts_that_share_a_bucket_use_up_a_budget_and_a_larger_one_goes_on(
    home: Workspace, host: Host, server: MockServer
) -> None:
    # What was spent before, with a budget of one host or without any, counts.
    store = home.config.pop("store")
    home.run("generation_draft", "--config", "budget_calls=3")
    home.config["store"] = store
    assert main(["push", store, "--config", f"data_root={home.data}"]) == 0
    assert server.received == spent_at_home(home) == 3
    server.latency_s = 0.3
    hosts = [host("a"), host("b")]
    for number, work in enumerate(hosts, 1):
        work.config |= {"budget_calls": 9, "slice": f"{number}/2"}
    runs = [work.start_making("evaluation") for work in hosts]
    outputs = [run.communicate(timeout=240)[0] for run in runs]
    assert server.received == server.paid == 9, outputs
    refused = [text for run, text in zip(runs, outputs, strict=True) if run.returncode]
    assert refused and all(
        "Stopped: the budget of 9 calls is spent: " in text
        and ", 9 call(s) so far" in text
        and "Raise it and run again" in text
        for text in refused
    ), outputs
    assert any("tokens, 3 call(s), of a budget of 9 calls." in text for text in outputs), outputs
    run = home.run("evaluation", "--config", "budget_calls=12")
    assert "tokens, 9 call(s), of a budget of 12 calls." in run.output
    assert server.received == server.paid == CALLS == spent_at_home(home)
    assert max(server.paid_by_prompt.values()) == 1


def test_a_killed_run_and_its_successor_never_call_more_often_than_the_budget(
    home: Workspace, host: Host, server: MockServer
) -> None:
    home.replicates(evaluation=4)
    home.run("cohort")
    home.config["budget_calls"] = 20
    server.latency_s = 0.3
    lost = host("lost")
    lost.config["budget_calls"] = 20
    process = lost.start("evaluation", "-c4")
    wait_until(lambda: server.received > 8)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    server.latency_s, before = 0.0, server.received
    run = home.run("evaluation", ok=False)
    (said,) = re.findall("^A run that was killed or cut off .*$", run.output, re.MULTILINE)
    (taken,) = re.findall(r"(\d+) call\(s\) of the budget", said)
    assert before <= int(taken) < 20 and server.received == before + 20 - int(taken)
    assert "budget of 20 calls is spent: " in run.output
    home.run("evaluation", "--config", "budget_calls=60")
    ids = [(stage, gen_id) for stage in CALLED for gen_id in home.ids(stage)]
    assert sum(len(home.answers(*of)) for of in ids) == 3 + 3 + 24
    assert server.paid <= 30 + 4  # those on the wire when it was killed are asked again


def test_no_call_starts_beyond_the_allotment_once_the_bucket_cannot_be_reached(
    work: Workspace, server: MockServer
) -> None:
    skip_without_packages()
    with S3Server() as gone, pytest.MonkeyPatch.context() as patch:
        for name, value in gone.environment.items():
            patch.setenv(name, value)
        work.config |= {"store": f"s3://{gone.new_bucket()}/lab", "budget_calls": 1000}
        server.latency_s = 0.5
        run = work.start_making("evaluation", "-c3")
        wait_until(lambda: server.received > 6)
        gone.stop()
        output, _ = run.communicate(timeout=240)
    assert run.returncode == 1 and server.received < CALLS
    assert len(re.findall("^data/gens/.*: StoreError: s3://", output, re.MULTILINE)) == 1
    assert "Could not connect" in output and "the next run sends it" in output
    assert "Traceback" not in output


def test_a_store_that_cannot_be_used_and_batches_are_told_before_anything_is_made(
    work: Workspace,
    s3: S3Server,
    s3_address: str,
    server: MockServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work.config["store"] = "s3://nowhere-at-all/lab"
    run = work.run("evaluation", ok=False)
    assert "Error: s3://nowhere-at-all/lab: cannot list: there is no bucket" in run.output
    assert "Traceback" not in run.output
    run = work.run("evaluation", "--config", "batch=true", ok=False)
    assert "batch cannot be used by hosts that share a bucket only" in run.output
    work.config["store"] = s3_address
    monkeypatch.setattr(s3.door, "is_careless", True)
    run = work.run("evaluation", ok=False)
    assert f"Error: {s3_address}: the server lacks conditional writes" in run.output
    assert s3.requests(f"{s3_address[-8:]}/.cond") == {"PUT": 2, "DELETE": 1}
    assert server.received == 0
