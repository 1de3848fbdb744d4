"""The jobs that make generations: the generator of a run, its log files and its counters."""

from __future__ import annotations

from functools import cached_property

from daydream.generation.generator import Generator
from daydream.llm.pool import Clients
from daydream.store.layout import Stage
from daydream.workflow.job_log import logged
from daydream.workflow.object_store import ObjectStore
from daydream.workflow.project import Project


class GenerationJobs:
    """Makes the generations of an experiment, with one client per endpoint."""

    def __init__(self, project: Project, store: ObjectStore | None = None) -> None:
        self.project, self.store = project, store

    @cached_property
    def generator(self) -> Generator:
        """What makes generations; its clients are made when they are first used."""
        prompts, settings = self.project.prompts, self.project.settings
        if self.store is None:
            return Generator(prompts, Clients(settings))
        clients = Clients(settings, share=self.store.lease, budget=self.store.budget)
        return Generator(prompts, clients, copies=self.store.copies)

    @property
    def in_flight(self) -> int:
        """Calls that wait for an answer now."""
        return self.generator.clients.in_flight

    def make(self, stage: Stage, gen_id: str, parsed: str, log: str, forced: bool = False) -> None:
        """Make one generation; the message of a failure is in its log.

        Args:
            stage: of the generation.
            gen_id: of the generation.
            parsed: the job's output; all other files of the generation go beside it.
            log: the job's log file.
            forced: whether the user asks for a new answer whatever the ledger has.

        Raises:
            DaydreamError: which the user is shown as it is.

        """
        with logged(log, f"{stage} {gen_id}"), self.generator.meter.making(stage):
            self.generator.make(self.project.membership.member(stage, gen_id), forced, parsed)
