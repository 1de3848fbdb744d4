"""What the workflow needs of Snakemake's insides: every reach into them is a function here.

Each says why it is needed and in which version it was seen. The tests hold each against the classes
of the Snakemake that is installed. When a later version has renamed something, a run goes on as
Snakemake would without us, and says once what is missing.

docs/performance.md has the figures behind the patches of the scheduler.
"""

from __future__ import annotations

import functools
import itertools
import logging
import os
import pkgutil
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

from daydream.experiment.next_steps import AGAIN_VARIABLE, Options

P = ParamSpec("P")
T = TypeVar("T")

SPARE_JOBS = 8  # ready jobs beyond the free slots, so that priorities have something to choose from
_NO_SOURCES: tuple[list[str], list[Any]] = ([], [])
_NO_NAME: str | None = None
_NO_CORES: int | None = None
_NO_JOB: NodeJob | None = None
_NO_TARGETS: tuple[str, ...] = ()
DEFAULT_START_LIMIT = (100, 1)  # what Snakemake sets when nobody asked for one: jobs, seconds


class PlannedJob(NamedTuple):
    """A job that Snakemake is going to run."""

    rule: str
    snakefile: str
    wildcards: Mapping[str, str]
    reason: str


class NodeJob(NamedTuple):
    """A job that an executor has sent to a node."""

    rule: str
    wildcards: Mapping[str, str]


class Forces(NamedTuple):
    """What ``-F``, ``-f`` and ``-R`` were given."""

    everything: bool = False
    targets: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def _reach(purpose: str, fallback: Callable[[], T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a reach: where Snakemake is built otherwise, warn once and go on without it."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def reach(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except (AttributeError, ImportError) as error:
                _warn_once(purpose, str(error))
                return fallback()

        return reach

    return decorate


@functools.cache
def _warn_once(purpose: str, error: str) -> None:
    message = "This version of Snakemake is built differently, so %s is not available (%s)."
    logging.getLogger("snakemake.logging").warning(message % (purpose, error))


# --- what was asked for on the command line


@_reach("keeping the names of --config as they were typed", lambda: _NO_SOURCES)
def config_sources(workflow: Any) -> tuple[list[str], list[Any]]:
    """The strings of ``--config``, and the configuration files, each over those before it.

    Reason: Snakemake turns ``007`` into 7, and a workflow is given only the result.
    Seen in 9.27.1: ``Workflow.config_settings.config_args``, ``configfiles``,
    ``overwrite_configfiles``.
    """
    pairs = list(workflow.config_settings.config_args or [])
    return pairs, [*workflow.configfiles, *workflow.overwrite_configfiles]


@_reach("the targets of the runs of slices", lambda: _NO_TARGETS)
def targets(workflow: Any) -> tuple[str, ...]:
    """The targets that were asked for; known once the DAG is built.

    Reason: a slice is made by a run of its own, which asks for what this one was asked for.
    Seen in 9.27.1: ``Workflow.dag_settings.targets``.
    """
    return tuple(map(str, workflow.dag_settings.targets))


@_reach("telling when --until would make nothing", lambda: _NO_TARGETS)
def until(workflow: Any) -> tuple[str, ...]:
    """The rules and files that ``--until`` names; known once the DAG is built.

    Reason: behind a checkpoint it makes nothing, and Snakemake does not say so.
    Seen in 9.27.1: ``Workflow.dag_settings``, a ``DAGSettings``.
    """
    return tuple(map(str, workflow.dag_settings.until))


@_reach("passing the options of this run on to commands", Options)
def typed_options(workflow: Any) -> Options:
    """The options that choose an experiment, with absolute paths of configuration files.

    Reason: a command that is proposed at the end, or the run of a slice, would be of another
    experiment without them.
    Seen in 9.27.1: ``Workflow.overwrite_workdir``, ``overwrite_configfiles``,
    ``config_settings.config_args``.
    """
    return Options(
        directory=str(workflow.overwrite_workdir or ""),
        configfiles=tuple(str(Path(path).absolute()) for path in workflow.overwrite_configfiles),
        config=tuple(workflow.config_settings.config_args or ()),
        again=os.environ.get(AGAIN_VARIABLE, ""),
    )


@_reach("asking again for what -f, -F and -R name", Forces)
def forces(workflow: Any) -> Forces:
    """What the user asks for by force; known once the DAG is built.

    Reason: a job is not told why it runs, and only a forced one may buy an answer again.
    Seen in 9.27.1: ``Workflow.dag_settings``, a ``DAGSettings``.
    """
    settings = workflow.dag_settings
    targets = tuple(settings.targets) if settings.forcetargets else ()
    return Forces(bool(settings.forceall), targets, tuple(settings.forcerun))


# --- what is going to run


@_reach("finding a rule's name behind the prefix of a module", lambda: _NO_NAME)
def name_in_run(workflow: Any, rule: str) -> str | None:
    """What a rule of the Snakefile that is being read is called in this run; None if left out.

    Reason: ``use rule * from daydream as dd_*`` renames the rules, and the plan needs to know them.
    Seen in 9.27.1: ``Workflow.modifier``, a ``WorkflowModifier``.
    """
    name: str | None = workflow.modifier.avail_rulename(rule)
    return name


@_reach("the plan at the start of a run", list[PlannedJob])
def planned_jobs(workflow: Any) -> list[PlannedJob]:
    """Every job of this run, with Snakemake's reason; known once the DAG is built.

    Reason: what a run is going to buy is said before it begins, and ``JOB_INFO`` events come one by
    one as the jobs start.
    Seen in 9.27.1: ``Workflow.dag``, ``DAG.needrun_jobs``, ``DAG.reason``.
    """
    dag = workflow.dag
    jobs = dag.needrun_jobs(exclude_finished=False) if dag else ()
    return [
        PlannedJob(
            job.rule.name, str(job.rule.snakefile), dict(job.wildcards_dict), str(dag.reason(job))
        )
        for job in jobs
    ]


@_reach("how many generations are left", Counter[str])
def count_by_rule(workflow: Any) -> Counter[str]:
    """How many jobs of each rule this run has, finished ones included.

    Reason: the checkpoint adds jobs, and no event tells how many of which rule.
    Seen in 9.27.1: as for :func:`planned_jobs`.

    Raises:
        RuntimeError: when jobs are added just then.
    """
    return Counter(job.rule.name for job in workflow.dag.needrun_jobs(exclude_finished=False))


@_reach("raising the limit on open files", lambda: _NO_CORES)
def local_cores(workflow: Any) -> int | None:
    """How many jobs may run at once in this process; None where they run elsewhere.

    Reason: each generation under way holds files open, and the limit is often below ``-c 2000``.
    Seen in 9.27.1: ``Workflow.cores``, ``Workflow.local_exec``.
    """
    return int(workflow.cores) if workflow.local_exec else None


# --- when a run begins and ends


@_reach("the plan and the check of keys at the start of a run", lambda: None)
def at_start(action: Callable[[], None]) -> None:
    """Have an action run once, when the DAG is built and before the first job starts.

    Reason: only the main Snakefile has an ``onstart``, and a module needs one as well. Snakemake
    sends the event ``RUN_INFO`` at that point of a run and of a dry run, in the main thread.
    Seen in 9.27.1: ``Workflow.execute``; the event itself is part of the logger plugin interface.
    """
    from snakemake.logging import logger
    from snakemake_interface_logger_plugins.common import LogEvent

    logger.addHandler(_Once(LogEvent.RUN_INFO, action))


class _Once(logging.Handler):
    """Runs an action at the first record of an event; the action's errors end the run."""

    def __init__(self, event: Any, action: Callable[[], None]) -> None:
        super().__init__(logging.INFO)
        self._event, self._action = event, action
        self._is_over = False

    def emit(self, record: logging.LogRecord) -> None:
        """Run the action if it is time."""
        if not self._is_over and getattr(record, "event", None) == self._event:
            self._is_over = True
            self._action()


@_reach("the summary at the end of a run", lambda: None)
def at_end(workflow: Any, success: Callable[[], None], failure: Callable[[], None]) -> None:
    """Have one of two actions run when the run is over, after the hooks of the Snakefile.

    Under ``--no-hooks`` the Snakefile's hooks are left out, and these actions still run: without
    them a run that was stopped would end like one that failed.

    Reason: as for :func:`at_start`; there is no event for the end.
    Seen in 9.27.1: ``Workflow._onstart``, ``_onsuccess`` and ``_onerror``, functions of the log
    files; ``ExecutionSettings.no_hooks``.
    """
    if workflow.execution_settings.no_hooks:
        for name in ("_onstart", "_onsuccess", "_onerror"):
            setattr(workflow, name, _no_hook)
        workflow.execution_settings.no_hooks = False
    for name, action in (("_onsuccess", success), ("_onerror", failure)):
        setattr(workflow, name, _after(getattr(workflow, name), action))


def _no_hook(log: Any) -> None:
    """Do nothing."""


def _after(hook: Callable[[Any], None], action: Callable[[], None]) -> Callable[[Any], None]:
    def both(log: Any) -> None:
        hook(log)
        action()

    return both


@_reach("ending a run early", lambda: None)
def exit_gracefully(workflow: Any) -> None:
    """Start no further job, and end the run when those under way are over.

    Takes a lock, so it must not be called in a signal handler.

    Reason: a spent budget ends the run; there is no public way to do so from within a job.
    Seen in 9.27.1: ``JobScheduler.exit_gracefully``.
    """
    workflow.scheduler.exit_gracefully()


@_reach("an orderly end at SIGTERM", lambda: None)
def on_sigterm(handler: Callable[..., None]) -> None:
    """Have schedulers that are made from now on hand SIGTERM to a handler of ours.

    Reason: a scheduler takes the signal over when it is made, and its own handler takes a lock that
    the interrupted thread may be holding: two SIGTERMs in a row hung a run.
    Seen in 9.27.1: ``JobScheduler.__init__`` registers ``exit_gracefully``.
    """
    from snakemake.scheduling.job_scheduler import JobScheduler

    leave = JobScheduler.exit_gracefully

    def exit_gracefully(scheduler: Any, *received: Any) -> None:
        if received:
            handler(*received)
        else:
            leave(scheduler)

    JobScheduler.exit_gracefully = exit_gracefully


@_reach("letting tables be finished after Ctrl-C", lambda: None)
def shield_scripts(workflow: Any) -> None:
    """Have scripts started with Ctrl-C ignored, unless they are part of somebody else's workflow.

    Reason: Ctrl-C reaches every process of a terminal, and a script that is just starting would
    show a traceback; like a call under way it is finished. Set here, it holds from the first moment
    on. In another workflow it would hold for that one's commands too.
    Seen in 9.27.1: ``shell.prefix``, which is public; ``Workflow.modifier.is_main_snakefile``.
    """
    from snakemake.shell import shell

    if workflow.modifier.is_main_snakefile():
        shell.prefix("set -euo pipefail; trap '' INT; ")


@_reach("a short end after Ctrl-C", lambda: None)
def mute_job_errors(is_muted: Callable[[], bool]) -> None:
    """Keep from terminal and log file, when it is time, that jobs which were not begun failed.

    Reason: after a stop each job that waited for its turn would fill ten lines.
    Seen in 9.27.1: ``snakemake.logging.logger``; the events are part of the plugin interface.
    """
    from snakemake.logging import logger
    from snakemake_interface_logger_plugins.common import LogEvent

    events = (LogEvent.ERROR, LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR)
    logger.addFilter(lambda record: not (is_muted() and getattr(record, "event", None) in events))


@_reach("short messages for what ends a run", lambda: None)
def tell_plainly(message_of: Callable[[BaseException], str | None]) -> None:
    """Have what ends a run told in words of ours where there are some, in place of a traceback.

    Reason: to a message of an input function Snakemake adds "Traceback:" and two lines of rules/,
    and a file that cannot be looked at, such as a link to itself, ends in forty lines of its own.
    ``--verbose`` shows both.
    Seen in 9.27.1: ``snakemake.api.print_exception``, which is given what ended a run.
    """
    import snakemake.api as api
    from snakemake.exceptions import log_verbose_traceback
    from snakemake.logging import logger
    from snakemake_interface_logger_plugins.common import LogEvent

    show = api.print_exception

    def print_exception(error: Any, linemaps: Any = None) -> None:
        message = message_of(error)
        if message is None:
            show(error, linemaps)
            return
        log_verbose_traceback(error)
        marks = {"event": LogEvent.ERROR, "exception": type(error).__name__}
        logger.error(f"Error: {message}", extra=marks)

    api.print_exception = print_exception


def skip_pipe_searches(is_ours: Callable[[str], bool]) -> None:
    """Answer for Snakemake that no input of our rules is a pipe or a service: they have none.

    Reason: it searches the inputs of a job once for each of them, which takes minutes over the
    50,000 evaluations that a table of scores may have.
    Seen in 9.27.1: ``Job.is_pipe_or_service_input``.

    Args:
        is_ours: whether a rule is one of this workflow's, by the path of its Snakefile.
    """
    from snakemake.jobs import Job

    search = getattr(Job, "is_pipe_or_service_input", None)
    if search is None:
        return

    def is_pipe_or_service_input(job: Any, path: Any) -> bool:
        return not is_ours(str(job.rule.snakefile)) and search(job, path)

    Job.is_pipe_or_service_input = is_pipe_or_service_input


@_reach("keeping the logs of failures only", lambda: None)
def make_no_empty_logs(is_ours: Callable[[str], bool]) -> None:
    """Have no empty log file made for a job of our rules that succeeded.

    Reason: our jobs remove their log after a success, so that ``logs/`` holds failures only, and
    Snakemake makes an empty file for each log that is not there: one for every generation.
    Seen in 9.27.1: ``DAG.handle_log``, ``Job.log``. A log in a storage is left to Snakemake, which
    uploads it.

    Args:
        is_ours: whether a rule is one of this workflow's, by the path of its Snakefile.
    """
    from snakemake.dag import DAG

    make = DAG.handle_log

    async def handle_log(dag: Any, job: Any) -> None:
        if not is_ours(str(job.rule.snakefile)) or any(path.is_storage for path in job.log):
            await make(dag, job)

    DAG.handle_log = handle_log


# --- on the nodes of a cluster


@_reach("making a slice without a Snakemake between", lambda: _NO_JOB)
def only_job(workflow: Any) -> NodeJob | None:
    """The one job that an executor has started this Snakemake for; None if it is another one.

    Known while the Snakefile is being read. Where a job is to run in an environment or a container
    of its own, Snakemake has work to do, and there is None.

    Reason: what Snakemake does before such a job takes longer than many a slice.
    Seen in 9.27.1: ``Workflow.remote_exec``, ``deployment_settings.deployment_method``; the option
    ``--target-jobs``, which ``dag_settings`` have only once the Snakefile is read.
    """
    if not workflow.remote_exec or workflow.deployment_settings.deployment_method:
        return None
    from snakemake.target_jobs import parse_target_jobs_cli_args

    entries = _values_of("--target-jobs", sys.argv)
    jobs = parse_target_jobs_cli_args(entries)
    return NodeJob(jobs[0].rulename, jobs[0].wildcards_dict) if len(jobs) == 1 else None


def _values_of(option: str, arguments: list[str]) -> list[str]:
    """The values of an option of a command line that takes several."""
    if option not in arguments:
        return []
    values = arguments[arguments.index(option) + 1 :]
    return list(itertools.takewhile(lambda value: not value.startswith("-"), values))


def ignore_executors() -> None:
    """Have the next start of Snakemake in this process find no executor plugin.

    Reason: a slice calls models from its own process. Snakemake imports each plugin that is
    installed, and the executor for Slurm imports pandas.
    Seen in 9.27.1: plugins are found with :func:`pkgutil.iter_modules`.
    """
    find = pkgutil.iter_modules

    def without_executors(*args: Any, **options: Any) -> Iterator[pkgutil.ModuleInfo]:
        found = find(*args, **options)
        return (m for m in found if not m.name.startswith("snakemake_executor_plugin_"))

    pkgutil.iter_modules = without_executors


def run(arguments: list[str]) -> int:
    """Run Snakemake in this process as its command would; returns the exit code.

    Reason: a process between a cluster's job and Snakemake would have to pass on signals.
    Seen in 9.27.1: ``snakemake.cli.main``, the entry point of the command.
    """
    from snakemake.cli import main

    sys.argv = ["snakemake", *arguments]
    try:
        main(arguments)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0


# --- the scheduler


class Polls:
    """Replaces the semaphore of Snakemake's scheduler: wake-ups before its next poll become one.

    The scheduler's main loop waits on a semaphore and then polls: sizes of the inputs of up to
    ``scheduler-subsample`` ready jobs, a knapsack over them, and all jobs that remain. With
    hundreds of jobs ready a poll costs more than a call. Of three kinds most find nothing to start:

    - one for each finished job, although the first deals with all that have finished by then;
    - one a second after each poll, in a thread of its own, for a limit of 100 job starts a second;
    - the sizing of a hundred jobs when a single slot has become free.
    """

    def __init__(self, scheduler: Any) -> None:
        self._scheduler = scheduler
        self._max_jobs: int = scheduler.subsample or sys.maxsize
        self._wake_ups = 1  # Snakemake's first poll is due when the loop begins
        self._changed = threading.Condition()

    def release(self) -> None:
        """Wake the scheduler up; what it is to find must be in place already."""
        with self._changed:
            self._wake_ups += 1
            self._changed.notify()

    def acquire(self) -> None:
        """Wait for a wake-up, then set how many jobs the poll is to choose from."""
        with self._changed:
            while not self._wake_ups:
                self._changed.wait()
            finished, self._wake_ups = self._wake_ups, 0
        self._scheduler.subsample = min(self._max_jobs, self._free() + finished + SPARE_JOBS)

    def started(self) -> None:
        """Poll again when jobs were started and there are slots and jobs left.

        A poll that was to choose among fewer jobs than there are slots leaves some, and nothing
        else would wake the scheduler up before a job has finished.
        """
        if self._free() > 0 and self._scheduler.open_jobs:
            self.release()

    def _free(self) -> int:
        slots: list[int | None] = [
            self._scheduler.resources.get(name) for name in ("_cores", "_nodes")
        ]
        return min(slot for slot in slots if slot is not None)


@_reach("the quick scheduling of many short jobs", lambda: None)
def coalesce_polls(scheduler: Any) -> None:
    """Patch the scheduler: coalesce wake-ups, skip input sizing, lift the default start limit.

    Reason: with hundreds of ready jobs a poll costs more than a call. Sizes only serve to start
    jobs with large inputs first, which is of no use among prompts of a few kilobytes, and a file
    that another run on the same data root is just then making again has none. The starts of calls
    are limited where calls are made, by their endpoint; a limit that was asked for stays.
    ``--max-jobs-per-timespan`` can raise the limit, but not end the poll that it causes a second
    after each other one. The scheduler plugin interface is asked only after wake-up and sizing:
    tried, no gain.
    Seen in 9.27.1: ``JobScheduler`` with ``_open_jobs`` (a semaphore), ``run``, ``open_jobs``,
    ``resources``, ``subsample``, ``job_rate_limiter``, ``_input_sizes``, ``update_input_sizes``.
    """
    if not isinstance(scheduler._open_jobs, threading.Semaphore):
        raise AttributeError("_open_jobs is no semaphore")
    for name in ("open_jobs", "resources", "_input_sizes", "update_input_sizes"):
        getattr(scheduler, name)  # all of it, or nothing is changed
    limiter, polls, run = scheduler.job_rate_limiter, Polls(scheduler), scheduler.run

    async def no_sizes(jobs: Iterable[Any]) -> None:
        """All inputs weigh the same."""

    def run_and_poll(*jobs: Any, **options: Any) -> None:
        run(*jobs, **options)
        polls.started()

    if limiter and (limiter.max_jobs, limiter.timespan) == DEFAULT_START_LIMIT:
        scheduler.job_rate_limiter = None
    scheduler._open_jobs, scheduler.run = polls, run_and_poll
    scheduler._input_sizes, scheduler.update_input_sizes = defaultdict(int), no_sizes


# --- what is printed


def log(text: str, level: int = logging.INFO, **marks: Any) -> None:
    """Have Snakemake print a message, in order with its own, and keep it in its log file.

    Args:
        text: the message.
        level: a level of :mod:`logging`.
        marks: attributes of the record, for our logger plugin.
    """
    logging.getLogger("snakemake.logging").log(level, text, extra=marks)
