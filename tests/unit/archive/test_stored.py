"""Which files of a data root a cohort needs, and which links are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.archive.stored import cohort_files
from daydream.errors import ArchiveError
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership

MEMBERS = Membership("trial", [Member("draft", "d_1", "trial", "", "c_1", "plain", "ann", 1)])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with two cohorts and a draft of each."""
    for path in (
        *("1_raw/a.csv", "1_raw/.half", "cohorts/trial/membership.csv", "cohorts/other/x.csv"),
        *("gens/draft/d_1/parsed.txt", "gens/draft/d_2/parsed.txt", "combo_mappings.csv"),
        *("6_summary/trial/t.csv", "6_summary/other/t.csv", "budget/spent"),
    ):
        (tmp_path / "data" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / path).write_text("x")
    return tmp_path / "data"


def files(root: Path) -> list[str]:
    return sorted(cohort_files(Layout(str(root)), "trial", MEMBERS))


OWN = [
    *("1_raw/a.csv", "6_summary/trial/t.csv", "cohorts/trial/membership.csv"),
    *("combo_mappings.csv", "gens/draft/d_1/parsed.txt"),
]


def test_a_cohort_needs_catalogs_its_own_folders_and_its_own_generations(root: Path) -> None:
    assert files(root) == OWN


def test_a_link_to_a_file_of_the_same_data_root_is_taken(root: Path) -> None:
    (root / "1_raw" / "same.csv").symlink_to(root / "1_raw" / "a.csv")
    assert files(root) == sorted([*OWN, "1_raw/same.csv"])


def test_a_folder_of_the_layout_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (root / "gens").rename(tmp_path / "elsewhere")
    (root / "gens").symlink_to(tmp_path / "elsewhere")
    assert files(root) == OWN


@pytest.mark.parametrize("target", ["/etc/hostname", "nowhere"])
def test_a_link_out_of_the_data_root_or_to_nothing_is_refused(root: Path, target: str) -> None:
    (root / "1_raw" / "b.csv").symlink_to(target)
    with pytest.raises(ArchiveError, match=r"b\.csv is a link to .*then export again"):
        files(root)


def test_a_generation_that_is_a_link_is_refused(root: Path) -> None:
    (root / "gens/draft/d_1").rename(root / "gens/draft/moved")
    (root / "gens/draft/d_1").symlink_to(root / "gens/draft/moved")
    with pytest.raises(ArchiveError, match="d_1 is a link"):
        files(root)


def test_a_name_that_not_every_system_can_have_is_refused(root: Path) -> None:
    (root / "1_raw" / "a\\b").write_text("x")
    with pytest.raises(ArchiveError, match="not every system can have"):
        files(root)
