"""Every example of docs/designs.md compiles, to as many rows as it says."""

from __future__ import annotations

import re

import pytest

from daydream.experiment.spec import compile_spec, read_spec
from tests.support.workspace import ROOT

TEXT = (ROOT / "docs" / "designs.md").read_text()
EXAMPLES = re.findall(r"<!-- rows: (\d+) -->\n```yaml\n(.*?)```", TEXT, re.DOTALL)


def test_there_are_examples():
    assert len(EXAMPLES) == TEXT.count("```yaml") == 7


@pytest.mark.parametrize(("rows", "text"), EXAMPLES)
def test_an_example_has_the_rows_that_it_says(tmp_path, rows, text):
    (tmp_path / "config.yaml").write_text(text)
    assert len(compile_spec(read_spec(tmp_path / "config.yaml")).rows) == int(rows)
