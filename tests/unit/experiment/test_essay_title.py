"""The title of an essay, however it is marked, is its name and not its first paragraph."""

from __future__ import annotations

import pytest

from daydream.experiment.essay_title import NAME_LENGTH, read_opening

BODY = "Bees and tides.\nBoth come back."


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("# The Tidal Hive", "The Tidal Hive"),
        ("## **The Tidal Hive** ##", "The Tidal Hive"),
        ("**The Tidal Hive**", "The Tidal Hive"),
        ("**Title:** The Tidal Hive", "The Tidal Hive"),
        ("**Title: The Tidal Hive**", "The Tidal Hive"),
        ("Title: \u201cThe Tidal Hive\u201d", "The Tidal Hive"),
        ("Essay Title - *The Tidal Hive*", "The Tidal Hive"),
        ("<h1>The Tidal Hive</h1>", "The Tidal Hive"),
        ("Sure! Here is the essay:\n\n# The Tidal Hive", "The Tidal Hive"),
        ("Here's an essay on bees:\n---\n__The Tidal Hive__", "The Tidal Hive"),
        ("# Essay\n\n## The Tidal Hive", "The Tidal Hive"),
        ("The Tidal Hive\n==============", "The Tidal Hive"),
        ("# Why do bees wait?", "Why do bees wait?"),
        ('# "Bees" and "Tides" at Play', '"Bees" and "Tides" at Play'),
        (
            "# The Tidal Hive: On the Common Clock of Insects, Oceans and Everything That Waits",
            "The Tidal Hive: On the Common Clock of Insects",
        ),
        ("# \u8702\u4e0e\u6f6e\u6c50", "\u8702\u4e0e\u6f6e\u6c50"),
    ],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_title_is_the_name_and_no_part_of_the_paragraph(head: str, name: str, gap: str) -> None:
    assert read_opening(f"{head}{gap}{BODY}\n\nMore of it.") == (name, BODY)


def test_an_essay_without_a_title_is_named_by_how_it_begins() -> None:
    clause = "When the tide turns, the bees that live on the flats have an hour to be home again."
    whole = "The bees that live on the tidal flats have but an hour until they must be home again."
    here = "Here is a thought that kept me awake."
    wrapped = "Of course, the bees that live on the tidal flats have an hour until\nthey must go."
    for line, name in (
        (clause, "When the tide turns"),
        (whole, "The bees that live on the tidal flats have but an hour until ..."),
        (here, "Here is a thought that kept me awake"),
        (wrapped, "Of course, the bees that live on the tidal flats have an ..."),
    ):
        assert read_opening(f"{line}\n\nMore.") == (name, line)
        assert len(name) <= NAME_LENGTH + len(" ...")


def test_a_line_alone_is_a_title_without_a_mark() -> None:
    assert read_opening(f"The Tidal Hive\n\n{BODY}") == ("The Tidal Hive", BODY)


def test_an_essay_of_one_line_or_of_headings_alone_has_both() -> None:
    assert read_opening("The Tidal Hive") == ("The Tidal Hive", "The Tidal Hive")
    assert read_opening("# One\n\n## Two") == ("One", "## Two")
    assert read_opening("Sure!") == ("Sure!", "Sure!")
    assert read_opening("***") == ("***", "***")
