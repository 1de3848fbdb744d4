"""Texts that were edited are found with the cohorts that have generations of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from daydream.experiment.cohort import write_cohort
from daydream.experiment.next_steps import Options
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.plan.planning import make_plan
from daydream.workflow.plan.reasons import by_times
from daydream.workflow.plan.replaced import EditedTexts, ReplacedText, replaced_lines
from daydream.workflow.project import Project
from tests.support.workspace import Workspace
from tests.unit.workflow.conftest import Open

NOVELTY = "data/1_raw/templates/evaluation/novelty.txt"
BEES = "data/1_raw/concepts/descriptions-paragraph/bees.txt"


def make_all(project: Project) -> None:
    write_cohort(project.design)
    generator = GenerationJobs(project).generator
    for member in project.design.members():
        generator.make(member)


def found(project: Project) -> dict[str, ReplacedText]:
    return {text.path: text for text in EditedTexts(project, by_times(project)).find()}


def test_nothing_is_replaced_in_a_new_experiment_or_by_a_touch(
    open_project: Open, work: Workspace
) -> None:
    assert found(open_project()) == {}
    make_all(open_project())
    assert make_plan(open_project()).replaced == ()
    work.edit(Path(NOVELTY), Path(NOVELTY).read_text())
    assert found(open_project()) == {}


def test_an_edited_template_and_description_are_found_with_their_generations(
    open_project: Open, work: Workspace
) -> None:
    make_all(open_project())
    work.edit(Path(NOVELTY), "Anew. SCORE: X {{ response }}")
    work.edit(Path(BEES), "They dance.")
    texts = found(open_project())
    assert texts[NOVELTY].replaced == Counter(trial=6) and not +texts[NOVELTY].left
    assert texts[BEES].replaced == Counter(trial=2)


def test_a_new_cohort_that_shares_only_the_text_leaves_others_with_the_earlier_one(
    open_project: Open, work: Workspace
) -> None:
    make_all(open_project())
    work.models({"another": "both"})
    work.edit(Path(NOVELTY), "Anew. SCORE: X {{ response }}")
    text = found(open_project(cohort="second"))[NOVELTY]
    assert (text.cohorts, text.left["trial"]) == (["trial"], 6)
    lines = list(replaced_lines([text], Options(config=("cohort=second",))))
    assert "6 that stay as they are, made with an earlier text of template novelty" in lines[1]
    assert lines[3].endswith("daydream snapshot trial --config cohort=second")


def test_an_added_system_prompt_is_an_edit(open_project: Open, work: Workspace) -> None:
    make_all(open_project())
    path = work.write("templates/evaluation/novelty.system.txt", "x")
    work.edit(path, "You judge.")
    (name,) = found(open_project())
    assert name.endswith("novelty.system.txt")


def test_generations_of_an_earlier_version_are_told_by_their_prompts(
    open_project: Open, work: Workspace
) -> None:
    make_all(open_project())
    for path in work.data.glob("gens/evaluation/*/metadata.json"):
        metadata = json.loads(path.read_text())
        del metadata["sources"]
        path.write_text(json.dumps(metadata))
    work.edit(Path(NOVELTY), Path(NOVELTY).read_text())
    assert found(open_project()) == {}
    work.edit(Path(NOVELTY), "Anew. SCORE: X {{ response }}")
    assert found(open_project())[NOVELTY].replaced == Counter(trial=6)
