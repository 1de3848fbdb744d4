"""Whoever sets up with conda gets what whoever sets up with pip gets."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The same package under another name: conda-forge splits Snakemake's extras off, and sets Python's
# part of DuckDB apart from its command line.
CONDA_NAMES = {"snakemake-minimal": "snakemake", "python-duckdb": "duckdb"}


def _environment() -> list[Any]:
    content = yaml.safe_load((ROOT / "environment.yml").read_text())
    return list(content["dependencies"])


def _conda() -> dict[str, SpecifierSet]:
    """Name and versions of conda's packages; ``name=1.2`` is conda's own way of ``1.2.*``."""
    found = {}
    for line in _environment():
        if isinstance(line, str):
            match = re.fullmatch(r"([\w.-]+)\s*(.*)", line.split("::")[-1])
            assert match, line
            name, versions = match[1].lower(), match[2].strip()
            if re.match(r"=[^=]", versions):
                versions = f"=={versions[1:]}.*"
            found[CONDA_NAMES.get(name, name)] = SpecifierSet(versions)
    return found


def _pip() -> dict[str, SpecifierSet]:
    lines = [line for part in _environment() if isinstance(part, dict) for line in part["pip"]]
    required = [Requirement(line) for line in lines if not line.startswith("-")]
    return {r.name.lower(): r.specifier for r in required}


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_each_dependency_of_the_package_is_in_the_environment(line: str) -> None:
    required = Requirement(line)
    found = {**_conda(), **_pip()}
    assert required.name.lower() in found
    assert found[required.name.lower()] == required.specifier


def test_python_is_the_one_that_the_package_supports() -> None:
    assert _conda()["python"] == SpecifierSet(PROJECT["requires-python"])


def test_no_package_is_asked_of_both_conda_and_pip() -> None:
    assert not set(_conda()) & set(_pip())


def test_the_environment_asks_for_nothing_that_the_package_does_not() -> None:
    required = {Requirement(line).name.lower() for line in PROJECT["dependencies"]}
    assert {*_conda(), *_pip()} - required <= {"python", "pip"}


def test_pip_is_there_when_something_is_asked_of_it() -> None:
    assert "pip" in _conda()


def _locked(name: str) -> dict[str, set[str]]:
    """Name to versions: a package may have one for each Python."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if match := re.match(r"([\w.-]+)==([^\s;]+)", line):
            found.setdefault(match[1].lower(), set()).add(match[2])
    return found


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.lock", PROJECT["dependencies"]),
        (
            "requirements-test.lock",
            [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]],
        ),
    ],
)
def test_the_lock_has_a_version_that_fits_each_dependency(name: str, wanted: list[str]) -> None:
    locked = _locked(name)
    for line in wanted:
        requirement = Requirement(line)
        versions = locked.get(requirement.name.lower().replace("_", "-"), set())
        assert versions, f"{line} is not in {name}: make lock"
        assert all(requirement.specifier.contains(version) for version in versions), line


def test_every_locked_package_has_a_hash_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text()
        packages = re.findall(r"^[\w.-]+==", text, re.MULTILINE)
        assert len(packages) > 50
        assert len(re.findall(r"^[\w.-]+==[^\n]*\\\n +--hash=sha256:", text, re.MULTILINE)) == len(
            packages
        )
        assert "://" not in text
