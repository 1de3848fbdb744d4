"""Rating sheets: static pages on which people score essays, blind to model, template and judge."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import NamedTuple

from daydream.formats import printable
from daydream.parsers import ScoreRange
from daydream.results.csv_text import csv_text
from daydream.store.files import write_text

_SIZE = 120_000  # characters of one essay on a page


class SheetEssay(NamedTuple):
    """An essay as a rater sees it: its text alone; ``gen_id`` goes into the saved file."""

    gen_id: str
    text: str


def choose(gen_ids: Sequence[str], count: int, seed: int) -> list[str]:
    """A simple random sample of essays, as the correction of judges' means needs."""
    return random.Random(seed).sample(sorted(gen_ids), min(count, len(gen_ids)))


def write_sheet(
    path: str,
    essays: Iterable[SheetEssay],
    template: str,
    rubric: str,
    scale: ScoreRange,
    seed: int,
) -> list[str]:
    """Write one rater's page and the same as a CSV to fill in; returns both paths.

    Each rater has an order of his own, by ``seed``, so that fatigue does not fall on one essay.
    """
    ordered = list(essays)
    random.Random(seed).shuffle(ordered)
    data = {
        "template": template,
        "low": scale.low,
        "high": scale.high,
        "rubric": printable(rubric),
        "essays": [[essay.gen_id, printable(essay.text[:_SIZE])] for essay in ordered],
    }
    page = files("daydream.report").joinpath("pages/rating_sheet.html").read_text("utf-8")
    # "<" is escaped, so that no text of a model can end the script that holds it.
    content = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    write_text(f"{path}.html", page.replace("{{ data }}", content))
    write_text(f"{path}.csv", _as_csv(ordered, template))
    return [f"{path}.html", f"{path}.csv"]


def _as_csv(essays: Iterable[SheetEssay], template: str) -> str:
    header = ("gen_id", "evaluation_template", "score", "comment", "text")
    return csv_text([header, *((e.gen_id, template, "", "", e.text) for e in essays)])
