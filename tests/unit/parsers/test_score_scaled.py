"""A score on another maximum counts only where it can be nothing but the result."""

from __future__ import annotations

import pytest

from daydream.errors import ParseError
from daydream.parsers.score_claim import Claim
from daydream.parsers.score_scaled import check_scaled

NAMED, FINAL = Claim("4/5"), Claim("4/5", final=True)
TOTAL = Claim("17/20", final=True, named=False)
LONG = ["Score: 4/5"] + ["words"] * 9


def test_a_score_in_the_first_or_one_of_the_last_lines_counts() -> None:
    check_scaled(NAMED, 0, -1, LONG)
    check_scaled(NAMED, 9, -1, ["words"] * 9 + ["Score: 4/5"])


def test_a_total_counts_where_its_parts_add_up_to_it() -> None:
    check_scaled(TOTAL, 2, -1, ["Depth: 8/10", "Style: 9/10", "Total: 17/20"])


@pytest.mark.parametrize(
    ("claim", "line", "section", "lines", "why"),
    [
        (TOTAL, 1, -1, ["Depth: 8/10", "Total: 17/20"], "no parts"),
        (NAMED, 1, -1, ["Overall: 8/10", "Score: 4/5"], "another one is out of 10"),
        (NAMED, 1, 0, ["Novelty", "Score: 4/5"], "heading of a criterion"),
        (NAMED, 4, -1, ["words"] * 4 + ["Score: 4/5"] + ["words"] * 9, "in the middle"),
    ],
)
def test_what_may_be_a_part_is_an_error(
    claim: Claim, line: int, section: int, lines: list[str], why: str
) -> None:
    with pytest.raises(ParseError, match=why) as error:
        check_scaled(claim, line, section, lines)
    assert error.value.cause == "of_a_part"


def test_a_final_score_may_stand_anywhere() -> None:
    check_scaled(FINAL, 4, 0, ["words"] * 4 + ["Final score: 4/5"] + ["words"] * 9)
