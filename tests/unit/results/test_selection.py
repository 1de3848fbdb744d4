"""Tables of a cohort whose essays were chosen by their scores say so."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from daydream.results.dictionary.declared import TABLES
from daydream.results.selection import selection_note, with_selection
from daydream.results.table_files import write_tables

LOOKS = [{"cohort": "june", "kept": 20, "of": 60}, {"cohort": "june_2", "kept": 5, "of": 20}]
NO_ENDS = {"n_low", "scale_low"}  # a count, and the scale
NOTE = (
    "after selection: essays were chosen by their scores (the 20 best of 60 essays of june, then "
    "the 5 best of 20 essays of june_2)"
)


def test_the_looks_of_the_manifest_are_the_note(tmp_path: Path) -> None:
    membership = tmp_path / "membership.csv"
    assert selection_note(str(membership)) == ""
    (tmp_path / "manifest.json").write_text(json.dumps({"spec": {"looks": LOOKS}}))
    assert selection_note(str(membership)) == NOTE


def test_tables_with_a_note_or_warning_are_marked_and_others_are_not() -> None:
    ranking = pd.DataFrame({"low": [1.0, 2.0], "warning": ["one essay", ""]})
    assert list(with_selection(ranking, NOTE)["warning"]) == [f"one essay; {NOTE}", NOTE]
    reliability = pd.DataFrame({"low": [1.0], "note": pd.array([None], dtype="string")})
    assert list(with_selection(reliability, NOTE)["note"]) == [NOTE]
    pivot = ranking.drop(columns="warning")
    assert with_selection(pivot, NOTE) is pivot
    assert with_selection(ranking, "") is ranking


def test_every_table_with_an_interval_or_ranks_has_a_column_for_the_mark() -> None:
    for table in TABLES:
        names = {column.name for column in table.columns}
        ends = {name for name in names if name == "low" or name.endswith("_low")} - NO_ENDS
        if table.folder.startswith("6_summary") and (ends or "rank" in names):
            assert names & {"note", "warning"}, table.name


def test_a_table_is_written_with_its_mark(tmp_path: Path) -> None:
    ranking = pd.DataFrame({"low": [1.0], "warning": [""]})
    outputs = [str(tmp_path / "ranking.csv"), str(tmp_path / "ranking.parquet")]
    write_tables(lambda name: ranking, 0.8, {}, outputs, NOTE)
    assert NOTE in Path(outputs[0]).read_text()
    assert list(pd.read_parquet(outputs[1])["warning"]) == [NOTE]
