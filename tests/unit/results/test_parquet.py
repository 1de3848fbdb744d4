from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import CohortError
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership
from daydream.workflow.tables import Results


class Opened(Results):
    def __init__(self, root: Path) -> None:
        self.layout, self.cohort = Layout(str(root)), "trial"

    def write(self, *gen_ids: str) -> None:
        members = [Member("draft", i, "trial", "", "c", "t", "m", 1) for i in gen_ids]
        Membership("trial", members).write(self.layout.membership("trial"))

    @property
    def drafts(self) -> list[str]:
        return list(self.membership.by_stage["draft"])


def test_the_roster_that_was_read_holds_while_another_run_makes_it_again(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    opened.write("d_1")
    assert opened.drafts == ["d_1"]
    Path(opened.layout.membership("trial")).unlink()
    assert opened.drafts == ["d_1"]
    opened.write("d_1", "d_2")
    assert opened.drafts == ["d_1", "d_2"]


def test_a_roster_that_was_never_there_is_an_error_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="snakemake cohort"):
        _ = Opened(tmp_path).drafts


def test_a_damaged_roster_is_an_error_whatever_was_read_before(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    opened.write("d_1")
    assert opened.drafts == ["d_1"]
    Path(opened.layout.membership("trial")).write_text("stage,gen_id\nnonsense,x\n")
    with pytest.raises(CohortError, match="cannot be read"):
        _ = opened.drafts
