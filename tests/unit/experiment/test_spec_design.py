"""A spec held against the catalogs becomes a membership."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from daydream.experiment.cohort import Design, write_cohort
from daydream.experiment.settings import Settings, load_config
from daydream.store.layout import Layout
from tests.support.workspace import Workspace


def design(work: Workspace, text: str) -> Design:
    path = work.data / "cohorts" / "trial" / "spec" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    values = {"cohort": "trial", "data_root": str(work.data), "k_max": 2}
    return Design.load(Settings.from_config(load_config(values=values)), Layout(str(work.data)))


@pytest.mark.thorough
def test_a_hundred_thousand_rows_take_less_than_five_seconds(tmp_path: Path) -> None:
    work = Workspace(tmp_path, "http://localhost")
    work.concepts(tuple(f"c{i}" for i in range(40)))  # 780 combinations
    work.models({"ann": "both", "bob": "both", "cat": "judges", "dan": "judges"})
    text = """
axes:
  draft_llm: [ann, bob]
  evaluation_llm: [ann, cat, dan, bob]
  evaluation_replicate: [1, 2, 3, 4, 5, 6, 7, 8]
rules: {ties: {writer: {axes: [draft_llm, essay_llm]}}}
"""
    started = time.process_time()
    membership = write_cohort(design(work, text))
    assert len(membership.by_stage["evaluation"]) == 780 * 2 * 2 * 4 * 8
    assert time.process_time() - started < 5


def test_copies_exist_once_whatever_model_and_replicate_the_spec_asks_for(tmp_path: Path) -> None:
    work = Workspace(tmp_path, "http://localhost")
    work.models({"ann": "both", "bob": "both"})
    text = "axes: {draft_llm: [ann], essay_llm: [ann, bob], essay_replicate: [1, 2]}"
    essays = [m for m in design(work, text).members() if m.stage == "essay"]
    copies = [m for m in essays if m.template_id == "copy"]
    assert len(copies) == 3 and {(m.llm_model_id, m.replicate) for m in copies} == {("ann", 1)}
    assert len(essays) == 3 + 3 * 4
