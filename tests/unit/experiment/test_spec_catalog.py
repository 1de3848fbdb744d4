"""The catalog of a spec has as active what the spec's rows use."""

from __future__ import annotations

from pathlib import Path

from tests.support.workspace import Workspace
from tests.unit.experiment.test_spec_design import design


def test_a_spec_may_name_what_is_not_active_and_then_only_that_is_used(tmp_path: Path) -> None:
    work = Workspace(tmp_path, "http://localhost")
    work.models({"ann": "both", "bob": "none"})
    found = design(work, "axes: {draft_llm: [bob], evaluation_llm: [bob]}")
    assert [model.id for model in found.catalog.generation_models] == ["bob"]
    assert [model.id for model in found.catalog.evaluation_models] == ["bob"]
    assert {member.llm_model_id for member in found.members()} == {"bob"}


def test_templates_concepts_and_replicates_are_those_of_the_rows(tmp_path: Path) -> None:
    work = Workspace(tmp_path, "http://localhost")
    found = design(work, "axes: {essay_template: [longer], evaluation_replicate: [1, 3]}")
    assert [t.template_id for t in found.catalog.templates("essay")] == ["longer"]
    assert found.catalog.replicates["evaluation"] == 3
    assert len(found.catalog.concepts) == 3
