"""A generation's row: its state, and what its answer took."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daydream.store.layout import Layout
from daydream.store.membership import Member
from daydream.store.record import Generation, read_generation

MEMBER = Member("essay", "e_1", "trial", "d_1", "c_1", "longer", "ann", 2)


@pytest.fixture
def row(tmp_path: Path):
    def read(metadata: Any = None, parsed: str | None = None) -> Generation:
        folder = tmp_path / "gens" / "essay" / "e_1"
        folder.mkdir(parents=True)
        if metadata is not None:
            (folder / "metadata.json").write_text(json.dumps(metadata))
        if parsed is not None:
            (folder / "parsed.txt").write_text(parsed)
        return read_generation(Layout(str(tmp_path)), MEMBER)

    return read


def test_of_what_is_not_made_only_the_request_is_known(row) -> None:
    found = row()
    assert (found.status, found.llm_model_id, found.replicate) == ("missing", "ann", 2)
    assert found.cost_usd is None and found.prompt_tokens is None and found.error_kind is None


def test_an_answer_has_cost_tokens_and_time(row) -> None:
    usage = {"prompt_tokens": 40, "completion_tokens": 9}
    found = row({"mode": "llm", "cost_usd": 0.25, "usage": usage, "latency_s": 2}, "text")
    assert (found.status, found.cost_usd, found.latency_s) == ("done", 0.25, 2.0)
    assert (found.prompt_tokens, found.completion_tokens) == (40, 9)


def test_a_copy_costs_nothing(row) -> None:
    found = row({"mode": "copy"}, "text")
    assert (found.mode, found.cost_usd) == ("copy", 0.0)


def test_a_cost_of_nothing_without_tokens_is_unknown(row) -> None:
    assert row({"mode": "llm", "cost_usd": 0}, "text").cost_usd is None


@pytest.mark.parametrize(("kind", "status"), [("ParseError", "failed"), ("BudgetError", "refused")])
def test_what_failed_says_why(row, kind: str, status: str) -> None:
    error = {"stage": "essay", "kind": kind, "message": "m", "cause": "a_cause"}
    found = row({"mode": "llm", "status": status, "error": error})
    assert (found.status, found.error_kind, found.error_cause) == (status, kind, "a_cause")


def test_an_error_before_the_text_was_made_is_no_more(row) -> None:
    found = row({"mode": "llm", "error": {"kind": "ParseError", "message": "m"}}, "text")
    assert (found.status, found.error_kind) == ("done", None)


def test_metadata_of_any_origin_are_read(row) -> None:
    found = row({"usage": [1], "cost_usd": "free", "latency_s": True, "answered_at": 5}, "text")
    assert found.cost_usd is None and found.latency_s is None and found.answered_at is None
