"""The marks for the criteria of a rubric, and the score that they make."""

from __future__ import annotations

import pytest

from daydream.errors import ParseError
from daydream.parsers import ScoreRange, criteria_of, marks_in, marks_text, read_criteria, weighted

TEN = ScoreRange()
NAMES = ("novelty", "use_of_sources")


def test_criteria_are_read_with_their_weights() -> None:
    assert criteria_of("") == ()
    assert criteria_of(" novelty:0.7 | mechanism: 0.3 ") == (("novelty", 0.7), ("mechanism", 0.3))
    assert [c.weight for c in criteria_of("a|b|c|d")] == [0.25] * 4


@pytest.mark.parametrize(
    ("cell", "stated"),
    [
        ("novelty=0.5|mechanism=0.5", "Did you mean 'novelty:0.5|mechanism:0.5'?"),
        ("novelty:0.5,mechanism:0.5", "Did you mean 'novelty:0.5|mechanism:0.5'?"),
        ("novelty:0.5; mechanism:0.5", "Did you mean 'novelty:0.5|mechanism:0.5'?"),
        ("novelty:0.5|mechanism:0.5|", "Did you mean 'novelty:0.5|mechanism:0.5'?"),
        ("use of sources:1", "Did you mean 'use_of_sources:1'?"),
        (
            "novelty:2|mechanism:2",
            "add up to 4, not to 1. Did you mean 'novelty:0.5|mechanism:0.5'",
        ),
        ("novelty:0.5|mechanism", "the weight of 'mechanism' is ''"),
        ("novelty:0|mechanism:1", "the weight of 'novelty' is '0', not a number above 0"),
        ("novelty:-1|mechanism:2", "is not a name and a weight"),
        ("a|A", "'A' is there twice"),
        ("score:1", "'score' is a word for the result"),
        ("note:1", "'note' is a word for the result"),
        ("|".join(f"c{n}" for n in range(21)), "21 criteria are too many"),
    ],
)
def test_a_bad_list_of_criteria_is_told_with_what_was_meant(cell: str, stated: str) -> None:
    with pytest.raises(ValueError) as error:
        criteria_of(cell)
    assert stated in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "It is fresh.\nnovelty: 7\nuse_of_sources: 4",
        "**Novelty:** 7/10 - fresh\n**Use of sources:** 4/10 - one is only named",
        "1. Novelty: 7\n2. Use of sources: 4.\n\nSCORE: 9",
        "| Criterion | Mark |\n|---|---|\n| Novelty | 7 |\n| Use of sources | 4 |",
        "- **Novelty (7/10):** fresh\n- **Use of sources (4/10):** one is only named",
        "Novelty (0-10): 7\nUse of sources (out of 10): 4",
        "- Novelty (weight 0.5) = [[7]]\n- Use-of-sources score: ((4))",
        '{"reasoning": "It is fresh.", "novelty": 7, "use_of_sources": 4}',
        '```json\n{"criteria": {"Novelty": 7, "use_of_sources": "4"}, "score": 5}\n```',
        "<think>novelty: 2</think>\nNovelty: \u20607\nUse of sources: \uff14",
        "The essay says:\n> novelty: 10\n\nnovelty: 7\nuse_of_sources: 4",
        "Novelty: it is fresh\nnovelty: 7\nuse_of_sources: 4\nnovelty: 7",
    ],
)
def test_marks_are_read_in_many_dresses(text: str) -> None:
    assert read_criteria(text, NAMES, TEN) == {"novelty": 7, "use_of_sources": 4}


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("novelty: 7", "no mark for the criterion 'use_of_sources'"),
        ("novelty: 7\nUse of source: 4", "the answer has one for 'Use of source'"),
        ("novelty: 7\nnovelty: 6\nuse_of_sources: 4", "two marks for the criterion 'novelty'"),
        ("novelty: 7-8\nuse_of_sources: 4", "not one number"),
        ("novelty: 7 à 8\nuse_of_sources: 4", "not one number"),
        ("novelty: 7, 8, 6\nuse_of_sources: 4", "not one number"),
        ("novelty: 789\nuse_of_sources: 4", "not one number"),
        ("novelty (1-5): 4\nuse_of_sources: 4", "another maximum"),
        ('{"novelty": 7, "novelty": 8, "use_of_sources": 4}', "neither a number"),
        ("novelty: 3 of the ideas\nuse_of_sources: 4", "not one number"),
        ("novelty: 4/5\nuse_of_sources: 4", "on another maximum"),
        ("novelty: 11\nuse_of_sources: 4", "out of the range"),
        ('{"novelty": 11, "use_of_sources": 4}', "out of the range"),
        ('{"novelty": null, "use_of_sources": 4}', "neither a number"),
        ('{"novelty": 1, "use_of_sources": 4}\n{"novelty": 2, "use_of_sources": 4}', "different"),
        ("SCORE: 7", "no mark for the criterion 'novelty'"),
        ("", "no mark for the criterion 'novelty'"),
    ],
)
def test_a_mark_that_is_missing_or_unclear_is_an_error(text: str, stated: str) -> None:
    with pytest.raises(ParseError) as error:
        read_criteria(text, NAMES, TEN)
    assert stated in str(error.value)


def test_the_score_is_the_weighted_sum_and_marks_are_stored_without_weights() -> None:
    marks = {"novelty": 7.0, "mechanism": 4.0}
    assert weighted(marks, criteria_of("novelty:0.7|mechanism:0.3")) == 6.1
    assert marks_in(marks_text(marks)) == marks
    assert marks_in("7.0\n") == {}
