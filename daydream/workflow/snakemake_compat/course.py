"""How a run begins and ends, and what it says in between."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from daydream.workflow.snakemake_compat.guard import reach


@reach("the plan and the check of keys at the start of a run", lambda: None)
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


@reach("the summary at the end of a run", lambda: None)
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


@reach("ending a run early", lambda: None)
def exit_gracefully(workflow: Any) -> None:
    """Start no further job, and end the run when those under way are over.

    Takes a lock, so it must not be called in a signal handler.

    Reason: a spent budget ends the run; there is no public way to do so from within a job.
    Seen in 9.27.1: ``JobScheduler.exit_gracefully``.
    """
    workflow.scheduler.exit_gracefully()


@reach("an orderly end at SIGTERM", lambda: None)
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


@reach("letting tables be finished after Ctrl-C", lambda: None)
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


@reach("a short end after Ctrl-C", lambda: None)
def mute_job_errors(is_muted: Callable[[], bool]) -> None:
    """Keep from terminal and log file, when it is time, that jobs which were not begun failed.

    Reason: after a stop each job that waited for its turn would fill ten lines.
    Seen in 9.27.1: ``snakemake.logging.logger``; the events are part of the plugin interface.
    """
    from snakemake.logging import logger
    from snakemake_interface_logger_plugins.common import LogEvent

    events = (LogEvent.ERROR, LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR)
    logger.addFilter(lambda record: not (is_muted() and getattr(record, "event", None) in events))


@reach("short messages for what ends a run", lambda: None)
def tell_plainly(message_of: Callable[[BaseException], str | None]) -> None:
    """Have what ends a run told in words of ours where there are some, in place of a traceback.

    Reason: to a message of an input function Snakemake adds "Traceback:" and two lines of rules/,
    and a file that cannot be looked at, such as a link to itself, ends in forty lines of its own.
    ``--verbose`` shows both. The error of an input function is made the cause of Snakemake's: its
    context is lost where Snakemake raises it again while it handles another one.
    Seen in 9.27.1: ``snakemake.api.print_exception``, which is given what ended a run;
    ``InputFunctionException(msg)``.
    """
    import snakemake.api as api
    from snakemake.exceptions import InputFunctionException, log_verbose_traceback
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
    prepare = InputFunctionException.__init__

    def init(wrapper: Any, msg: Any, *args: Any, **kwargs: Any) -> None:
        prepare(wrapper, msg, *args, **kwargs)
        wrapper.__cause__ = msg if isinstance(msg, BaseException) else None

    InputFunctionException.__init__ = init


def log(text: str, level: int = logging.INFO, **marks: Any) -> None:
    """Have Snakemake print a message, in order with its own, and keep it in its log file.

    Args:
        text: the message.
        level: a level of :mod:`logging`.
        marks: attributes of the record, for our logger plugin.
    """
    logging.getLogger("snakemake.logging").log(level, text, extra=marks)
