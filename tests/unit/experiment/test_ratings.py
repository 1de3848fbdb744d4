"""Ratings by people are checked whole before anything is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import CatalogError
from daydream.experiment.ratings import Rating, add_ratings, rating_files, read_ratings
from daydream.parsers import ScoreRange
from daydream.store.layout import Layout

SCALES = {"novelty": ScoreRange(0, 9)}
HEADER = "gen_id,evaluation_template,score,comment\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "data"))


def add(layout: Layout, text: str, rater: str = "ann") -> int:
    path = Path(layout.root).parent / "sheet.csv"
    path.write_text(HEADER + text, encoding="utf-8")
    return add_ratings(layout, str(path), rater, {"e_1", "e_2"}, SCALES)


def test_ratings_are_stored_by_rater_and_skipped_essays_are_not(layout: Layout) -> None:
    assert add(layout, 'e_1,novelty,7,"good, new"\ne_2,novelty,,\n') == 1
    assert read_ratings(rating_files(layout)) == [Rating("ann", "e_1", "novelty", 7.0, "good, new")]


def test_the_same_file_twice_is_the_same_as_once_and_more_are_added(layout: Layout) -> None:
    add(layout, "e_1,novelty,7,\n")
    assert add(layout, "e_1,novelty,7,\ne_2,novelty,3.5,\n") == 1
    assert [r.score for r in read_ratings(rating_files(layout))] == [7.0, 3.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("e_9,novelty,7,\n", r"row 3, column 'gen_id': 'e_9' is no essay of this cohort"),
        ("e_2,depth,7,\n", r"'depth' is unknown. Use one of: novelty"),
        ("e_2,novelty,9.5,\n", r"9.5 is off the scale of novelty. Write a number from 0 to 9"),
        ("e_2,novelty,nan,\n", r"'nan' is not a finite number"),
        ("e_2,novelty,seven,\n", r"'seven' is not a number"),
        ("e_1,novelty,6,\n", r"ann has rated e_1 under novelty before \(7, now 6\)"),
        (",novelty,6,\n", r"column 'gen_id': is blank"),
    ],
)
def test_a_fault_is_one_message_and_nothing_is_stored(
    layout: Layout, text: str, message: str
) -> None:
    with pytest.raises(CatalogError, match=message):
        add(layout, "e_1,novelty,7,\n" + text)
    assert rating_files(layout) == []


@pytest.mark.parametrize("rater", ["", "..", "a/b", "ann smith", "../ann"])
def test_a_rater_is_a_name_that_can_be_a_file(layout: Layout, rater: str) -> None:
    with pytest.raises(CatalogError, match="cannot be the name of a rater"):
        add(layout, "e_1,novelty,7,\n", rater)
