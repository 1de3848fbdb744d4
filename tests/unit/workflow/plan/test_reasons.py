"""Why a generation is made, in words of the experiment."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from daydream.store.files import write_text
from daydream.workflow.plan.reasons import (
    FORCED,
    MISSING,
    PARENT,
    UNFINISHED,
    Job,
    by_times,
    from_jobs,
)
from daydream.workflow.project import Project
from tests.support.workspace import Workspace
from tests.unit.workflow.conftest import Open

RULES = Path("data/1_raw/templates/evaluation/novelty.txt")


def touch_all(project: Project) -> None:
    """A parsed.txt for everything, without an answer, parents older than children."""
    for number, member in enumerate(project.design.members()):
        path = project.layout.parsed(member.stage, member.gen_id)
        write_text(path, "text")
        later = time.time() + 1 + number / 100
        os.utime(path, (later, later))


def edit(path: Path) -> None:
    later = time.time() + 60
    os.utime(path, (later, later))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Forced execution", FORCED),
        ("Incomplete", UNFINISHED),
        ("Missing output files: x", MISSING),
        (f"Updated input files: {RULES}", f"prompt changed: {RULES}"),
        ("Updated input files: data/gens/essay/e_1/parsed.txt", PARENT),
        (f"Missing output files: x; Updated input files: {RULES}", MISSING),
    ],
)
def test_the_reasons_of_snakemake_are_put_in_our_words(
    open_project: Open, said: str, reason: str
) -> None:
    required = from_jobs(open_project(), [Job("generate_evaluation", "v_1", said)])
    assert required["evaluation"] == {"v_1": reason}


def test_before_the_cohort_is_made_times_of_files_tell_as_far_as_the_targets_reach(
    open_project: Open,
) -> None:
    jobs = [Job("cohort_membership", "", ""), Job("generation_draft", "", "")]
    required = from_jobs(open_project(), jobs)
    assert {stage: len(ids) for stage, ids in required.items()} == {
        **{"draft": 3, "essay": 0},
        **{"evaluation": 0, "comparison": 0},
    }


def test_a_judge_that_sees_concepts_depends_on_their_descriptions_and_no_other_does(
    open_project: Open, work: Workspace
) -> None:
    touch_all(open_project())
    assert not any(by_times(open_project()).values())
    edit(RULES)
    assert len(by_times(open_project())["evaluation"]) == 6
    work.templates("evaluation", ["novelty"], text="{{ response }}{{ concepts | length }}")
    touch_all(open_project())
    description = Path("data/1_raw/concepts/descriptions-paragraph/bees.txt")
    edit(description)
    required = by_times(open_project())
    assert set(required["evaluation"].values()) == {f"prompt changed: {description}"}
    assert len(required["evaluation"]) == 4  # of the two combinations with bees, both essays


def test_a_judge_that_sees_the_draft_depends_on_it(open_project: Open, work: Workspace) -> None:
    work.templates("evaluation", ["novelty"], text="{{ response }}{{ draft }}")
    project = open_project()
    touch_all(project)
    draft = next(m for m in project.design.members() if m.stage == "draft")
    edit(Path(project.layout.parsed("draft", draft.gen_id)))
    essays = {m.gen_id for m in project.design.members() if m.parent_gen_id == draft.gen_id}
    for gen_id in essays:
        edit(Path(project.layout.parsed("essay", gen_id)))
    required = by_times(project)
    assert list(required["evaluation"].values()) == [PARENT, PARENT]
