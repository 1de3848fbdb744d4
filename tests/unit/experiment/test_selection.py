"""Essays that are chosen by hand bring their drafts along and are evaluated, not made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daydream.errors import DaydreamError
from daydream.experiment.cohort import Design, write_cohort
from daydream.experiment.selection import selected_lineages
from daydream.experiment.settings import Settings, load_config
from daydream.store.ids import generation_id
from daydream.store.layout import Layout
from daydream.store.membership import Member
from tests.support.workspace import Workspace


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "data"))


def select(layout: Layout, content: str | bytes) -> None:
    path = Path(layout.selected_essays)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def store(layout: Layout, stage: Any, gen_id: str, **fields: Any) -> Path:
    folder = Path(layout.generation(stage, gen_id))
    folder.mkdir(parents=True, exist_ok=True)
    common = {"template_id": "old", "llm_model_id": "gone", "replicate": 1}
    (folder / "metadata.json").write_text(json.dumps(common | fields))
    (folder / "parsed.txt").write_text("text")
    return folder


def family(layout: Layout, essay: str = "e_1", draft: str = "d_1") -> None:
    store(layout, "draft", draft, combo_id="combo_v1_x", replicate=2)
    store(layout, "essay", essay, parent_gen_id=draft, combo_id="combo_v1_x")


def complaint(layout: Layout, *parts: str) -> None:
    with pytest.raises(DaydreamError) as caught:
        list(selected_lineages(layout))
    for part in ("selected_essays.txt", *parts):
        assert part in str(caught.value)


def test_a_selected_essay_comes_after_its_draft_with_what_metadata_says(layout: Layout) -> None:
    family(layout)
    select(layout, "e_1\n")
    assert list(selected_lineages(layout)) == [
        Member("draft", "d_1", "", "", "combo_v1_x", "old", "gone", 2),
        Member("essay", "e_1", "", "d_1", "combo_v1_x", "old", "gone", 1),
    ]


def test_comments_blanks_marks_and_repetitions_are_passed_over(layout: Layout) -> None:
    family(layout)
    family(layout, "e_2", "d_2")
    select(layout, "\ufeff# the best ones\r\n\r\n  e_2 # 9 points\r\ne_1\r\ne_2\r\n")
    essays = [m.gen_id for m in selected_lineages(layout) if m.stage == "essay"]
    assert essays == ["e_2", "e_1"]


def test_a_draft_of_two_selected_essays_is_there_once(layout: Layout) -> None:
    family(layout, "e_1")
    family(layout, "e_2")
    select(layout, "e_1\ne_2\n")
    assert [m.gen_id for m in selected_lineages(layout)] == ["d_1", "e_1", "e_2"]


def test_the_combo_may_be_told_by_the_essay_alone(layout: Layout) -> None:
    store(layout, "draft", "d_1")
    store(layout, "essay", "e_1", parent_gen_id="d_1", combo_id="combo_v1_y")
    select(layout, "e_1")
    assert {m.combo_id for m in selected_lineages(layout)} == {"combo_v1_y"}


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing yet\n"])
def test_a_list_that_names_no_essay_is_refused_with_the_mend(layout: Layout, content: str) -> None:
    select(layout, content)
    complaint(layout, "no essay", "remove the file")


def test_a_list_that_is_not_utf_8_is_refused(layout: Layout) -> None:
    select(layout, b"e_1 # caf\xe9\n")
    complaint(layout, "UTF-8")


def test_an_essay_that_is_not_in_the_store_is_named(layout: Layout) -> None:
    select(layout, "e_9\n")
    complaint(layout, "e_9", "does not exist", "Remove the line")


def test_an_essay_without_its_text_is_named(layout: Layout) -> None:
    family(layout)
    Path(layout.parsed("essay", "e_1")).unlink()
    select(layout, "e_1\n")
    complaint(layout, "e_1", "parsed.txt does not exist")


def test_an_essay_without_a_parent_is_named(layout: Layout) -> None:
    store(layout, "essay", "e_1")
    select(layout, "e_1\n")
    complaint(layout, "e_1", "parent_gen_id")


def test_an_essay_whose_draft_is_gone_is_named(layout: Layout) -> None:
    store(layout, "essay", "e_1", parent_gen_id="d_9")
    select(layout, "e_1\n")
    complaint(layout, "e_1", "d_9")


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"\xff", b'{"parent_gen_id": "d_1", "replicate": "two"}']
)
def test_a_damaged_metadata_json_is_named(layout: Layout, content: bytes) -> None:
    family(layout)
    Path(layout.generation("essay", "e_1"), "metadata.json").write_bytes(content)
    select(layout, "e_1\n")
    complaint(layout, "e_1")


@pytest.mark.parametrize("essay", ["../../secret", "a b", "/etc"])
def test_what_cannot_be_an_id_is_refused(layout: Layout, essay: str) -> None:
    select(layout, f"{essay}\n")
    complaint(layout, essay)


def test_a_cohort_of_selected_essays_has_the_active_evaluations_only(tmp_path: Path) -> None:
    data = Workspace(tmp_path, "http://127.0.0.1:9/v1")
    layout = Layout(str(data.data))
    family(layout)
    select(layout, "e_1\n")
    data.models({"a": "judges", "b": "both"})
    data.replicates(evaluation=2)
    values = data.config | {"data_root": str(data.data)}
    design = Design.load(Settings.from_config(load_config(values=values)), layout)
    membership = write_cohort(design)
    assert [m.gen_id for m in membership.stage("draft")] == ["d_1"]
    assert [m.gen_id for m in membership.stage("essay")] == ["e_1"]
    assert {m.gen_id for m in membership.stage("evaluation")} == {
        generation_id("evaluation", "e_1", "novelty", model, replicate)
        for model in ("a", "b")
        for replicate in (1, 2)
    }
    assert {m.cohort_id for m in design.members()} == {"trial"}
    assert {m.combo_id for m in design.members()} == {"combo_v1_x"}
    assert design.manifest["essays"] == ["e_1"]
