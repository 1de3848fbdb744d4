"""Combinations: all k-subsets in row order or a curated list, remembered for ever."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import pytest

from daydream.errors import CatalogError, CohortError
from daydream.experiment.catalog import load_catalog
from daydream.experiment.combinations import (
    COLUMNS,
    Combo,
    choose_combos,
    read_mappings,
    remember_combos,
)
from daydream.experiment.settings import Settings, load_config
from daydream.store.ids import combo_id
from daydream.store.layout import Layout
from tests.support.workspace import Workspace


@pytest.fixture
def data(tmp_path: Path) -> Workspace:
    work = Workspace(tmp_path, "http://127.0.0.1:9/v1")
    work.concepts(("bees", "tides", "chess", "fjord"))
    return work


def choose(data: Workspace, **config: Any) -> list[Combo]:
    values = data.config | {"data_root": str(data.data)} | config
    settings = Settings.from_config(load_config(values=values))
    layout = Layout(str(data.data))
    return choose_combos(load_catalog(layout, settings), settings, layout)


def curate(data: Workspace, text: str) -> None:
    path = data.data / "2_tasks" / "selected_combo_mappings.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def complaint(data: Workspace, *parts: str, **config: Any) -> None:
    with pytest.raises(CatalogError) as caught:
        choose(data, **config)
    for part in parts:
        assert part in str(caught.value)


def combo(*concepts: str, level: str = "paragraph", k: int = 0, name: str = "") -> Combo:
    k = k or len(concepts)
    return Combo(name or combo_id(concepts, level, k), concepts, level, k)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_all_subsets_of_exactly_k_concepts_come_in_row_order(data: Workspace, k: int) -> None:
    found = [c.concept_ids for c in choose(data, k_max=k)]
    assert found == list(combinations(("bees", "tides", "chess", "fjord"), k))
    assert len(found) == comb(4, k)


def test_each_subset_has_the_id_of_the_contract(data: Workspace) -> None:
    for c in choose(data, k_max=3, description_level="sentence"):
        assert c.combo_id == combo_id(c.concept_ids, "sentence", 3)


def test_only_active_and_wanted_concepts_are_combined(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name,active\na,A,1\nb,B,0\nc,C,1\nd,D,1\n")
    assert [c.concept_ids for c in choose(data)] == [("a", "c"), ("a", "d"), ("c", "d")]
    found = choose(data, filters={"concepts": ["d", "a"]})
    assert [c.concept_ids for c in found] == [("a", "d")]


def test_reordered_rows_give_the_same_combos_in_another_order(data: Workspace) -> None:
    before = {c.combo_id for c in choose(data)}
    data.concepts(("fjord", "chess", "tides", "bees"))
    after = choose(data)
    assert {c.combo_id for c in after} == before
    assert after[0].concept_ids == ("fjord", "chess")


def test_more_concepts_a_combo_than_there_are_is_an_error(data: Workspace) -> None:
    complaint(data, "concepts_metadata.csv", "k_max is 5", "4", "Lower k_max", k_max=5)


# Curated combos


def test_curated_combos_replace_the_subsets_in_their_own_order(data: Workspace) -> None:
    curate(data, "combo_id,concept_id\nmine,tides\nmine,bees\nmine,fjord\nother,chess\n")
    found = choose(data, description_level="article")
    assert found == [
        Combo("mine", ("tides", "bees", "fjord"), "article", 3),
        Combo("other", ("chess",), "article", 1),
    ]


def test_rows_of_two_curated_combos_may_be_mixed(data: Workspace) -> None:
    curate(data, "combo_id,concept_id\na,tides\nb,bees\na,chess\n")
    assert [c.concept_ids for c in choose(data)] == [("tides", "chess"), ("bees",)]


def test_a_curated_row_says_its_own_level_and_k(data: Workspace) -> None:
    name = combo_id(["bees", "tides"], "sentence", 4)
    curate(
        data,
        "combo_id,version,concept_id,description_level,k_max,created_at\n"
        f"{name},v1,tides,sentence,4,2024\n{name},v1,bees,sentence,4,2024\n",
    )
    assert choose(data) == [Combo(name, ("tides", "bees"), "sentence", 4)]


def test_an_inactive_concept_may_be_curated(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name,active\nbees,B,1\ntides,T,0\n")
    curate(data, "combo_id,concept_id\nmine,tides\n")
    assert choose(data)[0].concept_ids == ("tides",)


def test_the_rows_of_the_dictionary_can_be_pasted_as_a_curated_list(data: Workspace) -> None:
    combos = choose(data)[1:3]
    remember_combos(combos, Layout(str(data.data)))
    curate(data, (data.data / "combo_mappings.csv").read_text())
    assert choose(data) == combos


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        ("mine,unicorn", ("row 2, column 'concept_id'", "'unicorn'", "concepts_metadata.csv")),
        ("mine,", ("row 2, column 'concept_id'", "blank")),
        ("a b,bees", ("row 2, column 'combo_id'", "'a b'")),
        ("..,bees", ("row 2, column 'combo_id'", "'..'")),
        ("mine,bees\nmine,bees", ("row 3, column 'concept_id'", "twice")),
        ("combo_v1_000000000000,bees", ("row 2, column 'combo_id'", "combo_v1_")),
        ("", ("no combo", "remove the file")),
    ],
)
def test_a_wrong_curated_row_is_named(data: Workspace, rows: str, parts: tuple[str, ...]) -> None:
    curate(data, f"combo_id,concept_id\n{rows}\n")
    complaint(data, "selected_combo_mappings.csv", *parts)


@pytest.mark.parametrize("k", ["0", "2.5", "inf", "two"])
def test_a_curated_k_is_a_whole_number(data: Workspace, k: str) -> None:
    curate(data, f"combo_id,concept_id,k_max\nmine,bees,{k}\n")
    complaint(data, "selected_combo_mappings.csv, row 2, column 'k_max'")


def test_a_curated_level_must_be_one_of_the_three(data: Workspace) -> None:
    curate(data, "combo_id,concept_id,description_level\nmine,bees,page\n")
    complaint(data, "row 2, column 'description_level'", "'page'", "article, paragraph, sentence")


def test_a_missing_curated_column_is_named(data: Workspace) -> None:
    curate(data, "combo_id,concept\nmine,bees\n")
    complaint(data, "selected_combo_mappings.csv, row 1", "'concept_id'")


# The dictionary


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path))


def lines(layout: Layout) -> list[str]:
    return Path(layout.combo_mappings).read_text().splitlines()


def test_nothing_is_known_before_the_first_combo(layout: Layout) -> None:
    assert read_mappings(layout) == {}


def test_combos_are_remembered_a_row_per_concept(layout: Layout) -> None:
    one, two = combo("b", "a"), combo("c", "d", "e", level="article")
    remember_combos([one, two], layout)
    with open(layout.combo_mappings, newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [r["concept_id"] for r in rows] == ["b", "a", "c", "d", "e"]
    assert {r["version"] for r in rows} == {"v1"}
    assert all(r["created_at"] for r in rows)
    assert read_mappings(layout) == {one.combo_id: one, two.combo_id: two}


def test_the_dictionary_only_grows_and_old_lines_stay_byte_for_byte(layout: Layout) -> None:
    remember_combos([combo("a", "b")], layout)
    before = Path(layout.combo_mappings).read_bytes()
    remember_combos([combo("c", "d"), combo("a", "b")], layout)
    after = Path(layout.combo_mappings).read_bytes()
    assert after.startswith(before)
    assert len(lines(layout)) == 5


def test_remembering_again_writes_nothing(layout: Layout) -> None:
    remember_combos([combo("a", "b")], layout)
    path = Path(layout.combo_mappings)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    remember_combos([combo("b", "a")], layout)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_an_id_that_stands_for_other_concepts_is_a_collision(layout: Layout) -> None:
    remember_combos([combo("a", "b", name="mine")], layout)
    before = lines(layout)
    with pytest.raises(CohortError) as caught:
        remember_combos([combo("x", "y"), combo("a", "c", name="mine")], layout)
    message = str(caught.value)
    for part in ("combo_mappings.csv", "mine", "a, b", "a, c", "another name"):
        assert part in message
    assert lines(layout) == before


@pytest.mark.parametrize("change", [{"level": "article"}, {"k": 5}])
def test_another_level_or_k_under_the_same_name_is_a_collision(layout, change) -> None:
    remember_combos([combo("a", "b", name="mine")], layout)
    with pytest.raises(CohortError, match="mine"):
        remember_combos([combo("a", "b", name="mine", **change)], layout)


def test_a_dictionary_with_extra_columns_and_mixed_rows_is_understood(layout: Layout) -> None:
    one, two = combo("a", "b"), combo("c", "d")
    rows = [(c.combo_id, x) for c, x in ((one, "a"), (two, "c"), (one, "b"), (two, "d"))]
    text = "".join(f"{name},v1,{x},paragraph,2,2024-01-01,old\n" for name, x in rows)
    Path(layout.root).mkdir(exist_ok=True)
    Path(layout.combo_mappings).write_text(",".join(COLUMNS) + ",source\n" + text)
    assert read_mappings(layout) == {one.combo_id: one, two.combo_id: two}


def test_a_last_row_without_a_line_break_does_not_swallow_the_next(layout: Layout) -> None:
    remember_combos([combo("a", "b")], layout)
    path = Path(layout.combo_mappings)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    remember_combos([combo("c", "d")], layout)
    assert len(read_mappings(layout)) == 2


def test_combos_remembered_at_the_same_time_are_each_there_once(layout: Layout) -> None:
    sets = [[combo("a", f"c{n}") for n in range(start, start + 6)] for start in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda combos: remember_combos(combos, layout), sets))
    assert len(lines(layout)) == 1 + 2 * 13
    assert len(read_mappings(layout)) == 13


def test_a_combo_that_lost_a_concept_is_told_and_is_no_smaller_combo(layout: Layout) -> None:
    remember_combos([combo("a", "b"), combo("c", "d")], layout)
    path = Path(layout.combo_mappings)
    whole = path.read_text()
    path.write_text(whole[: whole.rindex("\n", 0, -1) + 1])
    with pytest.raises(CatalogError, match=r"were cut, 1 of its 2 concepts .* -R cohort_mem"):
        read_mappings(layout)
    path.write_text(whole + whole.split("\n", 1)[1])  # rows that are there twice
    assert len(read_mappings(layout)) == 2


@pytest.mark.parametrize("content", [b"\xff\x00", b"[" * 1000, b"combo_id\n"])
def test_a_damaged_dictionary_is_told_with_the_way_to_make_it_again(
    content: bytes, layout: Layout
) -> None:
    Path(layout.root).mkdir(exist_ok=True)
    Path(layout.combo_mappings).write_bytes(content)
    with pytest.raises(CatalogError, match=r"combo_mappings.csv.*-R cohort_membership"):
        read_mappings(layout)
