"""Cohorts side by side, and one of them read by the beginning of its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.cli.cohorts import differences, levels_of, show
from daydream.errors import CohortError
from daydream.store.index import find_cohort
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership


def cohort(name: str, writer: str, judge: str = "judge") -> Membership:
    draft = Member("draft", f"d_{writer}", name, "", "combo", "plain", writer, 1)
    essay = Member("essay", f"e_{writer}", name, draft.gen_id, "combo", "copy", writer, 1)
    parent = essay.gen_id
    evaluation = Member(
        "evaluation", f"v_{writer}{judge}", name, parent, "combo", "novel", judge, 1
    )
    return Membership(name, [draft, essay, evaluation])


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """June and July have a judge and templates in common, and other writers."""
    made = Layout(str(tmp_path / "data"))
    for membership in (cohort("june", "gpt"), cohort("july", "claude")):
        membership.write(made.membership(membership.cohort_id))
    parsed = Path(made.parsed("draft", "d_gpt"))
    parsed.parent.mkdir(parents=True)
    parsed.write_text("A draft.")
    return made


def test_each_cohort_has_its_counts_and_what_the_others_have_not(layout: Layout) -> None:
    lines = list(show(layout))
    at = next(place for place, line in enumerate(lines) if line.startswith("june"))
    assert lines[at].split()[3:] == ["1/1", "0/1", "0/1", "0"]
    assert lines[at + 1] == "    generation models: gpt"
    assert not any("judges:" in line or "templates:" in line for line in lines)


def test_only_what_differs_is_told(layout: Layout) -> None:
    every = [levels_of(cohort("a", "gpt")), levels_of(cohort("b", "gpt", "other"))]
    assert list(differences(every[1], every)) == ["judges: other"]
    assert list(differences(every[0], every[:1])) == []


def test_a_data_root_without_cohorts_says_how_to_make_one(tmp_path: Path) -> None:
    (line,) = show(Layout(str(tmp_path)))
    assert "snakemake cohort" in line
    with pytest.raises(CohortError, match=r"no cohort in .* yet. Make one: snakemake cohort$"):
        find_cohort(Layout(str(tmp_path)), "june")


def test_a_cohort_is_found_by_its_name_or_the_beginning_of_it(layout: Layout) -> None:
    assert find_cohort(layout, "june") == "june" and find_cohort(layout, "jul") == "july"
    with pytest.raises(CohortError, match=r"2 cohorts .* begin with 'ju': july, june"):
        find_cohort(layout, "ju")
    with pytest.raises(CohortError, match="There are: july, june"):
        find_cohort(layout, "may")
    cohort("jun", "x").write(layout.membership("jun"))
    assert find_cohort(layout, "jun") == "jun"  # a whole name is no beginning of another


def test_a_damaged_cohort_is_told_of_and_not_passed_over(layout: Layout) -> None:
    for name in ("june", "july"):
        Path(layout.membership(name)).write_text("stage,gen_id\nnonsense,x\n")
    lines = list(show(layout))
    assert len(lines) == 2 and all("Make the file again" in line for line in lines)
