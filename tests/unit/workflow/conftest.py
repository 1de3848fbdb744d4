"""An opened experiment for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from daydream.experiment.settings import load_config
from daydream.workflow.project import Project
from tests.support.workspace import Workspace

Open = Callable[..., Project]


@pytest.fixture
def open_project(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the workspace's experiment as it is, with some of the configuration changed."""
    monkeypatch.chdir(work.root)

    def open_now(**config: object) -> Project:
        work.command()  # writes the configuration
        return Project(load_config([work.root / "config.yaml"], config))

    return open_now
