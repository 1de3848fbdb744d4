"""The score parsers find the number an evaluator meant, or refuse."""

import csv
import functools
import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from daydream.errors import ParseError
from daydream.parsers import SCORE_PARSERS, ScoreRange, read_json_score, split_thinking
from tests.support.growth import assert_linear
from tests.support.workspace import ROOT

TEN = ScoreRange()
CORPUS = ROOT / "tests" / "data" / "evaluator_outputs"
in_last_line = SCORE_PARSERS["in_last_line"]
complex_score = SCORE_PARSERS["complex"]


def corpus_rows():
    with (CORPUS / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(row):
    text = (CORPUS / row["file"]).read_text(encoding="utf-8")
    return SCORE_PARSERS[row["parser"]](text, ScoreRange(float(row["low"]), float(row["high"])))


@pytest.mark.parametrize("row", corpus_rows(), ids=lambda row: row["file"].removesuffix(".txt"))
def test_every_output_of_the_corpus_is_read_as_a_person_reads_it(row):
    if row["expected"] == "error":
        with pytest.raises(ParseError):
            read(row)
    else:
        assert read(row) == pytest.approx(float(row["expected"]))


def short_answers(parser, dress):
    """The name, the label and what is read of each short answer, dressed up."""
    answers = (CORPUS / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(answers) > 650
    for answer in map(json.loads, answers):
        text = dress(answer["text"])
        try:
            score = f"{SCORE_PARSERS[parser](text, ScoreRange(*answer['range'])):.6g}"
        except ParseError:
            score = "error"
        yield answer["name"], answer[parser], score


@pytest.mark.parametrize("parser", SCORE_PARSERS)
def test_every_short_answer_is_read_as_labelled_by_hand(parser):
    """``7 or error``: a person reads 7, and a parser may refuse but not read another number."""
    for name, label, score in short_answers(parser, str):
        assert score in label.split(" or "), (name, label, score)


DRESSES = {
    "words above": "I read it twice, 412 words in 3 parts.\n\n{}".format,
    "words below": "{}\n\nLet me know if you would like 2 more examples.".format,
    "line ends": lambda text: text.replace("\n", "\r\n"),
    "indented": lambda text: text.replace("\n", "\n    "),
    "far apart": lambda text: text.replace("\n", "\n\n\n"),
    "invisible marks": lambda text: text.replace("SCORE", "S\u200bCORE").replace(":", ":\u2060"),
    "capitals": lambda text: text if re.search(r"[{<\\]", text) else text.upper(),
    "paragraphs": lambda text: (
        text if re.search(r"[`|>{#]", text) else f"<p>{text.replace(chr(10), '</p><p>')}</p>"
    ),
}


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES)
@pytest.mark.parametrize("parser", SCORE_PARSERS)
def test_a_short_answer_in_another_dress_is_never_read_as_another_number(parser, dress):
    for name, label, score in short_answers(parser, dress):
        assert score in (*label.split(" or "), "error"), (name, label, score)


def test_the_corpus_is_large_complete_and_covers_both_parsers():
    rows = corpus_rows()
    files = {path.name for path in CORPUS.glob("*.txt")}
    assert len(rows) >= 150
    assert {row["file"] for row in rows} == files
    assert len(files) == len(rows)
    for parser in SCORE_PARSERS:
        expected = [row["expected"] for row in rows if row["parser"] == parser]
        assert len(expected) >= 20
        assert 5 <= expected.count("error") <= len(expected) - 10


@pytest.mark.parametrize("parser", SCORE_PARSERS.values(), ids=SCORE_PARSERS)
@pytest.mark.parametrize(
    ("line", "score"),
    [
        ("SCORE: 7", 7),
        ("**SCORE: 7**", 7),
        ("__Score__: `7`", 7),
        ("### SCORE: 7", 7),
        ("'SCORE: 7.'", 7),
        ("Final Score: 8", 8),
        ("Total Score: 8.5", 8.5),
        ("Overall Score is 8", 8),
        ("Score = 7", 7),
        ("score - 7", 7),
        ("SCORE 7", 7),
        ("All in all I give it a SCORE: 7.", 7),
        ("SCORE: 7/10", 7),
        ("SCORE: 2.5/5", 5),
        ("SCORE: 7 out of 10", 7),
        ("Score (out of 5): 4", 8),
        ("SCORE: 456", 5),
        ("SCORE: 4,5,6", 5),
        ("SCORE: 4, 5, 6", 5),
        ("SCORE: 10, 9, 8", 9),
        ("SCORE: [8]", 8),
        ("| **Final Score** | 8/10 | strong |", 8),
    ],
)
def test_both_parsers_read_a_score_line_in_many_dresses(parser, line, score):
    assert parser(f"Some reasoning.\n\n{line}\n", TEN) == score


@pytest.mark.parametrize("parser", SCORE_PARSERS.values(), ids=SCORE_PARSERS)
@pytest.mark.parametrize(
    "line",
    [
        "SCORE: 8,5",
        "SCORE: 8,50",
        "SCORE: 7-8",
        "SCORE: 7 or 8",
        "SCORE: 7 to 8",
        "SCORE: 7 1/2",
        "SCORE: 7½-8",
        "SCORE: 7+",
        "SCORE: 1e3",
        "SCORE: 7.5.1",
        "SCORE: 1,234",
        "SCORE: 4,5,6,7",
        "SCORE: 80%",
        "SCORE: 7/0",
        "SCORE: 8/10/2024",
        "Final Score (1-5): 4",
        "SCORE: nan",
        "SCORE: eight",
        "SCORE: not applicable",
        "SCORE: N/A",
    ],
)
def test_what_can_be_read_in_two_ways_is_an_error(parser, line):
    with pytest.raises(ParseError):
        parser(f"Some reasoning.\nscore = 3\n{line}\n", TEN)


@pytest.mark.parametrize("parser", SCORE_PARSERS.values(), ids=SCORE_PARSERS)
@pytest.mark.parametrize(
    "line",
    [
        "Score range 0-10",
        "The score of each criterion is below",
        "(score 0-10)",
        "SCORE: 0-10",
        "SCORE: X",
        "SCORE: <number>",
        "Maximum score: 10",
        "He scored 3 goals",
        "Scoreboard: 3",
        "Sub-score: 3",
        "Novelty score: 3/3",
        "ORIGINALITY SCORE: 3",
        "Score (novelty): 3",
        "Write, for example, SCORE: 3",
        "A score of 9 would mean that nothing is missing",
        "Score 1: weak",
    ],
)
def test_a_line_that_only_looks_like_a_score_is_passed_over(parser, line):
    assert parser(f"SCORE: 6\n{line}", TEN) == 6
    with pytest.raises(ParseError, match=r"no score in the last \d+ non-empty lines"):
        parser(f"Some reasoning.\n{line}", TEN)


@pytest.mark.parametrize("parser", SCORE_PARSERS.values(), ids=SCORE_PARSERS)
@pytest.mark.parametrize("line", ["SCORE: -7", "score -7", "Score-7", "SCORE: −7", "SCORE = –7"])  # noqa: RUF001
def test_a_negative_number_never_loses_its_sign(parser, line):
    assert parser(line, ScoreRange(-10, 10)) == -7
    with pytest.raises(ParseError, match=r"-7.* is out of the range 0 to 10"):
        parser(line, TEN)


@pytest.mark.parametrize("parser", SCORE_PARSERS.values(), ids=SCORE_PARSERS)
def test_the_denominator_is_scaled_to_the_range_unless_it_is_the_top_of_it(parser):
    assert parser("SCORE: 4/5", ScoreRange(1, 5)) == 4
    assert parser("SCORE: 5/10", ScoreRange(1, 5)) == 3
    assert parser("SCORE: 8/10", ScoreRange(0, 100)) == 80
    with pytest.raises(ParseError):
        parser("SCORE: 11/10", TEN)
    with pytest.raises(ParseError):
        parser("SCORE: 6/5", TEN)


def test_three_marks_must_each_be_within_the_range():
    assert in_last_line("SCORE: 345", ScoreRange(1, 5)) == 4
    with pytest.raises(ParseError, match=r"6.* is out of the range 1 to 5"):
        in_last_line("SCORE: 456", ScoreRange(1, 5))
    assert in_last_line("SCORE: 456", ScoreRange(0, 500)) == 456


def test_an_exact_score_line_wins_over_phrases_and_two_that_differ_are_an_error():
    assert in_last_line("SCORE: 5\nFinal Score: 9 (nearly)", TEN) == 5
    with pytest.raises(ParseError, match="two scores: 5, and after it 6"):
        in_last_line("SCORE: 5\n*SCORE: 6*\nTotal score 9, nearly", TEN)


def test_an_exact_line_does_not_hide_a_later_line_that_takes_it_back():
    for line in ("SCORE: 7 or 8", "SCORE: 7 1/2", "SCORE: N/A", "SCORE: eight"):
        with pytest.raises(ParseError, match="not one plain number"):
            in_last_line(f"SCORE: 3\n{line}", TEN)


def test_two_phrases_that_differ_are_an_error_unless_the_later_corrects_the_earlier():
    with pytest.raises(ParseError, match="two scores"):
        in_last_line("Final Score: 5 (first)\nTotal Score: 6 (second)", TEN)
    assert in_last_line("Final Score: 5\nOn reflection too harsh.\nFinal Score: 6", TEN) == 6


def test_a_bad_exact_line_is_an_error_even_if_another_line_could_be_read():
    with pytest.raises(ParseError, match="11"):
        in_last_line("Final Score: 9\nSCORE: 11", TEN)


def test_only_the_last_three_lines_with_words_are_looked_at():
    assert in_last_line("SCORE: 7\n\n---\nfoo\n```\n\nbar\n***", TEN) == 7
    with pytest.raises(ParseError, match=r"last 3 non-empty lines; the last line is 'baz'"):
        in_last_line("SCORE: 7\nfoo\nbar\nbaz", TEN)


@pytest.mark.parametrize("text", ["7", "**7**", "Fine.\n\n7/10\n", "SCORE:\n7", "Fine.\n`7.0`"])
def test_a_last_line_that_is_only_a_number_is_taken(text):
    assert in_last_line(text, TEN) == 7


@pytest.mark.parametrize("text", ["456", "7.", "7 points", "It is 7", "The score is high.\n7"])
def test_a_last_line_that_may_be_something_else_than_the_score_is_not_taken(text):
    with pytest.raises(ParseError):
        in_last_line(text, TEN)


def test_final_total_and_overall_win_over_a_plain_score_wherever_they_stand():
    for word in ("Final", "Total", "Overall", "FINAL"):
        assert complex_score(f"Score: 1/1\n{word} Score: 6/10\nScore: 3/3", TEN) == 6
    assert complex_score("Score: 1/1\nOverall: 6/10\nScore: 3/3", TEN) == 6


def test_of_the_same_kind_two_that_differ_are_an_error():
    for text in ("Score: 4\nScore: 5\n", "Final Score: 4\nTotal Score: 5\nScore: 9"):
        with pytest.raises(ParseError, match="two scores: 4, and after it 5"):
            complex_score(text, TEN)


@pytest.mark.parametrize(
    "text",
    [
        "**Part A**\nTotal: 2/2\n\n**Part B**\nTotal: 3/4\n\n**SCORE: 8/10**",
        "1. Originality\nScore: 7/10\n2. Depth\nScore: 5/10\n\nSCORE: 8",
        'SCORE: 8\n\nThe essay ends with "SCORE: 10".',
        "SCORE: 8\n\n> SCORE: 10",
        "SCORE: [[8]]",
        "SCORE: ((8))",
        "<score>8</score>",
        "\\(\\text{SCORE: } 8\\)",
        *(
            f"SCORE: {mark}8{mark}"
            for mark in "\u2060\u200c\u200d\u200e\u200f\u00ad\ufe0f\u2066\u061c"
        ),
        "SCORE: \u0668",
        "评分\uff1a8",
        "最終スコア: 10点満点中8点",
        "Endnote: 8",
    ],
)
def test_the_result_is_told_from_parts_quotes_and_dress(text):
    assert complex_score(text, TEN) == 8


def test_a_score_on_another_scale_is_an_error_and_minus_zero_is_zero():
    with pytest.raises(ParseError, match="range 1 to 5"):
        in_last_line("SCORE: 4 on a scale of 1 to 5", TEN)
    assert str(in_last_line("SCORE: -0", TEN)) == "0.0"


@pytest.mark.parametrize(
    "text",
    [
        "## Final Score\n\n8",
        "## Final Score\n**8/10** - a strong essay",
        "**Final Score**: **8**",
        "**SCORE: 8/10**",
        "Final Score:\n\n8",
        "SCORE\n8",
        "## 5. Overall score\n8",
        "Final Score 8",
        "The final score for this essay is: 8.",
        "Total Score: 3 + 3 + 2 = 8",
        "| Novelty | 3 |\n|---|---|\n| Total | 8 |",
        "<think>\nFinal Score: 2\n</think>\nScore: 8",
    ],
)
def test_the_complex_parser_reads_headers_tables_and_bold(text):
    assert complex_score(f"Novelty score: 3/3\n{text}\n", TEN) == 8


def test_a_header_does_not_take_the_number_of_a_list_item_below_it():
    with pytest.raises(ParseError):
        complex_score("## Score\n1. Novelty: 3\n2. Depth: 2", TEN)


def test_scores_of_parts_with_different_maxima_are_no_result():
    with pytest.raises(ParseError, match="different maxima"):
        complex_score("Score: 2/3\nScore: 1/1", TEN)


def test_the_complex_parser_looks_at_thirty_lines():
    assert complex_score("Score: 8\n" + "more\n\n" * 29, TEN) == 8
    with pytest.raises(ParseError, match="last 30 non-empty lines"):
        complex_score("Score: 8\n" + "more\n\n" * 30, TEN)


@pytest.mark.parametrize("parser", SCORE_PARSERS.values(), ids=SCORE_PARSERS)
def test_messages_are_short_and_name_what_was_found(parser):
    with pytest.raises(ParseError, match="the answer is blank"):
        parser(" \n\t\n", TEN)
    with pytest.raises(ParseError, match=r"the score 12.0 is out of the range 0 to 10"):
        parser("SCORE: 12", TEN)
    with pytest.raises(ParseError) as error:
        parser("word " * 10_000, TEN)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        '{"reasoning": "good", "score": 7}',
        '{"reasoning": "good", "score": 7.0}',
        '{"score": " 7 ", "reasoning": "good"}',
        '```json\n{"reasoning": "{braces}", "score": 7}\n```',
        'Here {it} is:\n{"reasoning": "good", "score": 7}\nBye.',
        '<think>{"reasoning": "", "score": 3}</think>{"reasoning": "good", "score": 7}',
        '{"score": 7}',
        '{"reasoning": "two\nlines", "score": 7,}',
    ],
)
def test_a_structured_answer_gives_its_score(text):
    assert read_json_score(text, TEN) == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SCORE: 7",
        "[7]",
        '{"reasoning": "good"}',
        '{"reasoning": "good", "score": null}',
        '{"reasoning": "good", "score": true}',
        '{"reasoning": "good", "score": "seven"}',
        '{"reasoning": "good", "score": [7]}',
        '{"reasoning": "good", "score": 11}',
        '{"reasoning": "draft", "score": 3}\n{"reasoning": "good", "score": 7}',
        '{"reasoning": "good", "score": 3}\n\n**SCORE: 7**',
        '{"reasoning": "good", "score": NaN}',
        '{"reasoning": "good", "score": 1e999}',
        '{"reasoning": "good", "score": 4, "max_score": 5}',
        '{"reasoning": "good", "score": 4, "scale": "1-5"}',
        '{"reasoning": "good", "score": 6, "score": 7}',
        '{"reasoning": "cut off", "score": 7',
        '{"reasoning": "cut off", "parts": {"score": 3}, "score": 7',
        '{"reasoning": "good", "score": ' + "9" * 5000 + "}",
        '{"a":' * 100_000,
    ],
)
def test_a_structured_answer_without_a_usable_score_is_an_error(text):
    with pytest.raises(ParseError):
        read_json_score(text, TEN)


ADVERSARIAL = {
    "stars": "*" * 500_000,
    "blanks": "SCORE:" + " " * 500_000 + "x",
    "blank and star": "SCORE" + " *" * 400_000,
    "digits": "SCORE: " + "7" * 500_000,
    "letters": "a" * 1_000_000,
    "words": "final " * 170_000,
    "scores": "score " * 170_000,
    "score lines": "Final Score: 7/10, " * 50_000,
    "thirty long lines": ("Final score is 7-8 " * 1_700 + "\n") * 30,
    "rules": "---\n" * 250_000,
    "parentheses": "score (" * 140_000,
    "sums": "SCORE: " + "1 + " * 250_000,
    "cells": "| Total " + "| 7 " * 250_000,
    "thoughts": "<think>" * 140_000,
    "braces": "{" * 1_000_000,
    "nested objects": '{"a":' * 200_000,
    "strings": '{"a' * 300_000,
}


@pytest.mark.parametrize("text", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_time_grows_with_the_length_of_a_text_and_no_faster(text):
    for parser in (*SCORE_PARSERS.values(), read_json_score):
        assert_linear(functools.partial(parser, scale=TEN), text[:400_000])


marks = st.integers(0, 100).map(lambda tenths: tenths / 10)
forms = st.sampled_from(
    [
        "SCORE: {}",
        "**SCORE: {}**",
        "## Score: {}/10",
        "Final Score: {}",
        "Overall score = {} out of 10",
        "score - {}",
        "SCORE {}",
        "I give it a SCORE: {}.",
        "`Total score` is **{}**",
        "| Total | {} |",
    ]
)
anything = st.text(max_size=200) | st.lists(
    st.sampled_from(
        [
            "SCORE",
            "score",
            "Final",
            "Total",
            ":",
            " ",
            "\n",
            "=",
            "-",
            "/",
            ",",
            ".",
            "7",
            "10",
            "456",
            "%",
            "(",
            ")",
            "|",
            "*",
            "#",
            "out of",
            "is",
            "novelty",
            "<think>",
            "</think>",
            "½",
            "٣",
            "8",
            "{",
            "}",
            '"score"',
            '{"score": ',
            "0-10",
            "\u2028",
            "e.g.",
        ]
    ),
    max_size=25,
).map("".join)
ranges = st.tuples(st.integers(-5, 5), st.integers(1, 100)).map(
    lambda pair: ScoreRange(pair[0], pair[0] + pair[1])
)


@given(mark=marks, form=forms, whole_as_int=st.booleans())
def test_any_mark_in_any_accepted_form_is_read_back(mark, form, whole_as_int):
    shown = int(mark) if whole_as_int and mark == int(mark) else mark
    for parser in SCORE_PARSERS.values():
        assert parser(f"Some reasoning.\n{form.format(shown)}", TEN) == mark


@given(number=st.floats(11, 1e9) | st.floats(-1e9, -0.01), form=forms)
def test_any_number_out_of_range_is_refused_in_any_form(number, form):
    for parser in SCORE_PARSERS.values():
        with pytest.raises(ParseError):
            parser(form.format(f"{number:.2f}"), TEN)


@given(text=anything, scale=ranges)
def test_any_text_gives_a_score_in_range_or_a_parse_error(text, scale):
    for parser in (*SCORE_PARSERS.values(), read_json_score):
        try:
            score = parser(text, scale)
        except ParseError:
            continue
        assert isinstance(score, float)
        assert scale.low <= score <= scale.high


@given(above=anything, mark=marks)
def test_text_above_never_changes_an_exact_last_score_line(above, mark):
    assume(split_thinking(above).text == above)
    assert read_or_refused(in_last_line, f"{above}\nSCORE: {mark}", above) in (mark, None)


@given(above=anything, mark=marks)
def test_text_above_never_changes_a_last_final_score(above, mark):
    assume(split_thinking(above).text == above)
    assert read_or_refused(complex_score, f"{above}\nFinal Score: {mark}", above) in (mark, None)


def read_or_refused(parser, text, above):
    """The score, or None where the text above speaks of a score of its own and makes it unclear."""
    try:
        return parser(text, TEN)
    except ParseError:
        assert re.search(r"score|final|total", above, re.IGNORECASE), above
        return None
