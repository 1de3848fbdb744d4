"""The draft parsers keep the part of a draft that goes on, or refuse."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daydream.errors import ParseError
from daydream.parsers import DRAFT_PARSERS
from tests.support.growth import assert_linear
from tests.support.workspace import ROOT

identity = DRAFT_PARSERS["identity"]
essay_idea_last = DRAFT_PARSERS["essay_idea_last"]
essay_block = DRAFT_PARSERS["essay_block"]
essay_block_lenient = DRAFT_PARSERS["essay_block_lenient"]


def test_the_registry_has_the_names_of_the_template_table():
    names = {"identity", "essay_idea_last", "essay_block", "essay_block_lenient"}
    assert set(DRAFT_PARSERS) == names


@pytest.mark.parametrize("parser", DRAFT_PARSERS.values(), ids=DRAFT_PARSERS)
@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_blank_draft_is_an_error(parser, text):
    with pytest.raises(ParseError):
        parser(text)


def test_identity_returns_the_draft_to_the_last_blank():
    assert identity("\n  a <essay>b</essay>\n\n") == "\n  a <essay>b</essay>\n\n"


def test_the_last_idea_wins_without_stages():
    text = "<essay-idea>one</essay-idea> and <essay-idea>\n two\n</essay-idea> done"
    assert essay_idea_last(text) == "two"


def test_the_highest_stage_wins_wherever_it_stands():
    ideas = [f'<essay-idea stage="{n}">idea {n}</essay-idea>' for n in (2, 10, 9)]
    assert essay_idea_last("\n".join(ideas)) == "idea 10"


def test_the_later_of_two_equal_stages_wins():
    text = "<essay-idea stage='2'>a</essay-idea><essay-idea stage='2'>b</essay-idea>"
    assert essay_idea_last(text) == "b"


def test_an_idea_with_a_stage_wins_over_a_later_one_without():
    text = "<essay-idea stage=1>a</essay-idea><essay-idea>b</essay-idea>"
    assert essay_idea_last(text) == "a"


@pytest.mark.parametrize(
    "tag",
    [
        '<essay-idea stage="3">',
        "<Essay-Idea stage='3'>",
        "<ESSAY-IDEA STAGE=3>",
        '<essay-idea title="x" stage = "3" >',
        '< essay-idea\n  stage="3"\n  title="x">',
        "<essay-idea stage=“3”>",
    ],
)
def test_tags_are_read_in_any_case_with_any_quotes_and_blanks(tag):
    other = '<essay-idea data-stage="9" stage="2">no</essay-idea>'
    assert essay_idea_last(f"{tag}yes</Essay-Idea >{other}") == "yes"


def test_an_unclosed_idea_ends_with_the_text_or_at_the_next_idea():
    assert essay_idea_last("<essay-idea>a</essay-idea><essay-idea> b\nc ") == "b\nc"
    assert essay_idea_last('<essay-idea stage="2">a\n<essay-idea stage="1">b') == "a"


@pytest.mark.parametrize(
    "text",
    [
        "no tags at all",
        "<essay>an essay is no idea</essay>",
        "<essay-ideas>nor is this</essay-ideas>",
        "</essay-idea>",
        "<essay-idea> </essay-idea>",
        '<essay-idea stage="1">a</essay-idea><essay-idea stage="2"></essay-idea>',
        '<essay-idea stage="1">a</essay-idea><essay-idea stage="2"/>',
        "<thinking><essay-idea>only a thought</essay-idea></thinking>",
    ],
)
def test_no_idea_or_an_empty_one_is_an_error(text):
    with pytest.raises(ParseError, match="essay-idea"):
        essay_idea_last(text)


@pytest.mark.parametrize("parser", [essay_block, essay_block_lenient])
@pytest.mark.parametrize(
    "text",
    [
        "Sure!\n<essay>\nThe text.\n</essay>\nBye.",
        "<ESSAY lang='en'>The text.</Essay>",
        "<essay>The text.",
        "<essay>The text.</essay><essay>Another.</essay>",
        "<thinking>Use an <essay> tag.</thinking><essay>The text.</essay>",
        "<think>Use an <essay>x</essay>.</think><essay>The text.</essay>",
        "Use an <essay> tag.</think><essay>The text.</essay>",
        "<thinking>never closed <essay>The text.</essay>",
        "<essay>The text.</essay></thinking>",
        "<essay-idea>no</essay-idea><essay>The text.</essay>",
    ],
)
def test_the_first_essay_outside_of_the_thinking_is_returned(parser, text):
    assert parser(text) == "The text."


def test_a_mention_of_the_tag_within_the_essay_does_not_cut_it():
    assert essay_block("<essay>The <essay> tag.</essay>") == "The <essay> tag."


@pytest.mark.parametrize(
    "text", ["plain", "</essay>", "<essays>x</essays>", "<thinking><essay>x</essay></thinking>y"]
)
def test_the_strict_parser_refuses_a_draft_without_an_essay(text):
    with pytest.raises(ParseError, match="no <essay> block"):
        essay_block(text)


@pytest.mark.parametrize("parser", [essay_block, essay_block_lenient])
@pytest.mark.parametrize("text", ["a <essay> </essay> b", "a <essay/> b", "a <essay>"])
def test_an_empty_essay_is_an_error_for_both(parser, text):
    with pytest.raises(ParseError, match="is empty"):
        parser(text)


def test_the_lenient_parser_returns_a_draft_without_tags_as_it_is():
    assert essay_block_lenient("\n plain \n") == "\n plain \n"


def test_the_lenient_parser_drops_the_thinking():
    assert essay_block_lenient("<thinking>a</thinking>\nb <THINK>c</THINK>d\n") == "b d"


def test_the_lenient_parser_drops_only_the_tag_of_thinking_that_never_ends():
    assert essay_block_lenient("before <thinking>after") == "before after"


@pytest.mark.parametrize("text", ["<thinking>all of it</thinking>\n", "<thinking> "])
def test_the_lenient_parser_refuses_a_draft_that_is_all_thinking(text):
    with pytest.raises(ParseError):
        essay_block_lenient(text)


def test_messages_say_what_was_looked_for_and_stay_short():
    with pytest.raises(
        ParseError, match=r"no <essay> block .* 50000 characters .* 'word word"
    ) as e:
        essay_block("word " * 10_000)
    assert len(str(e.value)) < 250


ADVERSARIAL = {
    "brackets": "<" * 1_000_000,
    "blanks": "<" + " " * 1_000_000,
    "openings": "<essay>" * 140_000,
    "ideas": '<essay-idea stage="1">' * 45_000,
    "unfinished ideas": "<essay-idea " * 80_000,
    "attributes": "<essay-idea " + "stage " * 160_000 + ">",
    "thoughts": "<thinking>" * 100_000,
    "closed thoughts": "</thinking>" * 90_000,
    "mixed": "<essay></thinking><thinking>" * 35_000,
}


@pytest.mark.parametrize("text", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_time_grows_with_the_length_of_a_text_and_no_faster(text):
    for parser in DRAFT_PARSERS.values():
        assert_linear(parser, text[:400_000])


def test_the_parsers_import_nothing_heavy():
    code = "import sys, daydream.parsers; print(*sys.modules)"
    root = ROOT
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert not {"pandas", "numpy", "jinja2", "openai", "snakemake"} & set(done.stdout.split())


contents = st.text(st.characters(exclude_characters="<[", exclude_categories=["Cs"])).filter(
    str.strip
)
tagged = st.lists(
    st.sampled_from(
        [
            "<essay>",
            "</essay>",
            "<essay-idea stage='2'>",
            "<essay-idea>",
            "</essay-idea>",
            "<thinking>",
            "</thinking>",
            "<think>",
            " ",
            "\n",
            "text",
            "<",
            ">",
            "<essay/>",
        ]
    ),
    max_size=15,
).map("".join)


@given(content=contents, before=contents, after=contents)
def test_the_content_of_a_block_comes_back_whatever_surrounds_it(content, before, after):
    essay = f"{before}<essay>{content}</essay>{after}"
    idea = f"{before}<essay-idea stage='1'>{content}</essay-idea>{after}"
    assert essay_block(essay) == essay_block_lenient(essay) == content.strip()
    assert essay_idea_last(idea) == content.strip()
    assert identity(content) == essay_block_lenient(content) == content


@given(text=st.text() | tagged)
def test_any_draft_gives_a_filled_text_or_a_parse_error(text):
    for parser in DRAFT_PARSERS.values():
        try:
            assert parser(text).strip()
        except ParseError:
            continue
