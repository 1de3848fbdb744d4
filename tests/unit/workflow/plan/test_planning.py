"""What a run says before it begins, and what keeps it from beginning."""

from __future__ import annotations

from daydream.workflow.plan.planning import make_plan, missing_keys, opening
from daydream.workflow.plan.reasons import Job
from tests.support.workspace import Workspace
from tests.unit.workflow.conftest import Open

ALL = [Job("cohort_membership", "", ""), Job("all", "", "")]


def test_every_wrong_template_of_what_is_made_is_told_at_once(
    open_project: Open, work: Workspace
) -> None:
    work.templates("draft", ["plain"], text="Dream.\n{{ concept }}")
    work.templates("essay", ["copy", "longer"], text="Write.")
    work.write("templates/evaluation/novelty.system.txt", "You are {% if %}")
    lines, obstacles = opening(open_project(), ALL)
    assert lines == []
    draft, essay, evaluation = obstacles
    assert "draft/plain.txt, line 2" in draft and "'concept' is undefined" in draft
    assert "longer.txt: its prompt does not show the draft" in essay
    assert "novelty.system.txt, line 1" in evaluation
    drafts = [Job("cohort_membership", "", ""), Job("generation_draft", "", "")]
    assert opening(open_project(), drafts)[1] == [draft]


def test_the_essay_may_be_shown_by_the_system_prompt_alone(
    open_project: Open, work: Workspace
) -> None:
    work.templates("evaluation", ["novelty"], text="Judge it.")
    assert opening(open_project(), ALL)[1]
    work.write("templates/evaluation/novelty.system.txt", "The essay: {{ response | upper }}")
    assert opening(open_project(), ALL)[1] == []


def test_concepts_without_their_description_are_told_where_drafts_show_them(
    open_project: Open, work: Workspace
) -> None:
    work.raw("concepts/descriptions-paragraph/bees.txt").unlink()
    work.raw("concepts/descriptions-paragraph/tides.txt").unlink()
    work.describe("tides", "They come and go.", "sentence")
    (warning,) = make_plan(open_project()).warnings
    assert "2 concept(s)" in warning and "bees (its name alone), tides (sentence)" in warning
    assert warning.endswith("descriptions-paragraph/bees.txt")
    work.templates("draft", ["plain"], text="{% for c in concepts %}{{ c.name }}{% endfor %}")
    assert make_plan(open_project()).warnings == ()


def test_a_key_that_is_not_set_is_named_with_the_models_that_need_it(
    open_project: Open, work: Workspace
) -> None:
    work.config["endpoints"]["mock"]["api_key_env"] = "KEY_OF_THIS_UNIT_TEST"
    (message,) = missing_keys(open_project(), ["writer"])
    assert "KEY_OF_THIS_UNIT_TEST" in message and "writer" in message
    assert list(missing_keys(open_project(), [])) == []
