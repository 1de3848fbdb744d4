"""metadata.json: the error of a failed attempt as data, and numbers of any origin."""

from __future__ import annotations

import pytest

from daydream.errors import BudgetError, ParseError
from daydream.store.layout import Layout
from daydream.store.metadata import (
    RecordedError,
    as_number,
    as_text,
    as_whole,
    digest,
    error_in,
    failure_of,
    is_as_written,
    record_error,
)


def test_an_error_is_read_back_as_it_was_recorded() -> None:
    metadata = record_error("draft", ParseError("no block", cause="no_block"))
    assert metadata["status"] == "failed" and metadata["error"]["stage"] == "draft"
    assert error_in(metadata) == RecordedError("ParseError", "no block", "no_block")
    assert error_in(metadata).text == "ParseError: no block"  # type: ignore[union-attr]


def test_a_call_that_a_budget_refused_is_no_failure() -> None:
    metadata = record_error("essay", BudgetError("the budget is spent"))
    assert metadata["status"] == "refused"
    assert error_in(metadata).is_refusal  # type: ignore[union-attr]


def test_errors_of_versions_without_a_cause_are_read_and_other_things_are_none() -> None:
    old = {"error": {"kind": "CallError", "message": "down"}}
    assert error_in(old) == RecordedError("CallError", "down", "")
    assert error_in({"error": "down"}) is None and error_in({}) is None


@pytest.mark.parametrize("content", [None, "", "[1]", "{", '{"error": 1}'])
def test_missing_and_damaged_metadata_tell_of_no_failure(tmp_path, content) -> None:
    layout = Layout(str(tmp_path))
    if content is not None:
        folder = tmp_path / "gens" / "draft" / "d_1"
        folder.mkdir(parents=True)
        (folder / "metadata.json").write_text(content)
    assert failure_of(layout, "draft", "d_1") is None


def test_a_text_that_was_changed_is_told_and_one_without_a_hash_is_taken() -> None:
    metadata = {"parsed_sha256": digest(b"7\n")}
    assert is_as_written(metadata, b"7\n") and not is_as_written(metadata, b"8\n")
    assert is_as_written({}, b"anything")


@pytest.mark.parametrize(
    ("value", "number", "whole", "text"),
    [
        (3, 3.0, 3, None),
        (0.5, 0.5, None, None),
        (True, None, None, None),
        ("3", None, None, "3"),
        (None, None, None, None),
    ],
)
def test_values_of_another_type_are_none(value, number, whole, text) -> None:
    assert (as_number(value), as_whole(value), as_text(value)) == (number, whole, text)
