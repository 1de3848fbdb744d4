"""Inputs of rules that depend on the run: whether it decides, and whether it is a dry run."""

from __future__ import annotations

from typing import Any

from daydream.store.layout import Stage
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.inputs import Inputs
from daydream.workflow.sources import parser_stamp


class RunInputs:
    """The inputs that stand for what the configuration asks for, and for texts that are gone.

    The main process alone decides that something has changed, and only a real run writes it down.
    """

    def __init__(self, inputs: Inputs, workflow: Any) -> None:
        """Prepare.

        Args:
            inputs: of the rules of one experiment.
            workflow: Snakemake's ``workflow`` object.
        """
        self._inputs, self._workflow = inputs, workflow
        self._stamps: dict[Stage, dict[str, list[str]]] = {}
        self._has_noted = False

    def sources(self, stage: Stage, gen_id: str) -> dict[str, str | list[str]]:
        """The files of which a generation is made, with what stands for its parser.

        Raises:
            CohortError: when the generation is not in the cohort.
        """
        if stage not in self._stamps:
            self.note_texts()
            is_dry = self._is_dry or not self._decides
            self._stamps[stage] = parser_stamp(self._inputs.project.layout, stage, is_dry)
        shows_changes = self._decides and self._is_dry
        return self._inputs.sources(stage, gen_id, shows_changes) | self._stamps[stage]

    def note_texts(self) -> None:
        """Have texts that are gone count as changed, before anything compares times."""
        if self._decides and not self._is_dry and not self._has_noted:
            self._has_noted = True
            self._inputs.project.vanished.note()

    def new_definition(self) -> list[str]:
        """What the configuration asks for, when that is not what the cohort on disk is."""
        return self._inputs.definition(self._is_dry) if self._decides else []

    def new_filters(self) -> list[str]:
        """What the configuration filters, when that is not what the tables were made with."""
        return self._inputs.filters(self._is_dry) if self._decides else []

    def new_columns(self) -> list[str]:
        """What the tables have otherwise than this version makes them."""
        return self._inputs.columns(self._is_dry) if self._decides else []

    @property
    def _decides(self) -> bool:
        return compat.is_main_process(self._workflow)

    @property
    def _is_dry(self) -> bool:
        return compat.is_dry_run(self._workflow)
