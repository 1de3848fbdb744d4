"""Which generations Snakemake is shown: all of a stage, or those out of date and one for the rest.

Snakemake keeps a job for each generation that it is shown, 1.5 ms and 24 kB each. In the light DAG
it is shown what is out of date by our own reading of the times of files, and decides on that by
itself, and the newest file of what is not, since tables that are older than that are made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from daydream.store.layout import FORMS, STAGES, Stage
from daydream.store.membership import Membership
from daydream.workflow.inputs import Inputs
from daydream.workflow.out_of_date import Reading, read_times

AUTO_FROM = 20_000  # generations above which `dag: auto` is light


class ShownGenerations:
    """The generations that targets and tables have as inputs."""

    def __init__(self, inputs: Inputs, share_forces: Callable[[], None]) -> None:
        """Prepare; nothing is looked at before a target asks.

        Args:
            inputs: of the rules of one experiment.
            share_forces: makes known what is forced; called before times are read.
        """
        self.inputs, self.project = inputs, inputs.project
        self._share_forces = share_forces
        self._last: tuple[Membership, Reading] | None = None

    @property
    def is_light(self) -> bool:
        """Whether the DAG of this run is light."""
        dag = self.project.settings.dag
        return dag == "light" or (dag == "auto" and len(self.project.part) > AUTO_FROM)

    def for_target(self, stage: Stage) -> list[str]:
        """The ``parsed.txt`` of a stage that a target asks for.

        Raises:
            CohortError: when there is no membership, or it is damaged.
        """
        if not self.is_light:
            return self.inputs.parsed(stage)
        return list(self._light(stage, newer_than=None))

    def for_table(self, stage: Stage) -> list[str]:
        """The ``parsed.txt`` of a stage that its table waits for.

        In the light DAG also whatever is newer than the table. One of them would do but for
        Snakemake's checksums, which may tell of the newest, and not of the next, that it was
        touched and not changed.
        """
        if not self.is_light:
            return self.inputs.awaited(self.inputs.parsed(stage))
        made = filter(None, map(read_times, self._table(stage)))
        oldest = min((times.as_output for times in made), default=None)
        return self.inputs.awaited(list(self._light(stage, oldest)))

    def _table(self, stage: Stage) -> Iterable[str]:
        layout, cohort = self.project.layout, self.project.cohort
        path = layout.comparisons if stage == "comparison" else layout.scores
        return (path(cohort, form) for form in FORMS)

    def _light(self, stage: Stage, newer_than: int | None) -> Iterator[str]:
        reading, members = self._reading(), self.project.part.by_stage[stage]
        required = reading.required[stage]
        rest = {
            gen_id: times.as_input
            for gen_id, times in reading.made_at[stage].items()
            if gen_id in members and gen_id not in required
        }
        newest = max(rest, key=rest.__getitem__, default=None)
        for gen_id in members:
            is_newer = newer_than is not None and rest.get(gen_id, 0) > newer_than
            if gen_id in required or gen_id == newest or is_newer:
                yield self.project.layout.parsed(stage, gen_id)

    def _reading(self) -> Reading:
        """Of the whole cohort also in a slice, whose comparisons have essays of others."""
        membership = self.project.membership
        if self._last is None or self._last[0] is not membership:
            self._share_forces()
            reading = Reading(self.project)
            for stage in STAGES:
                reading.read(membership.stage(stage))
            self._last = (membership, reading)
        return self._last[1]
