"""What two cohorts differ in, and what a comparison of them warns of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daydream.cli.compare import compare
from daydream.errors import CohortError
from daydream.store.layout import Layout
from tests.support.report_store import ReportStore, Size
from tests.unit.report.test_cohorts_page import half


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """All generations of two models, and a cohort with those of one of them."""
    store = ReportStore(tmp_path, Size(5, 1, 2, 2, 1, 1))
    half(store.membership).write(store.layout.membership("half"))
    return store.layout


def answered(layout: Layout, stage: str, gen_id: str, **metadata: object) -> None:
    path = Path(layout.under("gens", stage, gen_id, "metadata.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | metadata))


def test_shared_evaluations_are_named_as_such(layout: Layout) -> None:
    lines = list(compare(layout, "half", "trial"))
    assert "  generation models: only in trial: middle" in lines
    assert "trial less half, on the essays that both judged" in lines
    text = "all of the 10 evaluations here are the very same in both cohorts: they cannot differ"
    assert f"  ! {text}" in lines


def test_versions_that_answered_differ_or_mix(layout: Layout) -> None:
    answered(layout, "draft", "d_0000000000000001", returned_model="middle-06")
    answered(layout, "draft", "d_0000000000000002", returned_model="small-11", temperature=1.0)
    lines = "\n".join(compare(layout, "half", "trial"))
    assert "! half: drafts by small: one cell mixes 2 model versions" in lines
    assert "! trial: drafts by middle: one cell mixes 2 model versions" in lines


def test_looks_and_missing_templates_are_told(layout: Layout) -> None:
    look = {"cohort": "trial", "kept": 2, "of": 10}
    Path(layout.manifest("half")).write_text(json.dumps({"spec": {"looks": [look]}}))
    lines = list(compare(layout, "trial", "half"))
    assert lines[-1].startswith("! half: essays chosen by their scores (the 2 best of 10 essays")
    with pytest.raises(CohortError, match="itself"):
        list(compare(layout, "half", "half"))
