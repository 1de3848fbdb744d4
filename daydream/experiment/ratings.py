"""Ratings by people: one CSV file a rater under ``1_raw/ratings``, checked before it is stored."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from daydream.errors import CatalogError
from daydream.experiment.csv_rows import ID_PATTERN, Row, read_table
from daydream.parsers import ScoreRange
from daydream.store.files import write_text
from daydream.store.layout import Layout

REQUIRED = ("gen_id", "evaluation_template", "score")
COLUMNS = (*REQUIRED, "comment")


class Rating(NamedTuple):
    """A person's score of one essay under one evaluation template, on the template's own scale."""

    rater: str
    gen_id: str
    evaluation_template: str
    score: float
    comment: str = ""


def rating_files(layout: Layout) -> list[str]:
    """The files of ratings, by rater; none when nobody has rated."""
    folder = Path(layout.raw("ratings"))
    return [layout.raw(f"ratings/{path.name}") for path in sorted(folder.glob("*.csv"))]


def rating_folder(layout: Layout) -> list[str]:
    """Their folder, if there is one: it is newer when a file leaves it, which no other can tell."""
    folder = layout.raw("ratings")
    return [folder] if Path(folder).is_dir() else []


def read_ratings(paths: Iterable[str]) -> list[Rating]:
    """Every rating of some files; the rater is the file's name.

    Raises:
        CatalogError: naming file, row and column.
    """
    return [
        _rating(Path(path).stem, row, row.number_or_none("score"))
        for path in paths
        for row in read_table(path, REQUIRED)
        if row.text("score")
    ]


def add_ratings(
    layout: Layout,
    source: str,
    rater: str,
    essays: Collection[str],
    scales: Mapping[str, ScoreRange],
) -> int:
    """Check a file of ratings and store it beside what this rater gave before.

    Rows without a score are essays that were skipped. Returns how many ratings are new.

    Args:
        layout: where the ratings are stored.
        source: the CSV file, as the rating sheet saves it.
        rater: becomes the file's name.
        essays: gen_ids that can be rated.
        scales: evaluation templates with their score scales.

    Raises:
        CatalogError: for an unknown id, a score off the scale, or two scores of one essay;
            nothing is stored then.
    """
    if not ID_PATTERN.fullmatch(rater):
        raise CatalogError(
            f"'{rater}' cannot be the name of a rater: use letters, digits, '.', '_' and '-' only."
        )
    path = layout.raw(f"ratings/{rater}.csv")
    known = read_ratings([path]) if Path(path).is_file() else []
    given = {(rated.gen_id, rated.evaluation_template): rated for rated in known}
    new = []
    for row in read_table(source, REQUIRED):
        if row.text("score"):
            rating = _checked(row, rater, essays, scales)
            before = given.setdefault((rating.gen_id, rating.evaluation_template), rating)
            if before is rating:
                new.append(rating)
            elif before.score != rating.score:
                _double(row, rating, before)
    if new:
        _write(path, [*known, *new])
    return len(new)


def _checked(
    row: Row, rater: str, essays: Collection[str], scales: Mapping[str, ScoreRange]
) -> Rating:
    rating = _rating(rater, row, row.number_or_none("score"))
    if rating.gen_id not in essays:
        row.fail("gen_id", f"'{rating.gen_id}' is no essay of this cohort", "Correct the id.")
    scale = scales.get(rating.evaluation_template)
    if scale is None:
        known = f"Use one of: {', '.join(sorted(scales))}."
        row.fail("evaluation_template", f"'{rating.evaluation_template}' is unknown", known)
    if not scale.low <= rating.score <= scale.high:
        row.fail(
            "score",
            f"{rating.score:g} is off the scale of {rating.evaluation_template}",
            f"Write a number from {scale.low:g} to {scale.high:g}.",
        )
    return rating


def _double(row: Row, rating: Rating, before: Rating) -> NoReturn:
    row.fail(
        "score",
        f"{rating.rater} has rated {rating.gen_id} under {rating.evaluation_template} before "
        f"({before.score:g}, now {rating.score:g})",
        "Keep one of the two.",
    )


def _rating(rater: str, row: Row, score: float | None) -> Rating:
    template = row.filled("evaluation_template")
    assert score is not None  # rows without a score are passed over
    return Rating(rater, row.filled("gen_id"), template, score, row.text("comment"))


def _write(path: str, ratings: Sequence[Rating]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (rating.gen_id, rating.evaluation_template, f"{rating.score:g}", rating.comment)
        for rating in ratings
    )
    write_text(path, buffer.getvalue())
