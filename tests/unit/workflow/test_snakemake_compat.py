from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from daydream.workflow.snakemake_compat import SPARE, spare_looks


def limiter(jobs: int = 100, seconds: float = 1):
    return SimpleNamespace(max_jobs=jobs, timespan=seconds)


def scheduler(**given):
    plain = {
        "resources": {"_cores": 3},
        "subsample": 100,
        "job_rate_limiter": limiter(),
        "_open_jobs": threading.Semaphore(1),
        "open_jobs": [],
        "run": lambda jobs, executor=None: None,
    }
    return SimpleNamespace(**plain | given)


def test_wakes_that_come_before_the_look_are_one():
    one = scheduler()
    spare_looks(one)
    one._open_jobs.acquire()  # the first look, which is always due
    for _ in range(5):
        one._open_jobs.release()
    one._open_jobs.acquire()
    assert not looks_again(one)


def test_a_job_that_finishes_during_a_look_brings_another():
    one = scheduler()
    spare_looks(one)
    one._open_jobs.acquire()
    one._open_jobs.release()
    assert looks_again(one)


def test_a_look_chooses_among_the_places_that_are_free_and_some_more():
    one = scheduler()
    spare_looks(one)
    one._open_jobs.acquire()
    one.resources["_cores"] = 0
    one._open_jobs.release()
    one._open_jobs.release()
    one._open_jobs.acquire()
    assert one.subsample == 2 + SPARE


def test_of_two_limits_the_narrower_counts_the_free_places():
    one = scheduler(resources={"_cores": 10**18, "_nodes": 4})
    spare_looks(one)
    one._open_jobs.acquire()
    assert one.subsample == 4 + 1 + SPARE


def test_a_look_never_chooses_among_more_than_the_profile_says():
    one = scheduler(resources={"_cores": 500})
    spare_looks(one)
    one._open_jobs.acquire()
    assert one.subsample == 100


def test_without_a_subsample_the_free_places_set_one():
    one = scheduler(subsample=None, resources={"_cores": 500})
    spare_looks(one)
    one._open_jobs.acquire()
    assert one.subsample == 500 + 1 + SPARE


def looks_again(one) -> bool:
    looked = threading.Event()

    def look() -> None:
        one._open_jobs.acquire()
        looked.set()

    threading.Thread(target=look, daemon=True).start()
    return looked.wait(0.2)


@pytest.mark.parametrize(
    ("places", "ready", "again"), [(5, ["a job"], True), (0, ["a job"], False), (5, [], False)]
)
def test_when_jobs_were_started_and_places_and_jobs_are_left_it_looks_again(places, ready, again):
    one = scheduler(resources={"_cores": places}, open_jobs=ready)
    spare_looks(one)
    one._open_jobs.acquire()
    one.run(["another"], executor=None)
    assert looks_again(one) is again


def test_when_no_job_could_be_started_it_waits_for_one_to_finish():
    one = scheduler(resources={"_cores": 5}, open_jobs=["one that wants more"])
    spare_looks(one)
    one._open_jobs.acquire()
    assert not looks_again(one)


def test_jobs_are_still_started_as_they_were():
    started = []
    one = scheduler(run=lambda jobs, executor=None: started.append((jobs, executor)))
    spare_looks(one)
    one.run(["a", "b"], executor="local")
    one.run(["c"])
    assert started == [(["a", "b"], "local"), (["c"], None)]


def test_the_limit_of_job_starts_goes_unless_somebody_asked_for_one():
    default, asked = scheduler(), scheduler(job_rate_limiter=limiter(10, 60))
    spare_looks(default)
    spare_looks(asked)
    assert default.job_rate_limiter is None
    assert asked.job_rate_limiter.max_jobs == 10


def test_no_input_is_sized_and_all_weigh_the_same():
    one = scheduler(update_input_sizes=None, _input_sizes={})
    spare_looks(one)
    asyncio.run(one.update_input_sizes(["a job whose input another run has just removed"]))
    assert one._input_sizes["any file"] == 0


def test_a_scheduler_of_another_make_is_left_alone():
    other = scheduler(_open_jobs=None)
    spare_looks(other)
    assert other._open_jobs is None
    assert other.job_rate_limiter is not None
