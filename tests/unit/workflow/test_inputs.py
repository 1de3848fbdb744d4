"""The input files of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from daydream.errors import CohortError
from daydream.store.files import write_json
from daydream.workflow.inputs import Inputs
from daydream.workflow.sources import score_parser_sources, verdict_parser_sources
from daydream.workflow.tables import make_cohort


@pytest.fixture
def inputs(open_project) -> Inputs:
    make_cohort(open_project())
    return Inputs(open_project())


def member(inputs: Inputs, stage: str, template: str):
    rows = inputs.project.membership.by_stage[stage].values()
    return next(row for row in rows if row.template_id == template)


def test_the_sources_of_parsers_are_files_and_verdicts_need_those_of_scores():
    scores, verdicts = score_parser_sources(), verdict_parser_sources()
    assert all(Path(path).is_file() for path in verdicts)
    names = [Path(path).name for path in scores]
    assert {"score.py", "score_json.py", "thinking.py"} <= set(names) and "draft.py" not in names
    assert set(verdicts) - set(scores) == {str(Path(scores[0]).with_name("verdict.py"))}


def test_catalogs_are_those_that_are_there(inputs: Inputs, work):
    before = inputs.catalogs
    assert all(Path(path).is_file() for path in before)
    work.replicates(draft=2)
    added = set(inputs.catalogs) - set(before)
    assert added == {"data/1_raw/replication_config.csv"}


def test_a_draft_is_made_of_its_template_and_the_descriptions_of_its_own_concepts(inputs: Inputs):
    draft = member(inputs, "draft", "plain")
    concepts = inputs.project.design.combo[draft.combo_id].concept_ids
    assert inputs.sources("draft", draft.gen_id) == {
        "template": "data/1_raw/templates/draft/plain.txt",
        "descriptions": [f"data/1_raw/concepts/descriptions-paragraph/{c}.txt" for c in concepts],
    }


def test_an_essay_is_made_of_its_draft_and_a_copy_has_no_template(inputs: Inputs):
    essay, copy = (member(inputs, "essay", name) for name in ("longer", "copy"))
    draft = f"data/gens/draft/{essay.parent_gen_id}/parsed.txt"
    template = "data/1_raw/templates/essay/longer.txt"
    assert inputs.sources("essay", essay.gen_id) == {"template": template, "draft": draft}
    assert inputs.sources("essay", copy.gen_id) == {
        "draft": f"data/gens/draft/{copy.parent_gen_id}/parsed.txt"
    }


def test_a_comparison_is_made_of_both_essays(open_project, work):
    work.compare()
    make_cohort(open_project())
    inputs = Inputs(open_project())
    row = member(inputs, "comparison", "closer")
    essays = [f"data/gens/essay/{i}/parsed.txt" for i in (row.parent_gen_id, row.second_gen_id)]
    assert inputs.sources("comparison", row.gen_id)["essays"] == essays


def test_a_generation_of_another_cohort_has_no_sources(inputs: Inputs):
    with pytest.raises(CohortError, match="d_unknown"):
        inputs.sources("draft", "d_unknown")


def test_tables_wait_for_all_unless_incomplete_ones_are_allowed(open_project, inputs: Inputs):
    every = inputs.parsed("evaluation")
    assert len(every) == 6 and inputs.awaited(every) == every
    Path(every[0]).parent.mkdir(parents=True)
    Path(every[0]).write_text("7")
    incomplete = Inputs(open_project(allow_incomplete=True))
    assert incomplete.awaited(every) == every[:1]


def test_selected_essays_are_sources_that_no_rule_makes(open_project, inputs: Inputs, work):
    row = member(inputs, "essay", "longer")
    essay = row.gen_id
    draft = inputs.project.membership.member("draft", row.parent_gen_id)
    for made in (draft, row):
        write_json(str(work.gen(made.stage, made.gen_id, "metadata.json")), made._asdict())
        work.gen(made.stage, made.gen_id).write_text("A text.")
    assert re.fullmatch(inputs.gen_id_pattern("essay"), essay)
    tasks = work.data / "2_tasks"
    tasks.mkdir()
    (tasks / "selected_essays.txt").write_text(f"{essay}\n")
    selected = Inputs(open_project(cohort="chosen"))
    assert not re.fullmatch(selected.gen_id_pattern("essay"), essay)
    assert re.fullmatch(selected.gen_id_pattern("evaluation"), "v_1")


def test_scores_of_other_cohorts_are_inputs_of_the_tables_over_all(inputs: Inputs, work):
    for cohort in ("trial", "earlier"):
        path = work.data / "5_parsing" / cohort / "parsed_scores.csv"
        path.parent.mkdir(parents=True)
        path.write_text("")
    assert inputs.other_cohorts_scores == ["data/5_parsing/earlier/parsed_scores.csv"]
