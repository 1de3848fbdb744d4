"""Search in the concepts."""

from __future__ import annotations

import pytest

from daydream.cli.main import main
from tests.support.workspace import Workspace


@pytest.mark.parametrize(
    ("words", "found"),
    [(["BEES"], {"bees"}), (["all there", "tides"], {"tides"}), (["all there"], {"bees", "tides"})],
)
def test_every_word_must_be_somewhere_in_a_concept(
    work: Workspace, capsys: pytest.CaptureFixture[str], words: list[str], found: set[str]
) -> None:
    work.concepts(("bees", "tides"))
    work.command()  # writes the configuration
    place = ("-d", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main(["concepts", *words, *place]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["concept_id", "active", "levels", "name"]
    assert {row.split()[0] for row in rows} == found
    assert main(["concepts", "bees", "tides and moons", *place]) == 0
    assert capsys.readouterr().out == "No concept contains: bees tides and moons\n"
