"""Judges' answers made from a grammar: every text yields its true score or an error.

A wrong number is worse than none. The texts are those of ``tests/support/judge_texts.py``, on the
range 0 to 10. A failure names its seed, and ``Random(seed)`` makes the same text again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from daydream.errors import ParseError
from daydream.parsers import SCORE_PARSERS, ScoreRange
from tests.support import judge_texts
from tests.support.judge_texts import JudgeText

TEN = ScoreRange()
EXAMPLES = 700
SOAK = 30_000
Maker = Callable[[Random], JudgeText]


def read(parser: str, text: str) -> float | None:
    """The score that a parser reads; None where it refuses."""
    try:
        return SCORE_PARSERS[parser](text, TEN)
    except ParseError:
        return None


def asked(rng: Random) -> JudgeText:
    return judge_texts.answer(rng, judge_texts.asked_line)


def wrong(parser: str, make: Maker, count: int) -> Iterator[tuple[int, float, JudgeText]]:
    """The seeds whose text is read as another number than its true score."""
    for seed in range(count):
        text = make(Random(seed))
        score = read(parser, text.text)
        if score is not None and score != text.score:
            yield seed, score, text


@pytest.mark.parametrize("make", [asked, judge_texts.answer, judge_texts.answer_with_more])
@pytest.mark.parametrize("parser", SCORE_PARSERS)
def test_an_answer_yields_its_true_score_or_an_error(parser: str, make: Maker) -> None:
    assert next(wrong(parser, make, EXAMPLES), None) is None


@pytest.mark.parametrize("make", [judge_texts.unfinished, judge_texts.unsettled])
@pytest.mark.parametrize("parser", SCORE_PARSERS)
def test_an_answer_without_one_result_yields_no_number(parser: str, make: Maker) -> None:
    assert next(wrong(parser, make, EXAMPLES), None) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [judge_texts.answer_with_more, judge_texts.unfinished, judge_texts.unsettled]
)
@pytest.mark.parametrize("parser", SCORE_PARSERS)
def test_many_answers_yield_their_true_score_or_an_error(parser: str, make: Maker) -> None:
    assert next(wrong(parser, make, SOAK), None) is None


@pytest.mark.parametrize("parser", SCORE_PARSERS)
def test_a_line_with_the_score_is_read_behind_any_earlier_sub_scores(parser: str) -> None:
    for seed in range(EXAMPLES):
        answer = asked(Random(seed))
        assert read(parser, answer.text) == answer.score, (seed, answer.text)


def test_a_result_at_the_end_is_read_whatever_its_form() -> None:
    for seed in range(EXAMPLES):
        answer = judge_texts.answer(Random(seed))
        assert read("complex", answer.text) == answer.score, (seed, answer.text)


@pytest.mark.parametrize("parser", SCORE_PARSERS)
def test_two_results_that_differ_are_an_error(parser: str) -> None:
    for seed in range(EXAMPLES):
        rng = Random(seed)
        first, second = judge_texts.asked_line(rng), judge_texts.asked_line(rng)
        if ">" in first.text[0] + second.text[0]:
            continue  # a quotation, which does not stand against a result
        text = f"The idea is known.\n{first.text}\n{second.text}"
        assert read(parser, text) == (first.score if first.score == second.score else None), text


@pytest.mark.parametrize("parser", SCORE_PARSERS)
@pytest.mark.parametrize("whole", [1, 2, 5, 20])
def test_a_lone_subtotal_is_no_result_wherever_it_stands(parser: str, whole: int) -> None:
    prose = "\n".join(judge_texts.PROSE[:5])
    for text in (
        f"Total: {whole}/{whole}",
        f"{prose}\nTotal: {whole}/{whole}",
        f"{prose}\nTotal: {whole}/{whole}\n{prose}",
        f"**Depth**\nTotal: {whole}/{whole}\n{prose}",
        f"{prose}\nScore: {whole}/{whole}\n{prose}",
        f"## Depth\nScore: {whole}/{whole}",
    ):
        assert read(parser, text) is None, text


def test_a_total_of_parts_that_add_up_to_its_maximum_is_scaled() -> None:
    assert read("complex", "Depth: 2/4\nNovelty: 5/6\nCritic: 8/10\nTotal: 15/20") == 7.5
    assert read("complex", "Depth: 2/4\nNovelty: 5/6\nTotal: 15/20") is None
