"""What Snakemake is shown in the light DAG is enough for it to make the same generations."""

from __future__ import annotations

import os
import shutil
import time
import zlib
from pathlib import Path

import pytest

from daydream.workflow.forcing import FORCED_VARIABLE
from daydream.workflow.inputs import Inputs
from daydream.workflow.shown import ShownGenerations
from daydream.workflow.tables import make_cohort
from tests.support.snakemake_model import Model, Node, nodes_of
from tests.support.store_states import TARGETS, State, States, copied, opened, small_experiment
from tests.support.workspace import Workspace

ADDRESS = "http://127.0.0.1:9/v1"
CASES, MANY = 40, 1000


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small experiment in which every generation is made, each after its parents."""
    work = Workspace(tmp_path_factory.mktemp("made"), ADDRESS)
    small_experiment(work)
    before = Path.cwd()
    os.chdir(work.root)
    project = opened(work)
    make_cohort(project)
    now = time.time() - 20
    for number, member in enumerate(project.design.members()):
        path = Path(project.layout.parsed(member.stage, member.gen_id))
        path.parent.mkdir(parents=True)
        path.write_text("5\n")
        os.utime(path, (now + 0.01 * number,) * 2)
    for path in work.raw(".").rglob("*.txt"):
        os.utime(path, (now - 10,) * 2)
    os.chdir(before)
    return work


@pytest.fixture
def work(experiment: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv(FORCED_VARIABLE, "")
    monkeypatch.chdir(tmp_path)
    return copied(experiment, tmp_path)


def makes(work: Workspace, state: State, dag: str, nodes: dict[str, Node]) -> set[str]:
    """The generations that Snakemake would make, by our model of it, of all that there are."""
    os.environ[FORCED_VARIABLE] = "\n".join(state.forced)
    shown = ShownGenerations(Inputs(opened(work, dag=dag, **state.config)), lambda: None)
    stage_of = {target: stage for stage, target in TARGETS.items()}
    targets = {t: shown.for_target(stage_of[t]) if t in stage_of else [] for t in state.asked}

    def is_unchanged(node, path: str) -> bool:
        return zlib.crc32(f"{node.output} {path}".encode()) % 3 == 0  # as checksums may tell

    return Model(nodes.get, targets, frozenset(state.forced), is_unchanged).to_run()


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(CASES), marks=pytest.mark.thorough),
        pytest.param(range(CASES, MANY), marks=pytest.mark.slow),
    ],
)
def test_the_light_dag_makes_what_the_full_one_makes_whatever_happened_to_the_files(
    experiment: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: range
):
    monkeypatch.setenv(FORCED_VARIABLE, "")
    counts = []
    for seed in seeds:
        place = tmp_path / str(seed)
        place.mkdir()
        monkeypatch.chdir(place)
        work = copied(experiment, place)
        state = States(work, seed, tables=False).make()
        nodes = nodes_of(Inputs(opened(work)))
        full, light = makes(work, state, "full", nodes), makes(work, state, "light", nodes)
        assert light == full, (seed, state, sorted(light ^ full))
        counts.append(len(full))
        shutil.rmtree(place)
    assert sum(count > 0 for count in counts) > len(seeds) / 2
    assert len(set(counts)) > 10


def test_the_model_would_tell_if_something_out_of_date_were_not_shown(work: Workspace):
    lost = next(iter((work.data / "gens" / "evaluation").iterdir())) / "parsed.txt"
    lost.unlink()
    state = State(["evaluation"], [], {}, [])
    path = lost.relative_to(work.root).as_posix()
    inputs = Inputs(opened(work))
    nodes = nodes_of(inputs)
    assert makes(work, state, "full", nodes) == makes(work, state, "light", nodes) == {path}
    rest = [p for p in inputs.parsed("evaluation") if p != path]
    assert Model(nodes.get, {"evaluation": rest}, frozenset()).to_run() == set()
