"""The levels of a spec's axes: those of the rows, those a spec names, and those no catalog has."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import SpecError
from daydream.experiment.spec import Rows
from daydream.experiment.spec.model import Bundle, Exclusion, Items, Pair, Spec, Tie
from daydream.experiment.spec_levels import check_only_judging, levels_used, mentioned_axes
from tests.support.workspace import Workspace
from tests.unit.experiment.test_spec_design import design


def test_the_levels_used_are_those_of_the_rows_in_order_and_once() -> None:
    rows = Rows(("draft_llm", "draft_template_replicate"), (("b", 1), ("a", 1), ("b", 2)))
    assert levels_used(rows) == {"draft_llm": ("b", "a"), "draft_template_replicate": (1, 2)}


def test_an_axis_is_mentioned_wherever_a_rule_names_it() -> None:
    spec = Spec(
        "s.yaml",
        {"draft_llm": ("a",)},
        subsets={"essay_llm": ("a",)},
        ties={"t": Tie(("draft_template", "essay_template"))},
        pairs={"p": Pair("evaluation_llm", "evaluation_template", Items("", ()))},
        tuples={"b": Bundle(("draft_template_replicate",), Items("", ()))},
        exclude=(Exclusion("rules.exclude[0]", {"combo_id": ("x",)}),),
        field_order=("evaluation_replicate",),
    )
    assert mentioned_axes(spec) == {
        *("draft_llm", "essay_llm", "draft_template", "essay_template", "evaluation_llm"),
        *("evaluation_template", "draft_template_replicate", "combo_id", "evaluation_replicate"),
    }


def test_a_spec_of_existing_essays_says_nothing_of_how_they_were_made() -> None:
    check_only_judging(Spec("s.yaml", {"evaluation_llm": ("a",)}, essays=("e",)))
    with pytest.raises(SpecError, match="essays: the spec names draft_llm too"):
        check_only_judging(Spec("s.yaml", {"draft_llm": ("a",)}, essays=("e",)))
    mixed = Exclusion("rules.exclude[0]", {"evaluation_llm": ("a",)}, self_judging=True)
    with pytest.raises(SpecError, match=r"rules.exclude\[0\]: mixes levels and a flag"):
        check_only_judging(Spec("s.yaml", {}, essays=("e",), exclude=(mixed,)))


def test_all_levels_that_no_catalog_has_are_named_at_once_with_their_files(tmp_path: Path) -> None:
    work = Workspace(tmp_path, "http://localhost")
    with pytest.raises(SpecError) as refused:
        design(work, "axes: {draft_llm: [writer, nobody], evaluation_template: [odd]}")
    message = str(refused.value)
    assert "draft_llm nobody (llm_models.csv)" in message
    assert "evaluation_template odd (evaluation_templates.csv)" in message
    assert "draft_llm writer" not in message
