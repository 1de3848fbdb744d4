"""Cohorts and generations of a store by the beginning of a name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daydream.errors import CohortError
from daydream.store.index import find_id, stored_ids, stored_member
from daydream.store.layout import Layout

IDS = ["d_aaa1", "d_aab2", "e_ccc3"]


@pytest.mark.parametrize("typed", ["e_ccc3", "e_", "data/gens/essay/e_ccc3/parsed.txt"])
def test_an_id_is_found_by_itself_its_beginning_and_its_path(typed: str) -> None:
    assert find_id(typed, IDS) == "e_ccc3"


def test_what_several_begin_with_is_refused_and_named() -> None:
    with pytest.raises(CohortError, match=r"2 generations begin with 'd_aa': d_aaa1.*d_aab2"):
        find_id("d_aa", IDS)


def test_what_is_not_there_is_told_with_what_is_like_it() -> None:
    with pytest.raises(CohortError, match=r"Did you mean .*e_ccc3"):
        find_id("e_ccd3", IDS)
    with pytest.raises(CohortError, match="None was made yet"):
        find_id("e_ccc3", [])


def test_the_store_lists_folders_of_generations_only(tmp_path: Path) -> None:
    assert stored_ids(Layout(str(tmp_path)), "draft") == []
    for name in ("d_2", "d_1", ".d_3"):
        (tmp_path / "gens" / "draft" / name).mkdir(parents=True)
    (tmp_path / "gens" / "draft" / "notes.txt").write_text("mine")
    assert stored_ids(Layout(str(tmp_path)), "draft") == ["d_1", "d_2"]


def test_a_generation_is_what_its_metadata_say_and_blank_where_they_do_not(tmp_path: Path) -> None:
    folder = tmp_path / "gens" / "essay" / "e_1"
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text(
        json.dumps({"parent_gen_id": "d_1", "template_id": "longer", "replicate": 3})
    )
    member = stored_member(Layout(str(tmp_path)), "essay", "e_1", "trial")
    assert (member.parent_gen_id, member.template_id, member.replicate) == ("d_1", "longer", 3)
    assert (member.cohort_id, member.llm_model_id, member.second_gen_id) == ("trial", "", "")
    assert stored_member(Layout(str(tmp_path)), "essay", "e_9").replicate == 1
