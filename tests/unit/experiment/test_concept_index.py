"""The concepts at a glance: active or not, with which descriptions, and how long these are."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from daydream.experiment.catalog import load_catalog
from daydream.experiment.concept_index import concept_index
from daydream.experiment.settings import Settings, load_config
from daydream.store.layout import Layout
from tests.support.workspace import Workspace


@pytest.fixture
def data(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, "http://127.0.0.1:9/v1")


def index(data: Workspace) -> list[dict[str, str]]:
    layout = Layout(str(data.data))
    values = data.config | {"data_root": str(data.data)}
    catalog = load_catalog(layout, Settings.from_config(load_config(values=values)))
    return list(csv.DictReader(io.StringIO(concept_index(catalog, layout))))


def test_every_concept_has_a_row_in_the_order_of_the_catalog(data: Workspace) -> None:
    data.write("concepts_metadata.csv", "concept_id,name,active\ntides,T,1\nmoss,M,0\nbees,B,1\n")
    assert [(r["concept_id"], r["name"], r["active"]) for r in index(data)] == [
        ("tides", "T", "true"),
        ("moss", "M", "false"),
        ("bees", "B", "true"),
    ]


def test_levels_and_their_words_are_counted(data: Workspace) -> None:
    data.describe("bees", "They fly.", "sentence")
    data.describe("bees", "They  fly\nfar \u00e9 away.\n", "article")
    first = index(data)[0]
    assert first["levels"] == "sentence paragraph article"
    assert (first["words_sentence"], first["words_paragraph"], first["words_article"]) == (
        "2",
        "7",
        "5",
    )


def test_a_missing_level_has_no_words(data: Workspace) -> None:
    data.raw("concepts/descriptions-paragraph/bees.txt").unlink()
    first = index(data)[0]
    assert first["levels"] == ""
    assert {first[f"words_{level}"] for level in ("sentence", "paragraph", "article")} == {"0"}


def test_a_description_that_is_not_utf_8_does_not_stop_the_index(data: Workspace) -> None:
    data.raw("concepts/descriptions-paragraph/bees.txt").write_bytes(b"caf\xe9 au lait")
    assert index(data)[0]["words_paragraph"] == "3"


def test_names_with_commas_and_quotes_stay_in_their_cell(data: Workspace) -> None:
    data.write("concepts_metadata.csv", 'concept_id,name\nbees,"Bees, ""wild"""\ntides,T\n')
    assert index(data)[0]["name"] == 'Bees, "wild"'
