"""A second experiment compared with the first, as a person types it."""

from __future__ import annotations

import pytest

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import CONCEPTS, Workspace


def test_a_second_experiment_is_compared_with_the_first(
    work: Workspace, server: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    work.concepts(CONCEPTS)
    work.models({"writer": "writes", "judge": "judges"})
    work.run("evaluation", "--config", "cohort=june")
    work.models({"other": "writes", "judge": "judges"})
    work.run("evaluation", "--config", "cohort=november")
    before = server.calls
    command = ["compare", "--configfile", str(work.root / "config.yaml"), "-d", str(work.root)]
    assert main([*command, "jun", "november"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("june: 12 of 12 evaluations scored, answered 20")
    assert "  generation models: only in june: writer; only in november: other" in lines
    paired = "november less june, on essays that only one of them has, paired by combination, "
    at = lines.index(paired + "draft template, generation template")
    assert lines[at + 2].split()[:2] == ["novelty", "0-9"]
    assert lines[at + 2].split()[-4:] == ["12", "6", "12,", "12"]
    assert lines[at + 3] == "  judges: judge"
    assert main([*command, "june", "june"]) == 1
    assert "compared with itself" in capsys.readouterr().err
    assert main([*command, "june", "may"]) == 1
    assert "There are: june, november" in capsys.readouterr().err
    assert server.calls == before
