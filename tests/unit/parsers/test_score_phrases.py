"""Where a line speaks of the score."""

from __future__ import annotations

import pytest

from daydream.parsers.score_phrases import claims_of, ends_in_header
from daydream.parsers.score_range import ScoreRange
from daydream.parsers.score_text import Line, plain

TEN = ScoreRange(0, 10)


def stated(raw: str, below: str = "") -> list[str]:
    return [claim.stated for claim in claims_of(Line(raw, plain(raw)), TEN, below)]


@pytest.mark.parametrize(
    ("raw", "starts"),
    [
        ("SCORE: 7", "7"),
        ("Final score: 7/10", "7/10"),
        ("I would give it a score of 7.", "7."),
        ("The overall score is 8", "8"),
        ("Total: 7", "7"),
        ("| Overall score | 7 |", "7"),
        ("Score (out of 10): 7", "7"),
    ],
)
def test_a_score_is_found(raw: str, starts: str) -> None:
    (found,) = stated(raw)
    assert found.startswith(starts)


@pytest.mark.parametrize(
    "raw",
    [
        "SCORE: X",
        "SCORE: <number>",
        "Score: 0-10",
        "Maximum score: 10",
        "Novelty score: 7",
        "Depth - score: 7",
        "A score of 10 = outstanding",
        "It might deserve a score of 9 if it were longer",
        "For example, SCORE: 7",
        "The essay ends with SCORE: 10",
        "A score of 3 for clarity",
    ],
)
def test_what_is_not_meant_as_the_result_is_left_out(raw: str) -> None:
    assert stated(raw) == []


def test_a_number_may_stand_on_the_line_below() -> None:
    assert stated("SCORE:", below="7") == ["7"]
    assert stated("SCORE:", below="7 reasons why") == []
    assert ends_in_header("Final score:") and not ends_in_header("Final score: 7")


def test_a_claim_knows_its_weight() -> None:
    (claim,) = claims_of(Line("FINAL SCORE: 7", "FINAL SCORE: 7"), TEN)
    assert claim.final and claim.exact and claim.leads and claim.requested and claim.named
    (claim,) = claims_of(Line("Total: 7", "Total: 7"), TEN)
    assert claim.final and not claim.named and not claim.requested
    text = "so I think that the score is 7"
    (claim,) = claims_of(Line(text, text), TEN)
    assert not claim.exact and not claim.leads


def test_a_wall_of_scores_is_cheap() -> None:
    assert len(stated("score: 7 " * 2000)) <= 60
