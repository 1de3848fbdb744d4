"""The workflow used as a module of another Snakefile: same calls, same forces, own rule names."""

from __future__ import annotations

from pathlib import Path

from tests.support.mock_server import MockServer
from tests.support.workspace import ROOT, Workspace

OUTER = """
configfile: "config.yaml"

module daydreaming:
    snakefile: "{snakefile}"
    config: config

use rule * from daydreaming as dream_*

rule everything:
    default_target: True
    input:
        rules.dream_evaluation.input,
"""
PROFILE = ("--profile", str(ROOT / "profiles" / "default"))


def test_a_module_makes_each_generation_once_and_buys_again_what_is_forced(
    work: Workspace, server: MockServer
) -> None:
    outer = Path(work.root, "Snakefile")
    outer.write_text(OUTER.format(snakefile=ROOT / "Snakefile"))
    work.snakefile = outer
    work.run(*PROFILE)
    assert len(server.calls) == 12

    # The messages of these rules name the cohort, which the outer Snakefile does not know.
    work.run(*PROFILE, "dream_generation_draft")
    work.run(*PROFILE, "dream_generation_essays")
    assert len(server.calls) == 12

    draft = work.ids("draft")[0]
    work.run(*PROFILE, "-f", work.target("draft", draft))
    assert len(server.calls) == 13
    assert len(work.answers("draft", draft)) == 2

    before = len(server.calls)
    work.run(*PROFILE, "-R", "dream_generate_evaluation")
    assert len(server.calls) >= before + len(work.ids("evaluation"))
