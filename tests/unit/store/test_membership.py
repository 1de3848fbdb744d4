"""The roster of a cohort: one row per generation, each with its parent."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.errors import CohortError
from daydream.store.layout import STAGES
from daydream.store.membership import Member, Membership, read_membership

COLUMNS = "stage,gen_id,cohort_id,parent_gen_id,combo_id,template_id,llm_model_id,replicate"
DRAFT = Member("draft", "d_1", "trial", "", "combo_v1_x", "free", "gpt", 1)
ESSAY = Member("essay", "e_1", "trial", "d_1", "combo_v1_x", "copy", "gpt", 1)
EVALUATION = Member("evaluation", "v_1", "trial", "e_1", "combo_v1_x", "novelty", "judge", 2)
FAMILY = [DRAFT, ESSAY, EVALUATION]
OTHER = ESSAY._replace(gen_id="e_2", replicate=2)
COMPARISON = Member("comparison", "c_1", "trial", "e_1", "combo_v1_x", "closer", "judge", 1, "e_2")


def test_the_columns_are_those_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "membership.csv"
    Membership("trial", FAMILY).write(str(path))
    first, second, *_ = path.read_text().splitlines()
    assert first == COLUMNS
    assert second == "draft,d_1,trial,,combo_v1_x,free,gpt,1"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = str(tmp_path / "membership.csv")
    Membership("trial", FAMILY).write(path)
    again = read_membership(path)
    assert again.cohort_id == "trial"
    assert [*again.stage("draft"), *again.stage("essay"), *again.stage("evaluation")] == FAMILY


WORD = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=6)
MEMBERS = st.lists(
    st.builds(
        Member,
        st.sampled_from(STAGES),
        WORD,
        st.just("trial"),
        WORD,
        WORD,
        WORD,
        WORD,
        st.integers(1, 99),
        WORD,
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(MEMBERS)
def test_any_roster_survives_a_write_and_a_read(
    tmp_path_factory: pytest.TempPathFactory, members: list[Member]
) -> None:
    path = str(tmp_path_factory.getbasetemp() / "trial" / "membership.csv")
    membership = Membership("trial", members)
    membership.write(path)
    again = read_membership(path)
    assert again.by_stage == membership.by_stage
    assert again.cohort_id == "trial"


def test_extra_columns_and_another_order_of_columns_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "membership.csv"
    names = ["origin", *reversed(COLUMNS.split(","))]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(dict(zip(COLUMNS.split(","), m, strict=False), origin="x") for m in FAMILY)
    assert list(read_membership(str(path)).stage("essay")) == [ESSAY]


def test_a_lineage_goes_back_to_the_draft() -> None:
    membership = Membership("trial", FAMILY)
    assert membership.lineage(EVALUATION) == {
        "draft": DRAFT,
        "essay": ESSAY,
        "evaluation": EVALUATION,
    }
    assert membership.lineage(DRAFT) == {"draft": DRAFT}


def test_a_comparison_names_its_second_essay_in_a_column_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "membership.csv"
    Membership("trial", [*FAMILY, OTHER, COMPARISON]).write(str(path))
    header, second, *_, last = path.read_text().splitlines()
    assert header == f"{COLUMNS},second_gen_id"
    assert second == "draft,d_1,trial,,combo_v1_x,free,gpt,1,"
    assert last == "comparison,c_1,trial,e_1,combo_v1_x,closer,judge,1,e_2"
    again = read_membership(str(path))
    assert list(again.stage("comparison")) == [COMPARISON]
    assert again.compares and again.stages == STAGES
    assert COMPARISON.parents == ("e_1", "e_2")
    assert again.lineage(COMPARISON)["draft"] == DRAFT


@pytest.mark.parametrize("absent", [ESSAY, OTHER])
def test_a_comparison_needs_both_its_essays(absent: Member) -> None:
    members = [m for m in (DRAFT, ESSAY, OTHER, COMPARISON) if m != absent]
    with pytest.raises(CohortError, match=f"c_1 has the parent {absent.gen_id}"):
        Membership("trial", members).check_parents()


def test_a_cohort_without_comparisons_has_three_stages() -> None:
    membership = Membership("trial", FAMILY)
    assert not membership.compares
    assert membership.stages == ("draft", "essay", "evaluation")
    membership.check_parents()


def test_a_generation_that_is_not_there_is_told_with_the_cohort() -> None:
    with pytest.raises(CohortError) as caught:
        Membership("trial", FAMILY).member("draft", "d_2")
    for part in ("d_2", "trial", "membership.csv", "--config cohort="):
        assert part in str(caught.value)


@pytest.mark.parametrize("missing", [DRAFT, ESSAY])
def test_an_orphan_is_named_with_the_parent_that_it_lacks(missing: Member) -> None:
    membership = Membership("trial", [m for m in FAMILY if m != missing])
    with pytest.raises(CohortError) as caught:
        membership.check_parents()
    assert missing.gen_id in str(caught.value)


def test_a_whole_family_has_no_orphan() -> None:
    Membership("trial", FAMILY).check_parents()


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="snakemake cohort"):
        read_membership(str(tmp_path / "membership.csv"))


def test_an_empty_roster_has_its_folder_for_a_name(tmp_path: Path) -> None:
    path = str(tmp_path / "trial" / "membership.csv")
    Membership("trial", []).write(path)
    assert read_membership(path).cohort_id == "trial"
    assert len(read_membership(path)) == 0


@pytest.mark.parametrize(
    "damage",
    [
        b"draft,d_1,trial,,combo",
        b"draft,d_1,trial,,combo_v1_x,free,gpt,",
        b"draft,d_1,trial,,combo_v1_x,free,gpt,one\n",
        b"outline,d_1,trial,,combo_v1_x,free,gpt,1\n",
        b"draft,d_1,trial,,combo_v1_x,fr\xff,gpt,1\n",
    ],
)
def test_a_damaged_file_is_named_with_the_mend(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "membership.csv"
    path.write_bytes(COLUMNS.encode() + b"\n" + damage)
    with pytest.raises(CohortError) as caught:
        read_membership(str(path))
    assert str(path) in str(caught.value)
    assert "cohort_membership" in str(caught.value)


def test_a_file_without_a_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "membership.csv"
    path.write_text("stage,gen_id\ndraft,d_1\n")
    with pytest.raises(CohortError, match=r"membership\.csv"):
        read_membership(str(path))


@pytest.mark.thorough
def test_fifty_thousand_rows_are_written_and_read_in_five_seconds(tmp_path: Path) -> None:
    path = str(tmp_path / "membership.csv")
    members = [DRAFT._replace(gen_id=f"d_{n}") for n in range(50_000)]
    started = time.process_time()
    Membership("trial", members).write(path)
    assert len(read_membership(path)) == 50_000
    assert time.process_time() - started < 5
