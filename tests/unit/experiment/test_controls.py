"""Controls of a cohort: which texts they are, and by whom they are judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import SpecError
from daydream.experiment.cohort import Design, write_cohort
from daydream.experiment.slices import slice_numbers
from daydream.store.membership import is_control, read_membership
from tests.support.workspace import Workspace
from tests.unit.experiment.test_spec_design import design

SPEC = "axes: {evaluation_replicate: [1, 2]}\n"


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path, "http://localhost")
    made.models({"ann": "both", "bob": "judges"})
    made.compare()
    return made


def texts(made: Design) -> dict[str, list[str]]:
    """By source: the texts of a design's controls."""
    found: dict[str, list[str]] = {}
    for member in made.members():
        if member.stage == "essay" and is_control(member):
            found.setdefault(member.llm_model_id, []).append(made.controls[member.gen_id])
    return found


def test_each_kind_has_its_texts(work: Workspace) -> None:
    folder = work.data / "cohorts" / "trial" / "spec"
    folder.mkdir(parents=True)
    (folder / "good.txt").write_text(" A true idea.\n")
    kinds = "{empty: true, concepts: true, planted: '@file:good.txt'}"
    found = texts(design(work, f"{SPEC}controls: {kinds}"))
    assert found["control-empty"] == [""] and found["control-planted"] == ["A true idea."]
    assert len(found["control-concepts"]) == 3
    told = "The bees\nAll there is to know of bees.\n\nThe tides\nAll there is to know of tides."
    assert told in found["control-concepts"]
    few = texts(design(work, f"{SPEC}controls: {{concepts: 2}}"))
    assert set(few) == {"control-concepts"} and len(few["control-concepts"]) == 2
    assert set(few["control-concepts"]) < set(found["control-concepts"])


def test_an_essay_stands_for_other_concepts_and_its_writer_does_not_judge_it(
    work: Workspace,
) -> None:
    work.concepts(("bees", "tides", "chess", "fjord"))
    work.models({"ann": "both", "bob": "both"})
    rules = "rules: {exclude: [{self_judging: true}]}\n"
    made = design(work, f"{SPEC}{rules}controls: [other_combo]")
    members = {member.gen_id: member for member in made.members()}
    controls = [member for member in members.values() if is_control(member)]
    assert len(controls) == len({c.combo_id for c in controls}) == len(made.combos) == 6
    for control in controls:
        essay = members[control.second_gen_id]
        own, other = (set(made.combo[m.combo_id].concept_ids) for m in (control, essay))
        assert own.isdisjoint(other)  # of four concepts there always is such a pair
        judges = {m.llm_model_id for m in members.values() if m.parent_gen_id == control.gen_id}
        assert judges == {"ann", "bob"} - {essay.llm_model_id}
    few = design(work, f"{SPEC}{rules}controls: {{other_combo: 2}}")
    assert few.control_ids < made.control_ids and len(few.control_ids) == 2
    membership = write_cohort(made)
    again = read_membership(made.layout.membership(made.cohort_id))
    assert again.by_stage == membership.by_stage
    numbers = {m.gen_id: number for number, m in slice_numbers(members.values(), 3)}
    assert all(numbers[c.gen_id] == numbers[c.second_gen_id] for c in controls)


def test_one_combination_has_no_other(work: Workspace) -> None:
    work.concepts(("bees", "tides"))
    with pytest.raises(SpecError, match=r"controls\.other_combo: the essays are on 1 known"):
        design(work, f"{SPEC}controls: [other_combo]")


def test_they_are_judged_as_essays_are_and_never_compared(work: Workspace) -> None:
    plain, made = design(work, SPEC), design(work, f"{SPEC}controls: [empty, concepts]")
    without, membership = list(plain.members()), write_cohort(made)
    controls = [essay for essay in membership.stage("essay") if is_control(essay)]
    assert len(controls) == 4 and len(membership.essays) == 6
    judged = [m for m in membership.stage("evaluation") if m.parent_gen_id in made.controls]
    assert len(judged) == 4 * 2 * 2
    assert set(without) == {m for m in made.members() if m not in (*controls, *judged)}
    assert made.manifest != plain.manifest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("controls: [full]", "'full'"),
        ("controls: {planted: good.txt}", "Write planted: '@file:good.txt'"),
        ("controls: {planted: '@file:no.txt'}", "there is no"),
        ("controls: {planted: '@file:../a.txt'}", "outside of the spec's folder"),
        ("controls: {concepts: many}", "'many' is not a whole number"),
    ],
)
def test_what_cannot_be_a_control_is_named(work: Workspace, text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        design(work, text)
