"""`--until` a rule behind the checkpoint is refused, with the target that does what was meant."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from daydream.errors import ConfigError
from daydream.workflow.until import check_until


def until(*names: str) -> SimpleNamespace:
    return SimpleNamespace(dag_settings=SimpleNamespace(until=frozenset(names)))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("generate_draft", "generation_draft"),
        ("generate_essay", "generation_essays"),
        ("dd_generate_evaluation", "evaluation"),
        ("generate_comparison", "comparison"),
    ],
)
def test_rules_of_generations_are_refused(name: str, target: str) -> None:
    with pytest.raises(ConfigError, match=f"--until {name} would make.*snakemake {target}$"):
        check_until(until(name))


def test_all_else_is_left_to_snakemake() -> None:
    check_until(until())
    check_until(until("cohort_membership", "parsed_scores", "data/cohorts/x/membership.csv"))
