"""Score lines that are only quoted."""

from __future__ import annotations

import pytest

from daydream.parsers.score_quotes import Quotation, is_mention, quotations
from daydream.parsers.score_text import Line, last_lines, plain


def kinds(text: str) -> list[Quotation]:
    return quotations(last_lines(text, 50))


@pytest.mark.parametrize(
    ("raw", "before", "mention"),
    [
        ('It ends with "SCORE: 10", which I ignore.', "It ends with ", True),
        ("The essay claims a score of 10.", "The essay claims a ", True),
        (
            "The essay is fine, and I say the score is 8.",
            "The essay is fine, and I say the ",
            False,
        ),
        ('"SCORE: 8"', "", False),
        ("The score is 8.", "The ", False),
    ],
)
def test_a_claim_that_is_reported_is_a_mention(raw: str, before: str, mention: bool) -> None:
    stated = "10" if "10" in raw else "8"
    assert is_mention(Line(raw, plain(raw)), before, stated) is mention


def test_a_line_in_marks_may_be_decoration_and_one_below_a_report_is_not() -> None:
    assert kinds('Good.\n"SCORE: 8"') == [Quotation.NONE, Quotation.MARKED]
    assert kinds("> SCORE: 8") == [Quotation.MARKED]
    assert kinds("The essay ends with:\nSCORE: 10")[1] == Quotation.REPORTED
    assert kinds("> SCORE: 10\nis what the essay says")[0] == Quotation.REPORTED
    assert kinds("Good.\nSCORE: 8") == [Quotation.NONE, Quotation.NONE]


def test_what_a_fence_holds_is_one_thing() -> None:
    text = "The essay closes with:\n```\nSCORE: 10\nSCORE: 9\n```\nSCORE: 3"
    assert kinds(text) == [
        Quotation.NONE,
        Quotation.REPORTED,
        Quotation.REPORTED,
        Quotation.NONE,
    ]
