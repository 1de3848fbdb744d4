"""Texts from elsewhere, one essay each, and what could not be placed."""

from __future__ import annotations

import json

import pytest

from daydream.errors import SpecError
from daydream.experiment.essays_elsewhere import import_essays
from daydream.store.ids import imported_id
from daydream.store.layout import Layout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("essays.csv", 'text,author\n"One, two.",ann\nThree.,bob\n,cat\nThree.,dan\n'),
        (
            "essays.jsonl",
            '{"text": "One, two."}\n{"text": "Three."}\n{"text": ""}\n\n{"text": "Three."}\n',
        ),
    ],
)
def test_a_table_has_an_essay_a_row(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    layout = Layout(str(tmp_path / "data"))
    done = import_essays(tmp_path / name, "people", layout)
    assert list(done.essays) == [imported_id("people", t) for t in ("One, two.", "Three.")]
    assert [left.reason.split(" (")[0] for left in done.unplaced] == [
        "is empty",
        "has the same text as another",
    ]
    metadata = json.loads(
        (tmp_path / "data/gens/essay" / next(iter(done.essays)) / "metadata.json").read_text()
    )
    assert (metadata["source"], metadata["mode"], metadata["parent_gen_id"]) == (
        "people",
        "import",
        "",
    )


def test_a_second_import_adds_to_the_list_and_leaves_an_edited_spec(tmp_path):
    layout = Layout(str(tmp_path / "data"))
    for number in (1, 2):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "essay.txt").write_text(f"Essay {number}.")
        import_essays(tmp_path / "in", "people", layout)
        spec = tmp_path / "data/cohorts/people/spec/config.yaml"
        spec.write_text(spec.read_text() + "# mine\n")
    assert spec.read_text().endswith("# mine\n# mine\n")
    items = (spec.parent / "items/essays.csv").read_text().split()
    assert items == ["gen_id", *(imported_id("people", f"Essay {n}.") for n in (1, 2))]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("essays.csv", "essay\nx\n", "has no column 'text'"),
        ("essays.jsonl", "[1]\n{\n", "no essay was found"),
        ("essays.xml", "<x/>", "neither a folder nor a .csv or .jsonl"),
    ],
)
def test_what_holds_no_essays_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(SpecError, match=message):
        import_essays(tmp_path / name, "people", Layout(str(tmp_path / "data")))
    assert not (tmp_path / "data").exists()
