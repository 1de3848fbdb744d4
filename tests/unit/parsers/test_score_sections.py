"""Sections of criteria, and labels of parts."""

from __future__ import annotations

import pytest

from daydream.parsers.score_sections import criterion_sections, labels_a_part
from daydream.parsers.score_text import last_lines


def sections(text: str) -> list[int]:
    return criterion_sections(last_lines(text, 50))


def test_lines_below_a_criterion_belong_to_it_until_a_general_heading() -> None:
    text = "Intro.\n## Novelty\nFresh.\nScore: 3\n## Conclusion\nScore: 7"
    assert sections(text) == [-1, 1, 1, 1, -1, -1]


@pytest.mark.parametrize(
    "heading", ["**Novelty**", "1. Novelty", "- **Novelty:** new", "Novelty:", "a) Novelty"]
)
def test_headings_come_in_many_forms(heading: str) -> None:
    assert sections(f"{heading}\nScore: 3") == [0, 0]


def test_a_score_is_no_heading_whatever_its_dress() -> None:
    assert sections("## Novelty\n**Score: 7**") == [0, 0]
    assert sections("## Score: 7\nSCORE: 7") == [-1, -1]


@pytest.mark.parametrize(
    ("before", "is_part"),
    [
        ("Depth - ", True),
        ("3. Clarity and style: ", True),
        ("Conclusion: ", False),
        ("So I - ", False),
        ("After all that has been said in this long sentence: ", False),
    ],
)
def test_a_label_on_the_same_line_makes_it_a_part(before: str, is_part: bool) -> None:
    assert labels_a_part(before) is is_part
