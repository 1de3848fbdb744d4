"""One run of the workflow on one experiment: how it begins, makes generations and ends."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from dataclasses import replace
from typing import Any

from daydream.errors import (
    BudgetError,
    ConfigError,
    DaydreamError,
    EnoughErrors,
    GenerationFailed,
    StoreError,
)
from daydream.llm.stopping import STOP
from daydream.store.layout import Stage
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.at_work import AtWork
from daydream.workflow.failure_log import FailureLog
from daydream.workflow.failure_summary import describe_run
from daydream.workflow.forcing import FORCED_VARIABLE, is_forced, share_forces
from daydream.workflow.inputs import Inputs
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.object_store import ObjectStore
from daydream.workflow.open_files import allow_open_files
from daydream.workflow.progress import Progress, Ticker, in_words
from daydream.workflow.project import Project
from daydream.workflow.rules_of_run import RulesOfRun
from daydream.workflow.run_end import places
from daydream.workflow.run_inputs import RunInputs
from daydream.workflow.shown import ShownGenerations
from daydream.workflow.signals import EXIT_CODE, SIGNALS, next_line, typed_command
from daydream.workflow.slices_meter import SlicesMeter
from daydream.workflow.submission import TARGET_OF_STAGE, CommandLine, Submission, Target


class Run:
    """What the rules of one experiment share in this process.

    A workflow that uses this one as a module reads its Snakefile once for each ``use rule``; all
    of them are given the same ``Run``, hence one client per endpoint and one summary.
    """

    def __init__(
        self, workflow: Any, project: Project, folder: str, store: ObjectStore | None = None
    ) -> None:
        """Prepare a run; nothing happens until it begins.

        Args:
            workflow: Snakemake's ``workflow`` object.
            project: the experiment.
            folder: where the Snakefile and ``rules/`` are, a path or an address.
            store: the copy of the data root in object storage, if it has one.
        """
        self.workflow, self.project, self._store = workflow, project, store
        self.rules = RulesOfRun(workflow, folder)
        self.inputs = Inputs(project, texts={})
        self.made_from = RunInputs(self.inputs, workflow)
        self.shown = ShownGenerations(self.inputs, self._share_forces)
        self.submission: Submission | None = None
        self.jobs = GenerationJobs(project, store)
        self._failed = FailureLog()
        self._ticker = self._ticking(self.jobs.generator.meter)
        self._beginning = threading.Lock()
        self._has_started = self._is_opened = False
        self._obstacles: list[str] = []
        self._at_work = AtWork(project)
        self._went_well, self._begun_ns = False, time.time_ns()

    def have_made_in(self, slices: int) -> bool:
        """Have the generations made in slices by jobs of a cluster; False when one run makes them.

        A run that makes one slice of a cohort submits none.
        """
        is_sliced = slices > 0 and self.project.settings.part is None
        if is_sliced and self._decides and self.submission is None:
            self.submission = submission = Submission(self.project, slices, self._command_line)
            compat.look_when_over(lambda: submission.marks_of_jobs_over)
            self._ticker = self._ticking(SlicesMeter(self.submission))
        return is_sliced

    def _ticking(self, meter: Progress) -> Ticker:
        calls, tables = lambda: self.jobs.in_flight, self._tables_at_work
        return Ticker(meter, self.rules.required_by_stage, calls, tables=tables)

    def _tables_at_work(self) -> list[str]:
        """What else than generations is being made, in words."""
        running = compat.running_rules(self.workflow)
        names = sorted({self.rules.base_names.get(rule, rule) for rule in running})
        return [in_words(name) for name in names if not name.startswith("generate_")]

    def _command_line(self) -> CommandLine:
        """What this run was given; known, and its forces told to all, once the DAG is built."""
        self._share_forces()
        options, targets = compat.typed_options(self.workflow), compat.targets(self.workflow)
        return CommandLine(targets, options, compat.is_dry_run(self.workflow), typed_command())

    # --- the beginning

    def begin(self) -> None:
        """Do what is to be done before the first job, unless nothing is made here.

        Raises:
            SystemExit: with what is in the way of a run, such as a key that is not set.
        """
        if not self._decides or compat.is_dry_run(self.workflow):
            return
        with self._beginning:
            self._start()
            if not self.rules.hide_generations():
                self._open()
        if self._obstacles:
            sys.exit("\n".join(f"Error: {obstacle}" for obstacle in self._obstacles))

    def _begin_late(self) -> None:
        """Do before the first call what could not be done before the first job.

        Raises:
            ConfigError: with what is in the way of the run, which then ends.
        """
        if not self._decides:
            return
        with self._beginning:
            self._start()
            self._open()
        if self._obstacles:
            self._leave()
            raise ConfigError("\n".join(self._obstacles))

    def _start(self) -> None:
        if self._has_started:
            return
        self._has_started = True
        compat.skip_pipe_searches(self.rules.is_ours)
        compat.make_no_empty_logs(self.rules.is_ours)
        compat.keep_what_others_made(self.rules.is_ours)
        self._share_forces()
        SIGNALS.jobs_begin()
        STOP.add_listener(self._leave)
        compat.mute_job_errors(lambda: STOP.is_requested)
        self._ticker.start()
        self._at_work.begin()
        compat.schedule_quickly(self.workflow)
        if self._store is not None:
            compat.at_end(self.workflow, self._store.succeed, self._store.fail)
        compat.at_end(self.workflow, self._succeed, self._fail)

    def _share_forces(self) -> None:
        self.made_from.note_texts()
        if self._decides:  # the process of a job has inherited what is forced
            share_forces(*compat.forces(self.workflow), self.rules.base_names)

    def _open(self) -> None:
        """Say what the run is going to buy, and find out what is in the way."""
        from daydream.workflow.plan.planning import opening

        if self._is_opened:
            return
        self._is_opened = True
        if not compat.is_touch(self.workflow):
            jobs, options = self.rules.planned_jobs(), compat.typed_options(self.workflow)
            lines, self._obstacles = opening(self.project, jobs, self.submission, options)
            if lines:
                compat.log("\n".join(lines))
            self._obstacles = self._obstacles or self._at_work.obstacles(jobs, self.submission)
            self._obstacles += allow_open_files(self.project, compat.local_cores(self.workflow))
            if self._store is not None and not self._obstacles:
                self._obstacles = self._store.begin(self.project)

    # --- inputs that depend on the configuration

    def generations(self, stage: Stage, of_table: bool = False) -> list[str]:
        """What the target, or the table, of a stage asks for: generations, or their slices."""
        if self.submission:
            return self.submission.waits_for(TARGET_OF_STAGE[stage])
        return self.shown.for_table(stage) if of_table else self.shown.for_target(stage)

    def order(self, target: Target, name: str) -> str:
        """The order of a slice; on a node it is there."""
        if self.submission is None:
            return self.project.layout.slice_order(self.project.cohort, target, name)
        return self.submission.order(target, name)

    def slices_before(self, target: Target) -> list[str]:
        """The marks of the slices that those of a target wait for; on a node they are made."""
        return self.submission.before(target) if self.submission else []

    @property
    def _decides(self) -> bool:
        return compat.is_main_process(self.workflow)

    # --- a job

    def generate(self, stage: Stage, gen_id: str, output: str, log: str, rule: str) -> None:
        """Make one generation, asked anew when it was forced.

        Raises:
            GenerationFailed: when there is no text; why has been logged.
        """
        try:
            self._begin_late()
            self.jobs.make(stage, gen_id, output, log, is_forced(rule, output))
        except DaydreamError as error:
            self._failed.log(output, error)
            if isinstance(error, BudgetError | EnoughErrors | StoreError):
                self._leave()
            raise GenerationFailed(f"{type(error).__name__}: {error}") from None

    # --- the end

    def _leave(self) -> None:
        """Start no further job; called by the thread that spreads a stop, among others."""
        compat.exit_gracefully(self.workflow)

    def _end(self) -> None:
        self._ticker.stop()
        self._at_work.end()

    def _succeed(self) -> None:
        self._end()
        if self.submission is not None and self.submission.has_failures:
            # The tables are made from what is there, and yet something failed on the nodes.
            compat.log(self._failures(), logging.ERROR)
            sys.exit(1)
        self._went_well = True

    def last_lines(self, nothing_to_do: bool) -> list[str]:
        """Where tables and report are, after a run that went well; of a part there are none.

        Args:
            nothing_to_do: whether the run had nothing to do, and so did not begin.
        """
        is_well = self._went_well or nothing_to_do
        if not is_well or not self._decides or self.project.settings.part:
            return []
        has_made = any(self.jobs.generator.meter.done.values()) or self.submission is not None
        begun, options = self._begun_ns if has_made else 0, compat.typed_options(self.workflow)
        return list(places(self.project.layout, self.project.cohort, begun, options))

    def _fail(self) -> None:
        self._end()
        compat.log(self._failures(), logging.ERROR)
        if STOP.is_requested:
            compat.log(f"Stopped; what was answered is kept. {next_line()}", logging.WARNING)
            sys.exit(EXIT_CODE)

    def _failures(self) -> str:
        options = compat.typed_options(self.workflow)
        if self.submission is not None and not os.environ.get(FORCED_VARIABLE):
            options = replace(options, again=options.again or typed_command())
        elif targets := sorted(compat.targets(self.workflow)):
            again = options.again or options.command("snakemake", *targets)
            options = replace(options, again=again)
        return describe_run(self.project, options, self._begun_ns)
