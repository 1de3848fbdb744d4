"""The verdict parser finds which text a judge preferred, or refuses."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daydream.errors import ParseError
from daydream.parsers import VERDICT_PARSERS, VERDICTS, read_json_verdict
from daydream.parsers.verdict import verdict
from tests.support.growth import assert_linear

REASONS = "Text A names its parts. Text B only wishes for them."


@pytest.mark.parametrize(
    ("line", "stated"),
    [
        ("VERDICT: A", "A"),
        ("VERDICT: B", "B"),
        ("VERDICT: TIE", "tie"),
        ("verdict: b", "B"),
        ("Verdict : A.", "A"),
        ("**VERDICT: A**", "A"),
        ("**Verdict:** B", "B"),
        ("### VERDICT: `A`", "A"),
        ("- VERDICT: A", "A"),
        ("VERDICT: [B]", "B"),
        ("VERDICT: <A>", "A"),
        ("VERDICT: [[A]]", "A"),
        ("VERDICT: (tie)", "tie"),
        ('VERDICT: "B"', "B"),
        ("VERDICT: Text B", "B"),
        ("VERDICT: Essay A is better.", "A"),
        ("VERDICT: $\\boxed{\\text{A}}$", "A"),
        ("VERDICT\N{FULLWIDTH COLON} A", "A"),
        ("VERDICT = B", "B"),
        ("VERDICT -> B", "B"),
        ("Final verdict: A", "A"),
        ("My verdict is B", "B"),
        ("VERDICT: a tie", "tie"),
        ("VERDICT: Tied", "tie"),
        ("VERDICT: draw", "tie"),
        ("VERDICT:\nB", "B"),
        ("## Verdict\n\n**A**", "A"),
        ("VERDICT: A" + " " * 20_000, "A"),
        ("VERDICT: A\n\nThank you for reading.", "A"),
        ("VERDICT: A\n---\n", "A"),
    ],
)
def test_a_verdict_is_read_whatever_its_dress(line: str, stated: str) -> None:
    assert verdict(f"{REASONS}\n\n{line}") == stated
    assert stated in VERDICTS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "A",
        REASONS,
        "VERDICT: X",
        "VERDICT:",
        "VERDICT: A or B",
        "VERDICT: A/B",
        "VERDICT: A|B|TIE",
        "VERDICT: A and B are equal",
        "VERDICT: A, but B has more style",
        "VERDICT: not A",
        "VERDICT: apple",
        "VERDICT: A\nVERDICT: B",
        "VERDICT: B\nOn reflection I was wrong.\nVERDICT: A",
        "VERDICT: B\n1\n2\n3\n4\n5\nVERDICT: TIE",
        "VERDICT: A\nVERDICT: A or B",
        "VERDICT: A\nOne.\nTwo.\nThree.",
        "The verdict depends on taste.",
        "It is hard to give a verdict: A",
        "<think>VERDICT: A",
        "<think>VERDICT: A</think> Both are good.",
    ],
)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        verdict(text)


@pytest.mark.parametrize(
    "text",
    [
        "<think>VERDICT: A</think>\nVERDICT: B",
        "You asked for VERDICT: A.\nVERDICT: B",
        "VERDICT: A or B\nVERDICT: B",
        "Verdict on style: A\nVERDICT: B",
        "VERDICT: B\nVERDICT: B",
        "**Verdict: B**\nThe verdict was close.",
    ],
)
def test_thoughts_echoes_and_prose_are_no_verdicts(text: str) -> None:
    assert verdict(text) == "B"


def test_a_refusal_quotes_what_was_found() -> None:
    with pytest.raises(ParseError, match=r"no verdict in the last 3 non-empty lines.*'Bye!'"):
        verdict("Bye!")
    with pytest.raises(ParseError, match="reads 'A or B'"):
        verdict("VERDICT: A or B")
    with pytest.raises(ParseError, match="two verdicts: A, and at the end B"):
        verdict("VERDICT: A\nVERDICT: B")


@given(st.text())
def test_any_text_has_a_verdict_or_none(text: str) -> None:
    with contextlib.suppress(ParseError):
        assert verdict(text) in VERDICTS


@given(st.text(), st.sampled_from(["A", "B", "TIE"]))
def test_reasons_of_one_line_never_hide_the_verdict(reasons: str, stated: str) -> None:
    reasons = "Because " + " ".join(reasons.replace("<", "").split())
    assert verdict(f"{reasons}\nVERDICT: {stated}").upper() == stated


@pytest.mark.parametrize("text", ["(" * 200_000, "verdict " * 50_000, "VERDICT: A\n" * 20_000])
def test_time_grows_with_the_length_of_a_text_and_no_faster(text: str) -> None:
    assert_linear(verdict, text)


@pytest.mark.parametrize(
    ("given_", "stated"), [("A", "A"), ("b", "B"), ("Text B", "B"), ("TIE", "tie"), ("**A**", "A")]
)
def test_a_json_verdict_is_read(given_: str, stated: str) -> None:
    whole = json.dumps({"reasoning": "Because.", "verdict": given_})
    assert read_json_verdict(f"```json\n{whole}\n```") == stated


@pytest.mark.parametrize(
    "text",
    [
        "VERDICT: A",
        "{}",
        '{"verdict": null}',
        '{"verdict": ["A"]}',
        '{"verdict": "A or B"}',
        '{"reasoning": "", "verdict": "A"} {"reasoning": "", "verdict": "B"}',
        '{"reasoning": "cut off, "verdict": "A"',
    ],
)
def test_json_without_one_verdict_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        read_json_verdict(text)


def test_the_parser_has_the_name_of_the_contract() -> None:
    assert VERDICT_PARSERS["verdict"] is verdict
