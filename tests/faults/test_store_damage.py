"""What was damaged in the store from outside is told, and is never used or paid for unseen."""

from __future__ import annotations

import json

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text[: text.rindex("\n", 0, -1) + 1], id="a row less"),
        pytest.param(lambda text: text.replace("writer", "critic", 1), id="another model"),
        pytest.param(lambda text: "garbage\n", id="garbage"),
    ],
)
def test_a_damaged_membership_makes_no_smaller_table(
    finished: Workspace, server: MockServer, damage
) -> None:
    path = finished.data / "cohorts" / "trial" / "membership.csv"
    path.write_text(damage(path.read_text()))
    scores = finished.data / "5_parsing" / "trial" / "parsed_scores.csv"
    before, paid = scores.read_bytes(), server.received
    result = finished.run("results_summary", ok=False)
    assert "membership.csv" in result.output and "snakemake -R cohort_membership" in result.output
    assert "Traceback" not in result.output
    assert server.received == paid
    assert not scores.exists() or scores.read_bytes() == before
    finished.run("results_summary", "-R", "cohort_membership")
    assert server.received == paid
    assert scores.read_bytes() == before


def test_a_report_carries_no_table_that_was_cut(finished: Workspace) -> None:
    path = finished.data / "5_parsing" / "trial" / "parsed_scores.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    result = finished.run("report", ok=False)
    assert "It has 5 rows, and parsed_scores.parquet beside it 6" in result.output
    assert f"snakemake -f data/{path.relative_to(finished.data)}" in result.output
    finished.run("-f", f"data/{path.relative_to(finished.data)}")
    assert path.read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b"\x00" * 300, b"Other words.\n"])
def test_a_draft_that_was_changed_from_outside_is_not_built_upon(
    finished: Workspace, server: MockServer, content: bytes
) -> None:
    draft = finished.ids("draft")[0]
    path = finished.gen("draft", draft, "parsed.txt")
    text, paid = path.read_bytes(), server.received
    path.write_bytes(content)
    result = finished.run(ok=False)
    assert server.received == paid
    assert f"{draft}/parsed.txt" in result.output and "Delete it" in result.output
    assert "Traceback" not in result.output
    path.unlink()
    finished.run("generation_draft")
    finished.run("results_processing")
    assert server.received == paid  # made again from its ledger
    assert path.read_bytes() == text


def test_a_score_that_was_changed_from_outside_is_in_no_table(
    finished: Workspace, server: MockServer
) -> None:
    evaluation = finished.ids("evaluation")[0]
    path = finished.gen("evaluation", evaluation, "parsed.txt")
    score = path.read_text()
    path.write_text("1\n" if float(score) != 1 else "2\n")
    finished.run("results_processing")
    (row,) = (
        r for r in finished.table("5_parsing/trial/parsed_scores.csv") if r["gen_id"] == evaluation
    )
    assert row["score"] == "" and "changed after it was written" in row["error"]


def test_an_answer_with_a_bad_byte_is_read_and_not_bought_again(
    finished: Workspace, server: MockServer
) -> None:
    draft = finished.ids("draft")[0]
    ledger = finished.gen("draft", draft, "attempts.jsonl")
    content = bytearray(ledger.read_bytes())
    content[content.index(b"daydream of") + 3] = 0xFF
    ledger.write_bytes(bytes(content))
    finished.gen("draft", draft, "parsed.txt").unlink()
    paid = server.received
    finished.run("generation_draft")
    assert server.received == paid


def test_a_damaged_line_of_a_ledger_is_told_before_its_answer_is_bought_again(
    finished: Workspace, server: MockServer
) -> None:
    draft = finished.ids("draft")[0]
    ledger = finished.gen("draft", draft, "attempts.jsonl")
    ledger.write_bytes(ledger.read_bytes().replace(b'"outcome": "answer"', b'"outcome" "answer"'))
    finished.gen("draft", draft, "parsed.txt").unlink()
    paid = server.received
    result = finished.run("generation_draft", ok=False)
    assert server.received == paid
    assert "attempts.jsonl, line 1" in result.output and "Traceback" not in result.output
    finished.run("-f", f"data/gens/draft/{draft}/parsed.txt")  # asked for: bought
    assert server.received == paid + 1


def test_metadata_keep_the_hash_of_what_was_written(finished: Workspace) -> None:
    for stage in ("draft", "essay", "evaluation"):
        for gen_id in finished.ids(stage):
            metadata = json.loads(finished.gen(stage, gen_id, "metadata.json").read_text())
            assert len(metadata["parsed_sha256"]) == 64
