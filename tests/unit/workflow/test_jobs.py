"""A job makes one generation, and leaves a log only when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import DaydreamError
from daydream.generation import ancestor_texts
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.tables import make_cohort


@pytest.fixture
def jobs(open_project) -> GenerationJobs:
    make_cohort(open_project())
    return GenerationJobs(open_project())


def make(jobs: GenerationJobs, work, gen_id: str, forced: bool = False) -> Path:
    log = work.root / "logs" / "job.log"
    jobs.make("draft", gen_id, work.target("draft", gen_id), str(log), forced)
    return log


def test_a_generation_is_paid_once_unless_it_is_forced(jobs, work, server):
    draft = work.ids("draft")[0]
    make(jobs, work, draft)
    assert work.gen("draft", draft).read_text().strip() and len(server.calls) == 1
    make(jobs, work, draft)
    assert len(server.calls) == 1
    make(jobs, work, draft, forced=True)
    assert len(server.calls) == 2 == len(work.answers("draft", draft))
    assert jobs.in_flight == 0


def test_the_message_of_a_failure_is_in_the_log(jobs, work, monkeypatch):
    monkeypatch.setattr(ancestor_texts, "PARENT_PATIENCE_S", 0.1)
    essay = next(i for i in work.ids("essay") if work.members("essay"))
    with pytest.raises(DaydreamError) as failure:
        jobs.make("essay", essay, work.target("essay", essay), str(work.root / "job.log"))
    assert str(failure.value).splitlines()[0] in (work.root / "job.log").read_text()
    assert not work.gen("essay", essay).exists()


def test_a_generation_of_no_cohort_is_an_error_without_a_call(jobs, work, server):
    with pytest.raises(DaydreamError, match="d_unknown"):
        make(jobs, work, "d_unknown")
    assert len(server.calls) == 0
