"""An optional text that was taken away, or put back, is a change with a time of its own."""

from __future__ import annotations

import os
from pathlib import Path

from daydream.experiment.cohort import write_cohort
from daydream.workflow.inputs import Inputs
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.out_of_date import by_times
from daydream.workflow.project import Project
from tests.support.workspace import Workspace
from tests.unit.workflow.conftest import Open

SYSTEM = "data/1_raw/templates/evaluation/novelty.system.txt"
BEES = "data/1_raw/concepts/descriptions-paragraph/bees.txt"


def make_again(project: Project) -> None:
    generator = GenerationJobs(project).generator
    for member in project.design.members():
        generator.make(member)


def reasons(project: Project) -> dict[str, int]:
    found: dict[str, int] = {}
    for ids in by_times(project).values():
        for reason in ids.values():
            found[reason] = found.get(reason, 0) + 1
    return found


def test_a_system_prompt_that_is_gone_or_back_makes_its_generations_again_once(
    open_project: Open, work: Workspace
) -> None:
    system = work.write("templates/evaluation/novelty.system.txt", "You judge.")
    os.utime(system, (1, 1))
    write_cohort(open_project().design)
    open_project().vanished.note()
    make_again(open_project())
    assert reasons(open_project()) == {}
    for change in (
        system.unlink,
        lambda: (system.write_text("You judge."), os.utime(system, (1, 1))),
    ):
        change()
        assert reasons(open_project()) == {f"prompt changed: {SYSTEM}": 6}
        open_project().vanished.note()
        assert reasons(open_project()) == {f"prompt changed: {SYSTEM}": 6}
        make_again(open_project())
        open_project().vanished.note()
        assert reasons(open_project()) == {}


def test_a_description_that_is_gone_concerns_the_drafts_of_its_concept(
    open_project: Open, work: Workspace
) -> None:
    write_cohort(open_project().design)
    open_project().vanished.note()
    make_again(open_project())
    Path(BEES).unlink()
    work.write("concepts/descriptions-sentence/bees.txt", "They fly.")
    os.utime(work.raw("concepts/descriptions-sentence/bees.txt"), (1, 1))
    found = reasons(open_project())
    assert found[f"prompt changed: {BEES}"] == 2 and set(found) == {
        f"prompt changed: {BEES}",
        "parent changed",
    }


def test_only_a_dry_run_is_shown_a_change_that_is_not_noted_and_it_writes_nothing(
    open_project: Open, work: Workspace
) -> None:
    write_cohort(open_project().design)
    project = open_project()
    project.vanished.note()
    before = work.files()
    Path(BEES).unlink()
    drafts = {m.gen_id for m in project.design.members() if m.stage == "draft"}
    inputs = Inputs(open_project())
    shown = [inputs.sources("draft", i, dryrun=True).get("removed", []) for i in sorted(drafts)]
    assert sorted(map(len, shown)) == [0, 1, 1]
    assert all("removed" not in inputs.sources("draft", gen_id) for gen_id in drafts)
    assert work.files() == before - {BEES}
    open_project().vanished.note()
    inputs = Inputs(open_project())
    noted = [inputs.sources("draft", gen_id).get("removed", []) for gen_id in sorted(drafts)]
    assert [len(one) for one in noted] == [len(one) for one in shown]


def test_a_text_that_no_run_has_seen_is_not_missed(open_project: Open, work: Workspace) -> None:
    write_cohort(open_project().design)
    make_again(open_project())
    Path(BEES).unlink()
    work.write("concepts/descriptions-sentence/bees.txt", "They fly.")
    os.utime(work.raw("concepts/descriptions-sentence/bees.txt"), (1, 1))
    open_project().vanished.note()
    assert reasons(open_project()) == {}
