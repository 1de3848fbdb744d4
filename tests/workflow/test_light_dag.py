"""``dag: light`` makes the generations that ``dag: full`` makes, in a fraction of the time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from daydream.experiment.settings import load_config
from daydream.workflow.inputs import Inputs
from daydream.workflow.project import Project
from tests.support.dry_runs import DryRuns, Jobs, dry_runs
from tests.support.mock_server import MockServer
from tests.support.snakemake_model import Model, Node, nodes_of
from tests.support.store_states import TARGETS, State, States, copied, opened, small_experiment
from tests.support.workspace import Workspace

DAGS = ("full", "light")
CASES, MANY = 6, 300
Answers = dict[str, Jobs | str]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A small experiment with its scores, made in the full DAG."""
    with MockServer() as server:
        work = Workspace(tmp_path_factory.mktemp("made"), server.base_url)
        small_experiment(work)
        work.run("evaluation", "comparison", "results_processing")
    yield work


@pytest.fixture(scope="module")
def snakemakes() -> Iterator[dict[str, DryRuns]]:
    with dry_runs() as full, dry_runs() as light:
        yield {"full": full, "light": light}


def answers(work: Workspace, state: State, snakemakes: dict[str, DryRuns]) -> Answers:
    """The jobs of both DAGs, or how Snakemake said that it cannot."""

    def ask(dag: str) -> Jobs | str:
        values = {**state.config, "dag": dag}
        config = [f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in values.items()]
        place = ["--configfile", work.root / "config.yaml", "--directory", work.root]
        options = ["--snakefile", work.snakefile, *place, "--config", *config, *state.forces]
        try:
            return snakemakes[dag].jobs([*map(str, options), "--", *state.targets])
        except RuntimeError as error:
            return str(error)

    work.command()
    with ThreadPoolExecutor() as threads:
        return dict(zip(DAGS, threads.map(ask, DAGS), strict=True))


def generations(jobs: Jobs | str) -> set[str]:
    assert not isinstance(jobs, str), jobs
    return {output for rule, output in jobs if rule.startswith("generate_")}


@pytest.mark.parametrize(
    "seeds", [range(CASES), pytest.param(range(CASES, MANY), marks=pytest.mark.slow)]
)
def test_both_dags_run_the_same_jobs_whatever_happened_to_the_files(
    experiment: Workspace,
    snakemakes: dict[str, DryRuns],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seeds: range,
):
    counts = []
    for seed in seeds:
        work = copied(experiment, tmp_path / str(seed))
        monkeypatch.chdir(work.root)
        state = States(work, seed).make()
        modelled = as_modelled(experiment, work, state)  # first, as Snakemake makes folders anew
        said = answers(work, state, snakemakes)
        assert said["full"] == said["light"], (seed, state)
        made = generations(said["full"])
        if "results_processing" not in state.targets:
            assert modelled == made, (seed, state)
        counts.append(len(made))
        with open(tmp_path / "log", "a") as log:
            print(seed, len(made), state, file=log)
        shutil.rmtree(work.root)
    assert sum(count > 0 for count in counts) >= len(seeds) / 3


@cache
def nodes_before(folder: Path) -> dict[str, Node]:
    """The jobs of the experiment before anything happened, whose inputs Snakemake has seen."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        return nodes_of(Inputs(Project(load_config([folder / "config.yaml"]))))
    finally:
        os.chdir(here)


def as_modelled(before: Workspace, work: Workspace, state: State) -> set[str]:
    """What the model of the unit tests makes of it: they stand on this."""
    inputs = Inputs(opened(work, **state.config))
    records, known = work.root / ".snakemake" / "metadata", nodes_before(before.root)
    stage_of = {target: stage for stage, target in TARGETS.items()}
    targets = {t: inputs.parsed(stage_of[t]) if t in stage_of else [] for t in state.asked}

    def is_unchanged(node: Node, path: str) -> bool:
        if not records.is_dir() or node.output not in known:
            return False
        if path not in known[node.output].inputs:
            return False
        return Path(path).read_bytes() == (before.root / path).read_bytes()

    return Model(nodes_of(inputs).get, targets, frozenset(state.forced), is_unchanged).to_run()
