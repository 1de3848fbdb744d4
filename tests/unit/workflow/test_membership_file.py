"""The membership that was read holds while another run writes it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import CohortError
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership
from daydream.workflow.membership_file import MembershipFile


class Opened:
    """A cohort's membership on disk, and what is read of it."""

    def __init__(self, root: Path) -> None:
        self.path = Layout(str(root)).membership("trial")
        self.file = MembershipFile(self.path)

    def write(self, *gen_ids: str) -> None:
        members = [Member("draft", i, "trial", "", "c", "t", "m", 1) for i in gen_ids]
        Membership("trial", members).write(self.path)

    @property
    def drafts(self) -> list[str]:
        return list(self.file.read().by_stage["draft"])


def test_the_membership_holds_while_another_run_makes_it_again(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    opened.write("d_1")
    assert opened.drafts == ["d_1"]
    Path(opened.path).unlink()
    assert opened.drafts == ["d_1"]
    opened.write("d_1", "d_2")
    assert opened.drafts == ["d_1", "d_2"]


def test_a_membership_that_was_never_there_is_an_error_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="snakemake cohort"):
        _ = Opened(tmp_path).drafts


def test_a_damaged_membership_is_an_error_whatever_was_read_before(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    opened.write("d_1")
    assert opened.drafts == ["d_1"]
    Path(opened.path).write_text("stage,gen_id\nnonsense,x\n")
    with pytest.raises(CohortError, match="cannot be read"):
        _ = opened.drafts
