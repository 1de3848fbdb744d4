"""Combinations by their concepts' names, in every table that has their ids."""

from __future__ import annotations

import pandas as pd

from daydream.results.concept_columns import names_in, with_concepts

NAMES = {"c1": "Bees + Tides"}


def test_combos_and_levels_have_names_behind_all_other_columns() -> None:
    table = pd.DataFrame({"axis": ["combo_id", "generation_model"], "level": ["c1", "gpt"]})
    named = with_concepts(table.assign(combo_id=["c1", ""], mean=[1.0, 2.0]), NAMES)
    assert list(named) == ["axis", "level", "combo_id", "mean", "concepts", "level_name"]
    assert named["concepts"].tolist() == ["Bees + Tides", ""]
    assert named["level_name"].tolist() == ["Bees + Tides", "gpt"]


def test_a_pair_of_levels_has_two_names_and_a_table_without_combos_none() -> None:
    pair = pd.DataFrame({"axis": ["combo_id"], "level_a": ["c1"], "level_b": ["c2"]})
    named = with_concepts(pair, NAMES)
    assert named[["level_a_name", "level_b_name"]].values.tolist() == [["Bees + Tides", "c2"]]
    plain = pd.DataFrame({"level": ["c1"]})
    assert list(with_concepts(plain, NAMES)) == ["level"]


def test_names_are_taken_from_a_table_that_has_them() -> None:
    table = pd.DataFrame({"combo_id": ["c1", "c1", "c2"], "concepts": [*NAMES.values()] * 2 + [""]})
    assert names_in(table) == NAMES
