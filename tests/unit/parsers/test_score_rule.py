"""One result is chosen among the claims of an answer, or none."""

from __future__ import annotations

import pytest

from daydream.errors import ParseError
from daydream.parsers.score import SCORE_PARSERS
from daydream.parsers.score_claim import Claim
from daydream.parsers.score_range import ScoreRange
from daydream.parsers.score_rule import Candidate, choose

TEN = ScoreRange(0, 10)
LINES = ["words"] * 9


def line(stated: str, at: int, **marks: bool) -> Candidate:
    """A line that says nothing but ``SCORE: stated``."""
    return Candidate(Claim(stated, exact=True, leads=True, requested=True, **marks), at)


def plain(stated: str, at: int, section: int = -1) -> Candidate:
    """``Score: stated`` with words behind it."""
    return Candidate(Claim(stated, leads=True), at, section=section)


def sentence(stated: str, at: int) -> Candidate:
    return Candidate(Claim(stated), at)


def chosen(*candidates: Candidate, parts: bool = True, first: int = 0) -> float:
    return choose(candidates, LINES, TEN, parts, first)


def test_the_weightiest_claim_wins_wherever_it_stands() -> None:
    assert chosen(line("8", 1), sentence("3", 5)) == 8
    assert chosen(sentence("3", 1), plain("8", 5)) == 8
    total = Candidate(Claim("2/2", final=True, exact=True, leads=True, named=False), 2)
    assert chosen(total, line("8/10", 5)) == 8


def test_two_results_that_differ_are_an_error_and_equal_ones_are_not() -> None:
    with pytest.raises(ParseError, match="two scores: 8, and after it 3") as error:
        chosen(line("8", 1), line("3", 5))
    assert error.value.cause == "two_scores"
    assert chosen(line("8", 1), line("8.0", 5)) == 8


def test_a_later_result_may_take_an_earlier_one_back() -> None:
    lines = ["words", "SCORE: 8", "Wait, I overlooked something.", "SCORE: 3"]
    assert choose([line("8", 1), line("3", 3)], lines, TEN, parts=True) == 3


def test_scores_below_headings_of_criteria_are_parts() -> None:
    assert chosen(plain("3", 1, 0), plain("4", 3, 2), plain("7", 5)) == 7
    with pytest.raises(ParseError, match="only scores of single criteria"):
        chosen(plain("3", 1, 0), plain("4", 3, 2))


def test_a_block_quotation_behind_the_result_is_not_guessed_at() -> None:
    quoted = Candidate(Claim("9", exact=True, leads=True), 8, quoted=True)
    with pytest.raises(ParseError, match="a quoted 9 behind it"):
        chosen(plain("3", 1), quoted)
    assert chosen(line("3", 1), quoted) == 3


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "SCORE: 3 SCORE: 5",
            "SCORE: 3, SCORE: 5",
            "**SCORE: 3** **SCORE: 5**",
            "Score: 3 Score: 5",
        ),
        *("SCORE: 3\nOn reflection, SCORE: 5", "SCORE: 3\nWait. SCORE: 5", "SCORE: 3 (SCORE: 5)"),
    ],
)
def test_a_second_score_in_the_form_that_was_asked_for_is_not_passed_over(answer: str) -> None:
    for parser in SCORE_PARSERS.values():
        with pytest.raises(ParseError, match="two scores: 3, and 5 behind it"):
            parser(answer, TEN)
        assert parser(answer.replace("5", "3"), TEN) == 3


def test_above_the_first_line_that_counts_nothing_is_a_result() -> None:
    with pytest.raises(ParseError, match="only scores of single criteria"):
        chosen(line("8", 1), first=2)
