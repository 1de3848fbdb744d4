"""Headers in other languages are read as the English ones."""

from __future__ import annotations

import pytest

from daydream.parsers.score_words import with_english_headers


@pytest.mark.parametrize(
    ("line", "english"),
    [
        ("Punktzahl: 7", "Score: 7"),
        ("Gesamtnote: 7/10", "Final score: 7/10"),
        ("Note finale : 8", "Final score: 8"),
        ("Итоговая оценка: 6", "Final score: 6"),
        ("得分:9", "Score:9"),
        ("最終スコア = 3", "Final score: 3"),
        ("My rating: 4", "My Score: 4"),
        ("| Rating | 4 |", "| Score | 4 |"),
    ],
)
def test_a_header_before_a_number_is_translated(line: str, english: str) -> None:
    assert with_english_headers(line) == english


@pytest.mark.parametrize(
    "line", ["Note that 7 of them fail", "Grade: excellent", "Die Note steht unten", "SCORE: 7"]
)
def test_words_that_no_number_follows_stay(line: str) -> None:
    assert with_english_headers(line) == line
