"""Files that carry the time of a changed configuration."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from daydream.store.files import write_json
from daydream.workflow.definitions import (
    changed_columns,
    changed_definition,
    changed_filters,
    filters_as_columns,
)
from daydream.workflow.tables import make_cohort


def test_a_cohort_that_is_as_asked_for_has_no_new_definition(open_project):
    make_cohort(open_project())
    assert changed_definition(open_project(), dryrun=False) == []


def test_a_changed_configuration_writes_what_is_asked_for_now(open_project):
    make_cohort(open_project())
    project = open_project(k_max=1)
    (path,) = changed_definition(project, dryrun=False)
    assert path == project.layout.definition("trial")
    asked_for = json.loads(Path(path).read_text())
    at = asked_for.pop("at")
    assert asked_for == project.design.manifest != open_project().design.manifest
    changed_definition(project, dryrun=False)  # Snakemake passes over one that reads as the last
    assert json.loads(Path(path).read_text())["at"] > at
    make_cohort(project)  # the file stays, as an input that is older than the manifest
    assert changed_definition(project, dryrun=False) == [path]


def test_a_dry_run_leaves_the_project_alone(open_project, work):
    make_cohort(open_project())
    before = work.files()
    (path,) = changed_definition(open_project(k_max=1), dryrun=True)
    assert Path(path).parent == Path(tempfile.gettempdir())
    assert work.files() == before
    Path(path).unlink()


def test_filters_are_the_values_that_columns_may_have(open_project):
    assert filters_as_columns(open_project()) == {}
    filtered = open_project(filters={"concepts": ["bees", "tides"], "templates": ["copy"]})
    columns = filters_as_columns(filtered)
    assert columns["combo_id"] == [combo.combo_id for combo in filtered.design.combos]
    assert len(columns["combo_id"]) == 1
    assert columns["generation_template"] == ["copy"]
    assert columns["draft_template"] == ["plain"]  # a stage of which none is named keeps all
    models = filters_as_columns(open_project(filters={"models": ["writer"]}))
    assert models == {"generation_model": ["writer"], "evaluation_llm_model": ["writer"]}


def test_other_filters_than_those_of_the_tables_are_written_and_the_same_are_not(open_project):
    project = open_project(filters={"models": ["writer"]})
    (path,) = changed_filters(project, dryrun=False)
    written = Path(path).stat().st_mtime_ns
    assert changed_filters(project, dryrun=False) == [path]
    assert Path(path).stat().st_mtime_ns == written
    Path(path).write_text("{torn")
    assert changed_filters(project, dryrun=False) == [path]
    assert json.loads(Path(path).read_text()) == filters_as_columns(project)


def test_tables_without_a_record_were_made_without_filters(open_project):
    project = open_project()
    assert changed_filters(project, dryrun=False) == []
    write_json(project.layout.cross_filters, {"generation_model": ["writer"]})
    assert changed_filters(project, dryrun=False) == [project.layout.cross_filters]
    assert json.loads(Path(project.layout.cross_filters).read_text()) == {}


def test_tables_of_an_earlier_version_are_older_than_what_they_have_otherwise(open_project):
    project = open_project()
    layout = project.layout
    assert changed_columns(project, dryrun=False) == []
    scores = Path(layout.scores("trial"))
    scores.parent.mkdir(parents=True)
    scores.write_text("gen_id,score\n")
    (path,) = changed_columns(project, dryrun=False)
    assert path == layout.column_changes("trial")
    (changes,) = json.loads(Path(path).read_text()).values()
    assert "parsed_scores: cohort_id is declared only" in changes


def test_the_same_differences_are_tried_once_only(open_project):
    project = open_project()
    scores = Path(project.layout.scores("trial"))
    scores.parent.mkdir(parents=True)
    scores.write_text("gen_id,score\n")
    (path,) = changed_columns(project, dryrun=False)
    written = Path(path).stat().st_mtime_ns
    assert changed_columns(project, dryrun=False) == [path]
    assert Path(path).stat().st_mtime_ns == written
