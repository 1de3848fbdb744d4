"""How a run begins, once, in whatever way Snakemake comes to it."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daydream.errors import GenerationFailed
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.forcing import FORCED_VARIABLE
from daydream.workflow.open_runs import open_run
from daydream.workflow.run import Run
from tests.support.workspace import Workspace

OURS, THEIRS = "/flow/rules/x.smk", "/outer/Snakefile"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the run asks of Snakemake, in order; the jobs are those of ``jobs``."""
    asked: list[str] = []
    names = ("skip_pipe_searches", "make_no_empty_logs", "keep_what_others_made")
    for name in (*names, "schedule_quickly", "mute_job_errors", "at_end", "at_start"):
        monkeypatch.setattr(compat, name, lambda *_, name=name: asked.append(name))
    monkeypatch.setattr(compat, "forces", lambda _: compat.Forces())
    monkeypatch.setattr(compat, "config_sources", lambda _: ([], []))
    monkeypatch.setattr(compat, "exit_gracefully", lambda _: asked.append("exit"))
    monkeypatch.setattr(compat, "name_in_run", lambda _, rule: f"dd_{rule}")
    monkeypatch.setattr("daydream.workflow.run.SIGNALS.listen", lambda is_main: None)
    monkeypatch.setattr("daydream.workflow.run.Ticker.start", lambda _: asked.append("ticker"))
    monkeypatch.setenv(FORCED_VARIABLE, "")
    return asked


@pytest.fixture
def project_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    work = Workspace(tmp_path, "http://127.0.0.1:9/v1")
    monkeypatch.chdir(tmp_path)
    work.config["endpoints"]["mock"]["api_key_env"] = "A_KEY_THAT_IS_NOT_SET"
    return work.config


def workflow(main: bool = True, dryrun: bool = False) -> Any:
    return SimpleNamespace(
        is_main_process=main,
        dryrun=dryrun,
        touch=False,
        local_exec=True,
        remote_exec=False,
        scheduler=None,
    )


def opened(config: dict[str, Any], flow: Any, *jobs: tuple[str, str]) -> Run:
    run = open_run(flow, config, "/flow")
    planned = [compat.PlannedJob(rule, place, {}, "Missing output files") for rule, place in jobs]
    flow.planned = planned
    return run


@pytest.fixture(autouse=True)
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "planned_jobs", lambda flow: flow.planned)


def test_a_run_that_needs_a_key_ends_before_it_begins(calls, project_config) -> None:
    run = opened(
        project_config, workflow(), ("dd_evaluation", OURS), ("dd_cohort_membership", OURS)
    )
    with pytest.raises(SystemExit, match="A_KEY_THAT_IS_NOT_SET is not set"):
        run.begin()
    assert "schedule_quickly" in calls


def test_behind_a_rule_of_an_outer_workflow_the_key_is_asked_for_at_the_first_call(
    calls, project_config, tmp_path
) -> None:
    flow = workflow()
    run = opened(project_config, flow, ("everything", THEIRS), ("dd_cohort_membership", OURS))
    run.begin()  # nobody knows yet what `everything` leads to
    draft = next(iter(run.project.design.members())).gen_id
    flow.planned = [compat.PlannedJob("dd_generate_draft", OURS, {"gen_id": draft}, "Missing")]
    for _ in range(2):
        with pytest.raises(GenerationFailed, match="A_KEY_THAT_IS_NOT_SET"):
            run.generate("draft", draft, "out", str(tmp_path / "log"), "dd_generate_draft")
    assert calls.count("exit") == 2
    assert calls.count("ticker") == 1


@pytest.mark.parametrize("flow", [workflow(main=False), workflow(dryrun=True)])
def test_a_child_process_and_a_dry_run_begin_nothing(calls, project_config, flow) -> None:
    run = opened(project_config, flow, ("dd_evaluation", OURS))
    run.begin()
    assert calls in ([], ["at_start"])


def test_a_snakefile_that_is_read_again_for_the_same_experiment_shares_its_run(
    calls, project_config
) -> None:
    flow = workflow()
    first, again = opened(project_config, flow), opened(project_config, flow)
    other = opened({**project_config, "cohort": "another"}, flow)
    assert first is again
    assert other is not first
    assert opened(project_config, workflow()) is not first
    assert calls.count("at_start") == 3


def test_generations_are_counted_under_the_names_that_a_module_gives(
    calls, project_config, monkeypatch
) -> None:
    counts = Counter({"dd_generate_draft": 3, "dd_evaluation": 1, "generate_essay": 5})
    monkeypatch.setattr(compat, "count_by_rule", lambda _: counts)
    run = opened(project_config, workflow())
    assert run.rules.required_by_stage() == {
        "draft": 3,
        "essay": 0,
        "evaluation": 0,
        "comparison": 0,
    }


def test_forces_are_handed_to_the_jobs(calls, project_config, monkeypatch) -> None:
    monkeypatch.setattr(compat, "forces", lambda _: compat.Forces(False, ("b",), ("a",)))
    del project_config["endpoints"]["mock"]["api_key_env"]
    opened(project_config, workflow()).begin()
    assert os.environ[FORCED_VARIABLE] == "a\nb"


def test_a_module_that_is_given_a_few_keys_has_the_others_as_shipped(calls, project_config) -> None:
    run = opened(project_config, workflow())
    assert {"mock", "openrouter", "embedded"} <= set(run.project.settings.endpoints)
    assert run.project.settings.stages["draft"].min_lines == 3
