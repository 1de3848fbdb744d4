"""The built wheel in an environment of its own, and experiments that use it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.installed import Environment, build, fetch_backend, unpack
from tests.support.mock_server import MockServer
from tests.support.workspace import ROOT

FOLDERS = ("rules", "scripts", "report", "config", "profiles", "data/1_raw")


@dataclass(frozen=True)
class Built:
    """The wheel, made from the sdist, and what made it."""

    backend: Path
    sdist_tree: Path
    wheel: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    place = tmp_path_factory.mktemp("built")
    backend = fetch_backend(place / "backend")
    tree = unpack(build(backend, ROOT, "sdist", place / "sdist"), place / "tree")
    return Built(backend, tree, build(backend, tree, "wheel", place / "wheel"))


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment.make(tmp_path_factory.mktemp("installed") / "venv")
    environment.install(built.wheel)
    return environment


def test_the_sdist_and_the_wheel_have_every_file_of_the_workflow(built: Built):
    shipped = {"Snakefile"} | {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(shipped) > 100
    assert {name for name in shipped if not (built.sdist_tree / name).is_file()} == set()
    inside = set(zipfile.ZipFile(built.wheel).namelist())
    assert {name for name in shipped if f"daydream/workflow_files/{name}" not in inside} == set()
    assert {name.split("/")[0] for name in inside} <= {
        "daydream",
        "snakemake_logger_plugin_daydream",
        "daydream-0.2.0.dist-info",
    }


def test_an_experiment_of_the_installed_package_runs_and_is_paid_once(
    installed: Environment, server: MockServer, tmp_path: Path
):
    made = installed.run("-m", "daydream", "init", "study", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "cd study" in made.stdout and "snakemake" in made.stdout
    study = tmp_path / "study"
    own = study / "daydream.yaml"
    config = yaml.safe_load(own.read_text()) | {
        "cohort": "first",
        "endpoints": {"mock": {"base_url": server.base_url}},
        "filters": {"templates": ["links-v1", "essay-from-links", "novelty"]},
    }
    own.write_text(yaml.safe_dump(config))
    models = study / "data" / "1_raw" / "llm_models.csv"
    models.write_text(models.read_text().replace(",embedded,", ",mock,"))

    run = installed.run("-m", "snakemake", cwd=study)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(server.calls) == 15  # 3 pairs of concepts: a draft, two essays and their scores each
    assert (study / "data" / "8_report" / "first" / "index.html").is_file()
    plan = installed.run("-m", "daydream", "plan", cwd=study)
    assert "nothing is to be bought, everything is made" in plan.stdout, plan.stdout + plan.stderr
    assert len(server.calls) == 15

    again = installed.run("-m", "daydream", "init", "study", cwd=tmp_path)
    assert again.returncode == 1
    assert "study has Snakefile, daydream.yaml, profiles, data already" in again.stderr
    assert yaml.safe_load(own.read_text()) == config


def test_an_experiment_says_that_the_package_is_missing(tmp_path: Path):
    (tmp_path / "Snakefile").write_bytes((ROOT / "config" / "starter" / "Snakefile").read_bytes())
    environment = Environment.make(tmp_path / "venv")
    run = environment.run("-m", "snakemake", "-c1", cwd=tmp_path)
    assert run.returncode == 1
    assert f"{environment.python} has no package `daydream`" in run.stderr
    assert "Traceback" not in run.stderr and len(run.stderr.splitlines()) == 1


def test_a_checkout_says_which_packages_are_missing(tmp_path: Path):
    environment = Environment.make(tmp_path / "venv", lacks=["openai", "vl_convert"])
    expected = f"Error: {environment.python} lacks openai vl-convert-python. `make setup` in {ROOT}"
    run = environment.run("-m", "snakemake", "--snakefile", ROOT / "Snakefile", cwd=tmp_path)
    assert run.returncode == 1
    assert expected in run.stderr and "Traceback" not in run.stderr
    command = environment.run(ROOT / "daydream" / "__main__.py", cwd=tmp_path)
    assert command.returncode == 1


def test_an_editable_install_is_a_plain_path(built: Built, tmp_path: Path):
    environment = Environment.make(tmp_path / "venv")
    environment.install("--editable", ROOT, backend=built.backend)
    lines = [path.read_text().strip() for path in environment.site.glob("*daydream*.pth")]
    assert lines == [str(ROOT)]
    find = "import pkgutil; print(*(m.name for m in pkgutil.iter_modules()), sep='\\n')"
    assert "daydream" in environment.run("-c", find, cwd=tmp_path).stdout.splitlines()
