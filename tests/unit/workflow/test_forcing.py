"""What -f, -F and -R name, as the jobs of a run see it."""

from __future__ import annotations

import pytest

from daydream.workflow.forcing import FORCED_VARIABLE, forced_targets, is_forced, share_forces

OUTPUT = "data/gens/draft/d_1/parsed.txt"


@pytest.mark.parametrize(
    ("forceall", "forcetargets", "targets", "forcerun", "expected"),
    [
        (False, False, [OUTPUT], [], False),  # a target without -f
        (False, True, [OUTPUT], [], True),
        (False, True, ["./data//gens/draft/d_1/parsed.txt"], [], True),  # as people type paths
        (False, True, ["data/gens/draft/d_2/parsed.txt"], [], False),
        (False, False, [], ["generate_draft"], True),
        (False, False, [], ["generate_essay"], False),
        (False, False, [], [OUTPUT], True),
        (True, False, [], [], True),
    ],
)
def test_a_job_is_forced_by_its_output_its_rule_or_with_everything(
    monkeypatch, forceall, forcetargets, targets, forcerun, expected
):
    monkeypatch.setenv(FORCED_VARIABLE, forced_targets(forceall, forcetargets, targets, forcerun))
    assert is_forced("generate_draft", OUTPUT) is expected


def test_nothing_is_forced_where_nothing_was_said(monkeypatch):
    monkeypatch.delenv(FORCED_VARIABLE, raising=False)
    assert not is_forced("generate_draft", OUTPUT)


def test_a_rule_of_a_module_is_forced_by_its_own_name_and_by_ours(monkeypatch):
    monkeypatch.setenv(FORCED_VARIABLE, "")
    share_forces(False, [], ["dd_generate_essay"], {"dd_generate_essay": "generate_essay"})
    assert is_forced("dd_generate_essay", "x") and is_forced("generate_essay", "x")
    assert not is_forced("generate_draft", "x")
    share_forces(True, [], [], {})
    assert is_forced("generate_draft", "x")
