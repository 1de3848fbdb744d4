"""Where the workflow's files are, and what is said when packages are missing."""

from __future__ import annotations

import tomllib

from packaging.requirements import Requirement

from daydream.experiment import installation
from tests.support.workspace import ROOT


def test_in_a_checkout_the_files_stand_beside_the_package():
    assert installation.IS_CHECKOUT
    assert installation.WORKFLOW == ROOT
    assert installation.SNAKEFILE.is_file()
    assert (installation.STARTER_CATALOGS / "llm_models.csv").is_file()


def test_the_required_packages_are_the_dependencies_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {Requirement(line).name for line in project["dependencies"]}
    # Snakemake reads the Snakefile that asks, and the engine is asked for when it is used.
    assert set(installation.REQUIRED) == names - {"snakemake", "xllamacpp"}
    assert installation.missing_packages() == []


def test_a_missing_package_is_named_as_pip_knows_it(monkeypatch):
    monkeypatch.setitem(installation.REQUIRED, "vl-convert-python", "no_such_module")
    assert installation.missing_packages() == ["vl-convert-python"]


def test_a_checkout_names_make_setup_and_an_installed_package_names_pip(monkeypatch):
    assert "make setup" in installation.how_to_install(["openai"])
    monkeypatch.setattr(installation, "IS_CHECKOUT", False)
    assert installation.how_to_install(["openai", "scipy"]).endswith("-m pip install openai scipy")
