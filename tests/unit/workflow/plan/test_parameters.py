"""A plan shows what is sent to each model, and what would mix within a cohort."""

from __future__ import annotations

import json

import pytest

from daydream.store.parameters import Sampling, mixture
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.plan.parameters import unpinned
from daydream.workflow.plan.plan import describe, first_lines
from daydream.workflow.plan.planning import make_plan
from tests.support.workspace import Workspace
from tests.unit.workflow.conftest import Open

ROUTER = {"base_url": "https://eu.openrouter.ai/api/v1", "max_concurrency": 4}


def test_parameters_are_shown_by_stage_as_they_will_be_sent(
    open_project: Open, work: Workspace
) -> None:
    work.models({"writer": "writes", "judge": "judges", "critic": "judges"})
    work.config["endpoints"]["mock"] |= {
        "extra_body": {"top_p": 0.9},
        "body_keys": {"max_tokens": "max_completion_tokens"},
    }
    plan = make_plan(open_project())
    assert plan.parameters == (
        "draft: max_completion_tokens 1024, temperature 0.7, top_p 0.9 (writer)",
        "essay: max_completion_tokens 2048, temperature 0.7, top_p 0.9 (writer)",
        "evaluation: max_completion_tokens 1024, temperature 0.0, top_p 0.9 (judge, critic)",
    )
    lines = list(describe(plan))
    assert all(f"  {line}" in lines for line in plan.parameters)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("routing", "is_pinned"),
    [
        (None, False),
        ({"sort": "price"}, False),
        ({"order": ["a"]}, False),
        ({"order": ["a", "b"], "allow_fallbacks": False}, False),
        ({"only": ["a", "b"]}, False),
        ({"order": ["a"], "allow_fallbacks": False}, True),
        ({"only": ["a"]}, True),
    ],
)
def test_an_openrouter_provider_that_is_not_pinned_is_warned_of(
    open_project: Open, work: Workspace, routing: dict | None, is_pinned: bool
) -> None:
    body = {"extra_body": {"provider": routing}} if routing else {}
    work.config["endpoints"]["mock"] = {**ROUTER, **body}
    warnings = list(unpinned(open_project(), ["writer"]))
    assert (warnings == []) == is_pinned
    if not is_pinned:
        assert "writer" in warnings[0] and "endpoints.mock.extra_body" in warnings[0]
        assert any("Not pinned" in line for line in first_lines(make_plan(open_project())))


def test_other_servers_need_no_pin(open_project: Open) -> None:
    assert list(unpinned(open_project(), ["writer"])) == []


def test_a_temperature_that_would_mix_with_what_is_made_is_warned_of(
    open_project: Open, work: Workspace
) -> None:
    generator = GenerationJobs(open_project()).generator
    for member in open_project().design.members():
        if member.stage == "draft":
            generator.make(member)
    assert make_plan(open_project()).warnings == ()
    work.concepts(("bees", "tides", "chess", "fjord"))
    work.config["stages"] = {"draft": {"temperature": 0.2, "max_tokens": 77}}
    (warning,) = make_plan(open_project()).warnings
    assert "drafts by writer with temperature 0.2 and 0.7, max_tokens 77 and 1024" in warning


def test_what_is_made_may_be_mixed_already(open_project: Open, work: Workspace) -> None:
    project = open_project()
    generator = GenerationJobs(project).generator
    for member in project.design.members():
        generator.make(member)
    draft = next(m.gen_id for m in project.design.members() if m.stage == "draft")
    path = work.gen("draft", draft, "metadata.json")
    metadata = json.loads(path.read_text())
    metadata["parameters"]["max_tokens"] = 5
    path.write_text(json.dumps(metadata))
    lines = list(describe(make_plan(open_project())))
    assert any("max_tokens 5 and 1024" in line for line in lines)


def test_a_mixture_is_of_values_that_are_known() -> None:
    assert mixture([]) == mixture([Sampling(0.0, 9), Sampling(0.0, None)]) == ""
    assert mixture([Sampling(0.0, 9), Sampling(1.5, 9)]) == "temperature 0 and 1.5"
