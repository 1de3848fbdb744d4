"""CSV files are read strictly: a complaint names file, row, column and what to do."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.errors import CatalogError
from daydream.experiment.csv_rows import Row, read_table


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str | bytes], str]:
    def write(content: str | bytes) -> str:
        path = tmp_path / "things.csv"
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return str(path)

    return write


def complaint(path: str, *required: str, key: str | None = None) -> str:
    with pytest.raises(CatalogError) as caught:
        read_table(path, required, key)
    assert path in str(caught.value)
    return str(caught.value)


def row(**cells: str) -> Row:
    return Row("things.csv", 7, cells)


def test_rows_come_in_order_and_count_as_in_a_spreadsheet(table: Callable[[str], str]) -> None:
    rows = read_table(table("a,b\n1,x\n\n2,y\n,\n3,z\n"), ("a",))
    assert [(r.number, r.text("a"), r.text("b")) for r in rows] == [
        (2, "1", "x"),
        (4, "2", "y"),
        (6, "3", "z"),
    ]


def test_extra_columns_are_ignored_and_cells_are_trimmed(table: Callable[[str], str]) -> None:
    rows = read_table(table("note, a ,b\nhello,  1 ,2\n"), ("a",))
    assert rows[0].text("a") == "1"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_and_any_line_ending_are_accepted(
    table: Callable[[str], str], ending: str, mark: str
) -> None:
    rows = read_table(table(mark + ending.join(["a,b", "1,2", "3,4"])), ("a", "b"), "a")
    assert [r.text("a") for r in rows] == ["1", "3"]


def test_quoted_commas_and_line_breaks_belong_to_the_cell(table: Callable[[str], str]) -> None:
    rows = read_table(table('a,b\n1,"x, y\nz ""q"""\n2,w\n'), ("a",))
    assert rows[0].text("b") == 'x, y\nz "q"'
    assert rows[1].number == 3


def test_a_missing_file_is_told_with_data_root_as_the_mend(tmp_path: Path) -> None:
    assert "data_root" in complaint(str(tmp_path / "absent.csv"))


def test_a_missing_column_is_named_with_the_header_that_is_wanted(
    table: Callable[[str], str],
) -> None:
    message = complaint(table("a,c\n1,2\n"), "a", "b")
    assert "row 1" in message
    assert "'b'" in message
    assert "a,b" in message


def test_an_empty_file_lacks_its_columns(table: Callable[[str], str]) -> None:
    assert "'a'" in complaint(table(""), "a")


def test_a_column_that_is_there_twice_is_named(table: Callable[[str], str]) -> None:
    assert "'a'" in complaint(table("a,b,a\n1,2,3\n"), "a")


def test_a_row_that_is_too_long_is_named_with_the_cell_that_does_not_fit(
    table: Callable[[str], str],
) -> None:
    message = complaint(table("a,b\n1,2\n3,one, two\n"), "a")
    assert "row 3" in message
    assert "'two'" in message
    assert "double quotes" in message


def test_trailing_commas_are_no_cells(table: Callable[[str], str]) -> None:
    assert read_table(table("a,b\n1,2,,\n"), ("a",))[0].text("b") == "2"


def test_a_short_row_is_not_silently_read_as_switched_off(table: Callable[[str], str]) -> None:
    """Either the row is refused by number, or the cell counts as a column that is not there."""
    path = table("a,active\n1\n")
    try:
        rows = read_table(path, ("a",))
    except CatalogError as error:
        assert "row 2" in str(error)
    else:
        assert rows[0].flag("active")


@pytest.mark.parametrize(
    "content", ["a,b\ncafé,2\n".encode("latin-1"), "a,b\n1,2\n".encode("utf-16")]
)
def test_a_file_that_is_not_utf_8_is_refused_with_the_place(
    table: Callable[[bytes], str], content: bytes
) -> None:
    message = complaint(table(content), "a")
    assert "UTF-8" in message
    assert "byte" in message


def test_an_open_quote_is_told_with_its_line(table: Callable[[str], str]) -> None:
    message = complaint(table('a,b\n1,"two\n3,4\n'), "a")
    assert "line" in message
    assert "quotes" in message


def test_an_id_that_is_there_twice_names_both_rows(table: Callable[[str], str]) -> None:
    message = complaint(table("a\nx\ny\nx\n"), "a", key="a")
    assert "row 4" in message
    assert "row 2" in message
    assert "'x'" in message
    assert "column 'a'" in message


@pytest.mark.parametrize(
    "bad", ["a b", "..", ".", "...", "a/b", "a\\b", "café", "a|b", "{x}", "a:b", "*", "a\tb"]
)
def test_what_cannot_be_part_of_a_file_name_is_no_id(bad: str) -> None:
    with pytest.raises(CatalogError) as caught:
        row(name=bad).identifier("name")
    message = str(caught.value)
    assert "things.csv, row 7, column 'name'" in message
    assert f"'{bad}'" in message
    assert "letters" in message


@pytest.mark.parametrize("good", ["a", "A-b_c.d", "0", "gpt-4.1", ".hidden", "x..y", "-"])
def test_letters_digits_dots_dashes_and_underscores_are_an_id(good: str) -> None:
    assert row(name=good).identifier("name") == good


@settings(deadline=None)
@given(st.text(max_size=8))
def test_an_accepted_id_is_one_safe_path_part(text: str) -> None:
    try:
        value = row(name=text).identifier("name")
    except CatalogError:
        return
    assert value.isascii()
    assert not set(value) & set("/\\ {}*?\n\r\t\0|")
    assert value.strip(".")


def test_a_blank_id_is_told() -> None:
    with pytest.raises(CatalogError, match="row 7, column 'name': is blank"):
        row(name="").identifier("name")


@pytest.mark.parametrize("word", ["True", "true", "TRUE", "1", "1.0", "yes"])
def test_every_way_of_saying_yes(word: str) -> None:
    assert row(active=word).flag("active")


@pytest.mark.parametrize("word", ["False", "false", "FALSE", "0", "0.0", "no", ""])
def test_every_way_of_saying_no(word: str) -> None:
    assert not row(active=word).flag("active")


def test_without_the_column_every_row_is_meant() -> None:
    assert row(other="x").flag("active")


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"row 7, column 'active': 'maybe'.*true or false"):
        row(active="maybe").flag("active")


def test_a_number_is_read_and_a_blank_is_none() -> None:
    assert row(n="0.5").number_or_none("n") == 0.5
    assert row(n="").number_or_none("n") is None
    assert row().number_or_none("n") is None


@pytest.mark.parametrize("word", ["many", "1,5", "0x10", "1 2"])
def test_a_word_is_no_number(word: str) -> None:
    with pytest.raises(CatalogError, match=r"row 7, column 'n'.*is not a number"):
        row(n=word).number_or_none("n")


@pytest.mark.parametrize("word", ["nan", "-1"])
def test_a_number_below_the_least_is_refused(word: str) -> None:
    with pytest.raises(CatalogError, match="row 7, column 'n'"):
        row(n=word).number_or_none("n", minimum=0)


def test_the_refusal_of_nan_does_not_speak_of_a_limit_that_there_is_not() -> None:
    with pytest.raises(CatalogError) as caught:
        row(n="nan").number_or_none("n")
    assert "None" not in str(caught.value)


def test_a_choice_is_one_of_the_known_words_or_the_default() -> None:
    assert row(c="b").choice("c", ["a", "b"], "a") == "b"
    assert row(c="").choice("c", ["a", "b"], "a") == "a"
    with pytest.raises(CatalogError, match=r"row 7, column 'c': 'z' is unknown.*a, b"):
        row(c="z").choice("c", ["a", "b"], "a")
    with pytest.raises(CatalogError, match=r"Write one of: a, b, or nothing\."):
        row(c="z").choice("c", ["", "a", "b"], "")


CELL = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=9)


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL), max_size=6))
def test_what_the_csv_module_writes_is_read_back_trimmed(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([("a", "b"), *rows])
    path = tmp_path_factory.getbasetemp() / "roundtrip.csv"
    path.write_bytes(buffer.getvalue().encode("utf-8"))
    found = [(r.text("a"), r.text("b")) for r in read_table(str(path), ("a", "b"))]
    assert found == [(a.strip(), b.strip()) for a, b in rows if a.strip() or b.strip()]
