"""A person sees how far a cohort is: wanted, done, missing and failed, by stage and model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daydream.cli.console import NARROWEST, WIDTH, aligned
from daydream.cli.status import as_json, describe
from daydream.experiment.next_steps import Options
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership
from daydream.store.status import Count, count_states, state_of, total

DRAFTS = [Member("draft", f"d_{n}", "trial", "", "c", "free", "gpt", 1) for n in range(3)]
OTHER = Member("draft", "d_9", "trial", "", "c", "free", "claude", 1)
ESSAY = Member("essay", "e_0", "trial", "d_0", "c", "copy", "gpt", 1)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path))


def put(layout: Layout, member: Member, name: str, content: str) -> None:
    path = Path(layout.generation(member.stage, member.gen_id), name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def fail(layout: Layout, member: Member) -> None:
    error = {"kind": "ParseError", "message": "no score"}
    put(layout, member, "metadata.json", json.dumps({"error": error}))


def told(counts: Sequence[Count], stale: bool = False) -> str:
    return "\n".join(describe("trial", counts, stale, Options(config=("cohort=trial",))))


def test_stages_and_models_are_counted_apart(layout: Layout) -> None:
    put(layout, DRAFTS[0], "parsed.txt", "done")
    fail(layout, DRAFTS[1])
    counts = count_states(layout, Membership("trial", [*DRAFTS, OTHER, ESSAY]))
    assert counts == [
        Count("draft", "gpt", 3, 1, 1, 1),
        Count("draft", "claude", 1, 0, 1, 0),
        Count("essay", "gpt", 1, 0, 1, 0),
    ]
    assert total(counts) == Count("total", "", 5, 1, 3, 1)


def test_what_failed_once_and_is_made_now_is_done(layout: Layout) -> None:
    fail(layout, DRAFTS[0])
    put(layout, DRAFTS[0], "parsed.txt", "done")
    assert state_of(layout, DRAFTS[0]) == "done"


@pytest.mark.parametrize("content", ["{", "[]", "null", '{"error": "text"}', "\0"])
def test_what_damaged_metadata_do_not_tell_is_missing(layout: Layout, content: str) -> None:
    put(layout, DRAFTS[0], "metadata.json", content)
    assert state_of(layout, DRAFTS[0]) == "missing"


def test_a_person_is_told_what_to_type_next() -> None:
    text = told([Count("draft", "gpt", 3, 1, 1, 1)])
    assert "Cohort trial: 1 of 3 generations are made" in text
    assert "daydream failures" in text and "snakemake" in text
    assert "Nothing is missing." not in text
    assert "2 refused by the budget" in told([Count("draft", "gpt", 3, 1, 0, 0, 2)])


def test_a_finished_cohort_needs_nothing() -> None:
    text = told([Count("draft", "gpt", 3, 3, 0, 0)])
    assert "Nothing is missing." in text
    assert "snakemake" not in text and "failures" not in text


def test_a_cohort_that_was_redefined_is_said_to_be_old() -> None:
    assert "snakemake cohort" in told([Count("draft", "gpt", 3, 3, 0, 0)], stale=True)


def test_a_program_reads_the_same_numbers() -> None:
    counts = [Count("draft", "gpt", 5, 1, 1, 1, 2), Count("essay", "gpt", 3, 3, 0, 0)]
    assert as_json("trial", counts, True) == {
        "cohort": "trial",
        "stale": True,
        "rows": [
            {"stage": s, "model": "gpt", "wanted": w, "done": d, "missing": m, "failed": f}
            | {"refused": r}
            for s, w, d, m, f, r in (("draft", 5, 1, 1, 1, 2), ("essay", 3, 3, 0, 0, 0))
        ],
        "total": {"wanted": 8, "done": 4, "missing": 1, "failed": 1, "refused": 2},
    }


def test_texts_stand_left_and_numbers_right() -> None:
    assert list(aligned([("model", "n"), ("a", 12345), ("longer", 6)], texts=1)) == [
        "model       n",
        "a       12345",
        "longer      6",
    ]


def test_the_longest_text_is_clipped_and_says_so() -> None:
    lines = list(aligned([("draft", "m" * 200, 7)], texts=2))
    assert len(lines[0]) == WIDTH
    assert "mmm...  7" in lines[0] and lines[0].startswith("draft  m")


@given(
    st.lists(st.tuples(st.text("ab", max_size=150), st.text("cd", max_size=150), st.integers(0)))
    .filter(bool)
    .filter(lambda rows: all(len(str(row[2])) < 50 for row in rows))
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, int]]) -> None:
    lines = list(aligned(rows, texts=2))
    assert len(lines) == len(rows)
    assert max(map(len, lines)) <= WIDTH
    assert all(line.endswith(str(row[2])) for line, row in zip(lines, rows, strict=True))


def test_numbers_are_never_clipped() -> None:
    rows = [("x" * 50, "9" * 60, "8" * 60)]
    (line,) = aligned(rows, texts=1)
    assert line == f"{'x' * (NARROWEST - 3)}...  {'9' * 60}  {'8' * 60}"
