"""The documented rooms are the rooms of the package, and the contracts cover all of them."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.workspace import ROOT

PACKAGE = ROOT / "daydream"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "__pycache__" not in p.parts)


def rooms() -> set[str]:
    folders = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()}
    return folders | {p.stem for p in PACKAGE.glob("*.py") if not p.stem.startswith("__")}


def test_the_table_of_rooms_in_the_architecture_names_every_room_and_no_other():
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text.split("## Rooms")[1].split("\n## ")[0]
    named = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", table, re.MULTILINE)
    assert sorted(named) == sorted(rooms())


def test_the_contract_of_directions_covers_every_room():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    layers = tool["importlinter"]["contracts"][0]["layers"]
    assert {room for layer in layers for room in layer.split(" | ")} == rooms()


def test_the_rooms_at_the_top_are_few_enough_to_be_read_at_a_glance():
    assert len(rooms()) <= 12


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_begins_with_one_sentence_that_says_what_it_is(path: Path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, path
    first = docstring.split("\n\n")[0].replace("\n", " ")
    assert first.endswith((".", "?")), first
    assert re.match(r"[A-Z`]", first), first
    assert not re.search(r"\b(whoever|whom)\b", first, re.IGNORECASE), first


DOOR = PACKAGE / "workflow" / "snakemake_compat"


def test_snakemake_is_reached_through_one_door_only():
    """No module but that package imports Snakemake or looks at its ``workflow`` object."""
    outside = [path for path in MODULES if DOOR not in path.parents]
    reaches = [f"{p}:{line}" for p in outside for line in reaches_of(ast.parse(p.read_text()))]
    assert not reaches
    assert any(list(reaches_of(ast.parse(path.read_text()))) for path in DOOR.glob("*.py"))


def reaches_of(tree: ast.Module):
    """The lines that import Snakemake, or read an attribute of what is called ``workflow``."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if any(n.name.split(".")[0] == "snakemake" for n in names):
                yield node.lineno
            case ast.ImportFrom(module=str(name)) if name.split(".")[0] == "snakemake":
                yield node.lineno
            case ast.Attribute(value=ast.Name(id="workflow") | ast.Attribute(attr="workflow")):
                yield node.lineno
