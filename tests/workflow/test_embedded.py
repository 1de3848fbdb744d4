"""Whole runs with the embedded model: no key, no network, and scores that always parse."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.store.layout import STAGES
from tests.support.workspace import Workspace

EMBEDDED = {"engine": "llama.cpp", "max_concurrency": 2}


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    config = {"default_endpoint": "small", "endpoints": {"small": EMBEDDED}, "k_max": 3}
    work = Workspace(tmp_path, "", config)
    work.templates("draft", ["plain"], text="Connect {{ concepts[0].name }} and chess.")
    work.compare()
    work.models({"writer": "both"})
    for stage in STAGES:
        path = work.raw(f"{stage}_templates.csv")
        header, *rows = path.read_text().splitlines()
        cells = [row + ("," if row.startswith("copy") else ",grammar") for row in rows]
        path.write_text("\n".join([header + ",structured", *cells]) + "\n")
    return work


def test_a_cohort_is_made_by_the_embedded_model_and_every_judgement_has_a_result(
    work: Workspace,
) -> None:
    work.run()
    scores = work.scores()
    assert len(scores) == 2
    assert all(0 <= float(row["score"]) <= 9 for row in scores)
    evaluation = work.ids("evaluation")[0]
    assert (
        work.gen("evaluation", evaluation, "raw.txt").read_text().splitlines()[-1][:7] == "SCORE: "
    )
    metadata = work.metadata("evaluation", evaluation)
    assert metadata["parameters"]["structured"] == "score_grammar"
    verdicts = [work.gen("comparison", i).read_text() for i in work.ids("comparison")]
    assert len(verdicts) == 2 and set(verdicts) <= {"A\n", "B\n"}
    assert metadata["usage"]["completion_tokens"] > 5
    assert str(Path.home()) not in metadata["returned_model"]


def test_a_forced_call_to_the_embedded_model_brings_another_answer(work: Workspace) -> None:
    work.run("generation_draft")
    draft = work.ids("draft")[0]
    work.run("-f", work.target("draft", draft))
    first, second = (line["text"] for line in work.ledger("draft", draft))
    assert first != second
