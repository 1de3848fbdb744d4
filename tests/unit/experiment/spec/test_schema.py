"""The schema for editors is that of the code, and takes and refuses what the reader does."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from daydream.errors import SpecError
from daydream.experiment.spec import read_spec
from daydream.experiment.spec.schema import schema_text, spec_schema
from tests.support.workspace import ROOT

GOOD = [
    "axes: {draft_llm: [a], draft_replicate: [1, 2], combo_id: '@file:combos.csv'}",
    "rules: {exclude: {self_judging: true, rows: [{draft_llm: a, essay_llm: [b, c]}]}}",
    "rules: {exclude: [{same_provider: true}, {draft_llm: a}]}",
    "rules: {pairs: {p: {left: a, right: b, allowed: [[x, [y, z]]], balance: both}}}",
    "rules: {ties: {t: {axes: [a, b]}}, tuples: {u: {axes: [draft_llm], items: [[x]]}}}",
    "combos: exhaustive",
    "combos: {kind: sample, n: 12, seed: 7, ordered: true}",
    "combos: {kind: around, cohort: june}",
    "looks: [{cohort: june, kept: 5, of: 20}]",
]
BAD = [
    "axis: {}",
    "axes: {draft_lm: [a]}",
    "axes: {draft_llm: a}",
    "axes: {draft_replicate: [0]}",
    "rules: {tie: {}}",
    "rules: {pairs: {p: {left: a, right: b}}}",
    "combos: every",
    "combos: {kind: sample}",
    "combos: {kind: curated, n: 4}",
    "output: {order: [draft_llm]}",
]


def test_the_file_for_editors_is_made_from_the_code():
    """To make it again, print schema_text() into the file."""
    assert (ROOT / "config" / "spec.schema.json").read_text() == schema_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("text", GOOD)
def test_both_take_it(tmp_path, text):
    (tmp_path / "combos.csv").write_text("combo_id\nx\n")
    (tmp_path / "config.yaml").write_text(text)
    jsonschema.validate(yaml.safe_load(text), spec_schema())
    read_spec(tmp_path / "config.yaml")


@pytest.mark.parametrize("text", BAD)
def test_both_refuse_it(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), spec_schema())
    with pytest.raises(SpecError):
        read_spec(tmp_path / "config.yaml")
