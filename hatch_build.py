"""Puts the files of the workflow, which stand beside the package, into the wheel."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WORKFLOW = ("Snakefile", "rules", "scripts", "report", "config", "profiles", "data/1_raw")


class WorkflowFiles(BuildHookInterface[Any]):
    """Adds them as ``daydream/workflow_files``, where ``experiment.installation`` looks.

    ``force-include`` in pyproject.toml would copy them in editable installs as well, beside a
    package that is not there, and they would not follow what is edited.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name them, unless the install is editable and finds them where they are."""
        if version != "editable":
            places = {name: f"daydream/workflow_files/{name}" for name in WORKFLOW}
            build_data["force_include"].update(places)
