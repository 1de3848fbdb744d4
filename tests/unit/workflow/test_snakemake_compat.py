"""Reaches into Snakemake's insides, held against the classes of the Snakemake that is installed."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from snakemake.dag import DAG
from snakemake.jobs import Job
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.settings.types import MaxJobsPerTimespan
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_logger_plugins.common import LogEvent

from daydream.experiment.next_steps import Options
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.snakemake_compat import SPARE_JOBS, Polls, coalesce_polls, guard, node

# --- the scheduler: Snakemake's own class, around a workflow that has nothing to do


@pytest.fixture
def scheduler() -> Iterator[Callable[..., Any]]:
    """Makes schedulers; the constructor of one takes SIGTERM over."""
    previous = signal.getsignal(signal.SIGTERM)
    yield make_scheduler
    signal.signal(signal.SIGTERM, previous)


def make_scheduler(
    resources: dict[str, int | None] | None = None,
    subsample: int | None = 100,
    limit: tuple[int, str] = (100, "1s"),
    ready: list[Any] | None = None,
) -> Any:
    workflow = MagicMock(dryrun=False, touch=False, local_exec=True)
    workflow.scheduling_settings.subsample = subsample
    workflow.scheduling_settings.max_jobs_per_timespan = MaxJobsPerTimespan(*limit)
    workflow.remote_execution_settings.immediate_submit = False
    workflow.global_resources.expand_items.return_value = []
    workflow.global_resources.__getitem__.return_value.value = None
    workflow.dag.ready_jobs = ready or []
    made = JobScheduler(workflow, MagicMock(), MagicMock(), MagicMock())
    made.resources = {"_cores": 3} if resources is None else resources
    return made


def test_wake_ups_that_come_before_the_poll_are_one(scheduler):
    one = scheduler()
    coalesce_polls(one)
    one._open_jobs.acquire()  # the first poll, which is always due
    for _ in range(5):
        one._open_jobs.release()
    one._open_jobs.acquire()
    assert not polls_again(one)


def test_a_job_that_finishes_during_a_poll_brings_another(scheduler):
    one = scheduler()
    coalesce_polls(one)
    one._open_jobs.acquire()
    one._proceed("a job")  # what an executor calls when a job is over
    assert polls_again(one)


def test_a_poll_chooses_among_the_slots_that_are_free_and_some_more(scheduler):
    one = scheduler()
    coalesce_polls(one)
    one._open_jobs.acquire()
    one.resources["_cores"] = 0
    one._open_jobs.release()
    one._open_jobs.release()
    one._open_jobs.acquire()
    assert one.subsample == 2 + SPARE_JOBS


def test_of_two_limits_the_narrower_counts_the_free_slots(scheduler):
    one = scheduler(resources={"_cores": 10**18, "_nodes": 4})
    coalesce_polls(one)
    one._open_jobs.acquire()
    assert one.subsample == 4 + 1 + SPARE_JOBS


def test_a_poll_never_chooses_among_more_than_the_profile_says(scheduler):
    one = scheduler(resources={"_cores": 500})
    coalesce_polls(one)
    one._open_jobs.acquire()
    assert one.subsample == 100


def test_without_a_subsample_the_free_slots_set_one(scheduler):
    one = scheduler(subsample=None, resources={"_cores": 500})
    coalesce_polls(one)
    one._open_jobs.acquire()
    assert one.subsample == 500 + 1 + SPARE_JOBS


def polls_again(one: Any) -> bool:
    polled = threading.Event()

    def poll() -> None:
        one._open_jobs.acquire()
        polled.set()

    threading.Thread(target=poll, daemon=True).start()
    return polled.wait(0.2)


@pytest.mark.parametrize(
    ("slots", "ready", "again"), [(5, ["a job"], True), (0, ["a job"], False), (5, [], False)]
)
def test_when_jobs_were_started_and_slots_and_jobs_are_left_it_polls_again(
    scheduler, slots, ready, again
):
    one = scheduler(resources={"_cores": slots}, ready=ready)
    coalesce_polls(one)
    one._open_jobs.acquire()
    one.run(["another"], executor=MagicMock())
    assert polls_again(one) is again


def test_when_no_job_could_be_started_it_waits_for_one_to_finish(scheduler):
    one = scheduler(resources={"_cores": 5}, ready=["one that wants more"])
    coalesce_polls(one)
    one._open_jobs.acquire()
    assert not polls_again(one)


def test_jobs_are_still_started_as_they_were(scheduler):
    one, executor = scheduler(), MagicMock()
    coalesce_polls(one)
    one.run(["a", "b"], executor=executor)
    one.run(["c"])
    executor.run_jobs.assert_called_once_with(["a", "b"])
    one._executor.run_jobs.assert_called_once_with(["c"])


def test_the_limit_of_job_starts_goes_unless_somebody_asked_for_one(scheduler):
    default, limited = scheduler(), scheduler(limit=(10, "1m"))
    coalesce_polls(default)
    coalesce_polls(limited)
    assert default.job_rate_limiter is None
    assert limited.job_rate_limiter.max_jobs == 10


def test_no_input_is_sized_and_all_weigh_the_same(scheduler):
    one = scheduler()
    coalesce_polls(one)
    asyncio.run(one.update_input_sizes(["a job whose input another run has just removed"]))
    assert one._input_sizes["any file"] == 0


@pytest.mark.parametrize("name", ["_open_jobs", "_input_sizes", "job_rate_limiter", "resources"])
def test_a_scheduler_that_is_built_otherwise_is_left_as_it_is(scheduler, name):
    other = scheduler()
    delattr(other, name)
    before = dict(vars(other))
    coalesce_polls(other)
    assert vars(other) == before


def test_the_end_of_a_run_is_asked_of_the_scheduler(scheduler):
    one = scheduler()
    compat.exit_gracefully(MagicMock(scheduler=one))
    assert one._user_kill == "graceful"


def test_a_scheduler_that_is_made_later_hands_sigterm_over_and_takes_no_lock(
    scheduler, monkeypatch
):
    monkeypatch.setattr(JobScheduler, "exit_gracefully", JobScheduler.exit_gracefully)
    received: list[int] = []
    compat.on_sigterm(lambda number, frame: received.append(number))
    one = scheduler()
    with one._lock:  # as the interrupted thread may
        signal.raise_signal(signal.SIGTERM)
    assert received == [signal.SIGTERM]
    assert one._user_kill is None
    compat.exit_gracefully(MagicMock(scheduler=one))
    assert one._user_kill == "graceful"


def test_after_a_stop_the_blocks_of_jobs_that_were_not_begun_are_kept_from_view(monkeypatch):
    logger = logging.getLogger("snakemake.logging")
    monkeypatch.setattr(logger, "filters", [])
    stopped = False
    compat.mute_job_errors(lambda: stopped)
    records = [
        logging.makeLogRecord({"msg": "x", "event": event})
        for event in (LogEvent.ERROR, LogEvent.JOB_ERROR, LogEvent.RUN_INFO, None)
    ]
    assert all(logger.filter(record) for record in records)
    stopped = True
    assert [bool(logger.filter(record)) for record in records] == [False, False, True, True]


# --- inputs that are pipes


def test_only_the_inputs_of_other_rules_are_searched_for_pipes(monkeypatch):
    searched = []
    monkeypatch.setattr(
        Job, "is_pipe_or_service_input", lambda job, path: searched.append(path) or True
    )
    compat.skip_pipe_searches(lambda snakefile: snakefile.startswith("ours/"))
    assert not Job.is_pipe_or_service_input(job_of("ours/rules/draft.smk"), "a")
    assert Job.is_pipe_or_service_input(job_of("theirs/Snakefile"), "b")
    assert searched == ["b"]


def job_of(snakefile: str, **values: Any) -> Any:
    return MagicMock(rule=MagicMock(snakefile=snakefile), **values)


# --- logs of jobs that succeeded


@pytest.mark.parametrize(
    ("snakefile", "in_storage", "is_made"),
    [("ours/rules/draft.smk", False, 0), ("ours/x.smk", True, 1), ("theirs/Snakefile", False, 1)],
)
def test_no_empty_log_is_made_for_a_job_of_ours(monkeypatch, snakefile, in_storage, is_made):
    monkeypatch.setattr(DAG, "handle_log", DAG.handle_log)  # to be put back
    compat.make_no_empty_logs(lambda path: path.startswith("ours/"))
    log = MagicMock(exists_local=AsyncMock(return_value=False), is_storage=in_storage)
    dag = SimpleNamespace()
    job = job_of(snakefile, log=[log], shadowed_path=lambda path: path)
    asyncio.run(DAG.handle_log(dag, job))
    assert log.touch_or_create.call_count == is_made


# --- what another run makes meanwhile


@pytest.mark.parametrize(
    ("snakefile", "missing", "is_removed"),
    [
        ("ours/draft.smk", {"parsed.txt"}, 0),
        ("ours/draft.smk", set(), 1),
        ("theirs/Snakefile", {"parsed.txt"}, 1),
    ],
)
def test_an_output_of_ours_that_another_run_has_made_meanwhile_is_not_removed(
    monkeypatch, snakefile, missing, is_removed
):
    monkeypatch.setattr(Job, "remove_existing_output", Job.remove_existing_output)
    compat.keep_what_others_made(lambda path: path.startswith("ours/"))
    output, log = MagicMock(remove=AsyncMock()), MagicMock(remove=AsyncMock())
    job = job_of(snakefile, output=[output], log=[log])
    job.rule.output, job.dag.reason.return_value.missing_output = [output], missing
    with monkeypatch.context() as patch:
        patch.setattr("snakemake.jobs.is_flagged", lambda path, flag: False)
        asyncio.run(Job.remove_existing_output(job))
    assert (output.remove.call_count, log.remove.call_count) == (is_removed, 1)


# --- a real run of the installed Snakemake, which notes down what each reach finds

SNAKEFILE = """
import json
from pathlib import Path
from snakemake.dag import DAG
from snakemake.jobs import Job
from snakemake.scheduling.job_scheduler import JobScheduler
from daydream.workflow import snakemake_compat as compat

NOTES = {"sizings": 0, "order": [], "found": 0}
sizes = JobScheduler.update_input_sizes

async def counted(self, jobs):
    NOTES["sizings"] += 1
    await sizes(self, jobs)

JobScheduler.update_input_sizes = counted


def start():
    NOTES["order"].append("start")
    NOTES["forces"] = compat.forces(workflow)
    NOTES["planned"] = compat.planned_jobs(workflow)
    NOTES["counts"] = compat.count_by_rule(workflow)
    NOTES["semaphore"] = type(workflow.scheduler._open_jobs).__name__
    NOTES["limited"] = workflow.scheduler.job_rate_limiter is not None
    NOTES["asked"] = [compat.targets(workflow), compat.until(workflow)]
    NOTES["known targets"] = compat.known_targets(workflow)
    NOTES["modes"] = [compat.is_dry_run(workflow), compat.is_touch(workflow)]
    NOTES["cores"] = compat.local_cores(workflow)
    compat.schedule_quickly(workflow)
    compat.skip_pipe_searches(lambda snakefile: True)
    compat.keep_what_others_made(lambda snakefile: True)
    Path("5.txt").write_text("made by another run meanwhile")
    NOTES["patched"] = type(workflow.scheduler._open_jobs).__name__
    NOTES["limit lifted"] = workflow.scheduler.job_rate_limiter is None
    compat.at_end(workflow, lambda: end("success"), lambda: end("failure"))


def end(how):
    NOTES["order"].append(how)
    Path("notes.json").write_text(json.dumps(NOTES, default=str))


NOTES["sources"] = compat.config_sources(workflow)
NOTES["proposed"] = compat.typed_options(workflow).command("snakemake")
NOTES["name"] = compat.name_in_run(workflow, "piece")
NOTES["modes before"] = [compat.is_main_process(workflow), compat.is_dry_run(workflow)]
NOTES["node"] = compat.only_job(workflow)
NOTES["left out"] = compat.name_in_run(workflow, "nothing")
compat.at_start(start)

rule all:
    input: expand("{number}.txt", number=range(12))

rule piece:
    output: "{number}.txt"
    run:
        NOTES["order"].append("job") if "job" not in NOTES["order"] else None
        if config.get("fail") and wildcards.number == "3":
            compat.exit_gracefully(workflow)
            raise ValueError("it broke")
        NOTES["found"] += Path(output[0]).exists()
        Path(output[0]).write_text("made")

onsuccess:
    NOTES["order"].append("hook")
onerror:
    NOTES["order"].append("hook")
"""
OUTER = """
module inner:
    snakefile: "inner.smk"
    config: config

use rule * from inner exclude nothing as my_*

onerror:
    open("own_hook", "w")
"""


def snakemake(folder: Path, *arguments: str, snakefile: str = "inner.smk") -> tuple[dict, str]:
    (folder / "inner.smk").write_text(SNAKEFILE)
    (folder / "outer.smk").write_text(OUTER)
    (folder / "empty.yaml").write_text("{}")
    command = [sys.executable, "-m", "snakemake", "-s", snakefile, "--force-use-threads"]
    options = ["--scheduler", "greedy", "--nolock", "--config", "cohort=007"]
    done = subprocess.run(
        [*command, "-c", "4", "--configfile", "empty.yaml", *options, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    notes = folder / "notes.json"
    return json.loads(notes.read_text()) if notes.exists() else {}, done.stdout + done.stderr


def test_a_real_run_has_everything_that_is_reached_for(tmp_path: Path) -> None:
    notes, output = snakemake(tmp_path, "-R", "piece", "-f", "all")
    assert notes, output
    assert notes["sources"][0] == ["cohort=007"]
    assert {Path(path).name for path in notes["sources"][1]} == {"empty.yaml"}
    own = f"--configfile {tmp_path / 'empty.yaml'} --config cohort=007"
    assert notes["proposed"] == f"snakemake {own}"
    assert notes["name"] == "piece"
    assert notes["forces"] == [False, ["all"], ["piece"]]
    assert (notes["asked"], notes["known targets"]) == ([["all"], []], ["all"])
    assert (notes["modes before"], notes["modes"]) == ([True, False], [False, False])
    assert (notes["cores"], notes["node"]) == (4, None)
    assert Counter(notes["counts"]) == {"piece": 12, "all": 1}
    pieces = [compat.PlannedJob(*job) for job in notes["planned"] if job[0] == "piece"]
    assert {job.wildcards["number"] for job in pieces} == {str(number) for number in range(12)}
    assert all("Missing output" in job.reason or "Forced" in job.reason for job in pieces)
    assert all(job.snakefile == str(tmp_path / "inner.smk") for job in pieces)
    assert notes["order"] == ["start", "job", "hook", "success"]
    assert "built differently" not in output


def test_a_real_scheduler_is_patched_and_sizes_nothing(tmp_path: Path) -> None:
    notes, output = snakemake(tmp_path)
    assert (notes["semaphore"], notes["limited"]) == ("Semaphore", True), output
    assert (notes["patched"], notes["limit lifted"]) == ("Polls", True)
    assert notes["sizings"] == 0
    assert len(list(tmp_path.glob("*.txt"))) == 12
    assert notes["found"] == 1


def test_a_module_is_told_its_names_and_runs_start_and_end_beside_the_outer_hooks(
    tmp_path: Path,
) -> None:
    notes, output = snakemake(tmp_path, "my_all", "--config", "fail=1", snakefile="outer.smk")
    assert notes, output
    assert notes["name"] == "my_piece"
    assert notes["order"][0] == "start"
    assert notes["order"][-1] == "failure"
    assert (tmp_path / "own_hook").exists()


def test_a_dry_run_starts_as_well_and_ends_without_a_hook(tmp_path: Path) -> None:
    notes, output = snakemake(tmp_path, "-n")
    assert not notes
    assert "Traceback" not in output


# --- jobs of a cluster


@pytest.mark.parametrize(
    ("is_waiting", "seems_over", "intervals"),
    [
        (True, {"a.made"}, 0),  # a job
        (False, set(), 0),  # the run is over
        (True, {"of no job.made"}, 1),
    ],
)
def test_jobs_are_asked_for_when_one_seems_to_be_over_or_else_after_the_interval(
    monkeypatch, is_waiting, seems_over, intervals
):
    over = []

    async def interval(executor: Any) -> None:
        await asyncio.sleep(0.2 if intervals else 60)
        over.append(executor)

    monkeypatch.setattr(RemoteExecutor, "sleep", interval)
    monkeypatch.setattr(node, "LOOK_EVERY_S", 0.01)
    compat.look_when_over(lambda: seems_over)
    job = SimpleNamespace(job=SimpleNamespace(output=["a.made"]))
    executor = SimpleNamespace(wait=is_waiting, active_jobs=[job])
    asyncio.run(asyncio.wait_for(RemoteExecutor.sleep(executor), 10))
    assert len(over) == intervals


def test_a_job_that_seems_to_be_over_and_is_not_is_asked_for_ever_more_rarely(monkeypatch):
    now = 0.0
    monkeypatch.setattr(node.time, "monotonic", lambda: now)
    questions = node._Questions()
    asked = []
    for now in range(100):
        if questions.are_due({"waits.made"}):
            asked.append(now)
    assert asked == [0, 1, 3, 6, 10, 16, 24, 36, 54, 80]
    assert questions.are_due({"waits.made", "another.made"})
    assert not questions.are_due({"waits.made", "another.made"})
    assert not questions.are_due(())  # the job is at work again
    assert questions.are_due({"waits.made"})


# --- a Snakemake that has renamed what is reached for


@pytest.mark.parametrize(
    ("reach", "arguments", "fallback"),
    [
        (compat.config_sources, (object(),), ([], [])),
        (compat.typed_options, (object(),), Options()),
        (compat.forces, (object(),), compat.Forces()),
        (compat.name_in_run, (object(), "all"), None),
        (compat.planned_jobs, (object(),), []),
        (compat.count_by_rule, (object(),), Counter()),
        (compat.at_end, (object(), print, print), None),
        (compat.exit_gracefully, (object(),), None),
        (compat.coalesce_polls, (object(),), None),
        (compat.schedule_quickly, (object(),), None),
        (compat.targets, (object(),), ()),
        (compat.until, (object(),), ()),
        (compat.known_targets, (object(),), ()),
        (compat.local_cores, (object(),), None),
        (compat.only_job, (object(),), None),
        (compat.shield_scripts, (object(),), None),
        (compat.is_main_process, (object(),), True),
        (compat.is_dry_run, (object(),), False),
        (compat.is_touch, (object(),), False),
    ],
)
def test_what_was_renamed_is_missed_with_one_warning(caplog, reach, arguments, fallback) -> None:
    guard.warn_once.cache_clear()
    with caplog.at_level(logging.WARNING, "snakemake.logging"):
        assert reach(*arguments) == fallback
        assert reach(*arguments) == fallback
    assert len(caplog.records) == 1
    assert "is not available" in caplog.text
    assert isinstance(Polls, type)
