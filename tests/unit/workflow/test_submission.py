"""Slices of a run: which have work, what they are ordered to do, what they leave."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from daydream.experiment.cohort import write_cohort
from daydream.experiment.next_steps import Options
from daydream.store.files import write_text
from daydream.workflow import jobs_over
from daydream.workflow.forcing import FORCED_VARIABLE
from daydream.workflow.jobs_over import MAX_LOOKS, JobsOver, file_of_job, shown_job
from daydream.workflow.project import Project
from daydream.workflow.slice_job import FAILED
from daydream.workflow.submission import CommandLine, Submission
from tests.support.workspace import Workspace
from tests.unit.workflow.conftest import Open


def submission(project: Project, *targets: str, count: int = 2) -> Submission:
    options = Options(configfiles=("own.yaml",), config=("k_max=2",))
    return Submission(project, count, lambda: CommandLine(targets, options))


@pytest.fixture
def project(open_project: Open) -> Project:
    opened = open_project(slice_min=1)
    write_cohort(opened.design)
    return opened


def make(project: Project, stage: str) -> None:
    for member in project.design.members():
        if member.stage == stage:
            write_text(project.layout.parsed(member.stage, member.gen_id), "text")


def test_a_target_waits_for_the_slices_that_have_something_to_make(project: Project) -> None:
    made = submission(project)
    marks = made.waits_for("generation_draft")
    assert marks == [made.mark("generation_draft", n) for n in (1, 2)]
    assert {len(ids) for ids in made.planned.values()} == {3, 0}
    order = json.loads(Path(made.order("generation_draft", "2-of-2")).read_text())
    assert (order["target"], order["slice"]) == ("generation_draft", "2/2")
    assert (order["config"], order["configfiles"]) == (["k_max=2"], ["own.yaml"])
    assert order["forced"] == {}
    assert made.slices_over == (0, 2)


def test_what_is_made_is_waited_for_by_its_newest_file(project: Project) -> None:
    make(project, "draft")
    (path,) = submission(project).waits_for("generation_draft")
    assert path.endswith("/parsed.txt") and "/gens/draft/" in path


def test_forced_generations_are_in_the_order_with_the_answers_they_had(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(project, "draft")
    monkeypatch.setenv(FORCED_VARIABLE, "generate_draft")
    made = submission(project, count=1)
    made.waits_for("generation_draft")
    order = json.loads(Path(made.order("generation_draft", "1-of-1")).read_text())
    assert len(order["forced"]) == 3 and set(order["forced"].values()) == {0}


def test_a_mark_says_that_a_slice_is_over_and_whether_something_failed(project: Project) -> None:
    made = submission(project)
    first, second = made.waits_for("generation_draft")
    write_text(first, "")
    assert made.slices_over == (1, 2) and not made.has_failures
    os.utime(first, (0, 0))  # as one of an earlier run
    assert made.slices_over == (0, 2)
    os.utime(first)
    write_text(second, FAILED)
    assert made.slices_over == (2, 2) and made.has_failures
    make(project, "draft")
    assert made.made()["draft"] == 3


def test_a_job_is_over_when_it_holds_its_file_no_longer(project: Project) -> None:
    made = submission(project)
    first, second = made.waits_for("generation_draft")
    with shown_job(first), shown_job(second):
        assert made.marks_of_jobs_over == set()
    assert made.marks_of_jobs_over == {first, second}
    assert made.marks_made == set()
    with shown_job(second):  # put back into the queue, and begun again
        assert made.marks_of_jobs_over == {first}
    for mark in (first, second):
        os.utime(file_of_job(mark), (0, 0))  # of an earlier run
    assert made.marks_of_jobs_over == set()


def test_the_jobs_of_many_slices_are_looked_at_by_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    monkeypatch.setattr(jobs_over, "is_held", lambda path: tried.append(path) is None)
    files = [str(tmp_path / f"{number}.alive") for number in range(30)]
    for file in files:
        write_text(file, "host")
    jobs = JobsOver()
    assert jobs.among(files) == set()
    assert len(set(tried)) == MAX_LOOKS
    monkeypatch.setattr(jobs_over, "is_held", lambda path: tried.append(path) is not None)
    assert [len(jobs.among(files)) for _ in range(4)] == [10, 20, 30, 30]
    assert len(tried) == MAX_LOOKS + len(files)


def test_comparisons_wait_for_the_essays_of_all_slices(open_project: Open, work: Workspace) -> None:
    work.compare()
    project = open_project(slice_min=1)
    write_cohort(project.design)
    made = submission(project, "comparison")
    assert made.before("comparison") == [made.mark("generation_essays", n) for n in (1, 2)]
    assert submission(project, "all").before("comparison")[0].endswith("evaluation/1-of-2.made")
    assert made.before("evaluation") == []


@pytest.mark.parametrize(
    ("config", "made", "count"),
    [
        ({"slice_min": 1}, [], 5),
        ({"slice_min": 4}, [], 4),  # of 15 generations
        ({"slice_min": 4}, ["draft", "essay"], 2),  # 6 are left
        ({}, [], 1),
        ({"default_endpoint": "own", "endpoints": {"own": {"serve": "vllm serve"}}}, [], 5),
    ],
)
def test_there_are_fewer_slices_than_asked_for_where_little_is_left(
    open_project: Open, config: dict[str, object], made: list[str], count: int
) -> None:
    project = open_project(**config)
    write_cohort(project.design)
    for stage in made:
        make(project, stage)
    assert submission(project, count=5).count == count
