"""Snakemake logger plugin: what a terminal shows of a run, and the plan at the end of a dry run.

``snakemake --logger daydream``, as in ``profiles/default`` where this package is installed. It
keeps the routine of single jobs out of sight, and a failure to one line for each cause; Snakemake's
log file has all of it. Without the plugin a run is the same, printed in Snakemake's own way.

Snakemake imports every logger plugin that it finds whenever it starts, so the package ``daydream``
is imported only where it is needed.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

_PER_JOB = {
    LogEvent.JOB_INFO,
    LogEvent.JOB_STARTED,
    LogEvent.JOB_FINISHED,
    LogEvent.PROGRESS,
    LogEvent.SHELLCMD,
}
_ROUTINE = ("Select jobs to execute", "Updating checkpoint", "DAG of jobs will be updated")
_ENDING = "Will exit after finishing currently running jobs"  # repeated at each poll while they do
_CONFIG_READER = "/snakemake/common/configfile.py"  # in the traceback of an error in it
_NOTHING = "Nothing to be done ("
_ERASE = "\r\x1b[2K"  # of a terminal's line, on which the status may stand
_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Options of the plugin, ``--logger-daydream-...`` on the command line."""

    jobs: str = field(
        default="",
        metadata={
            "help": "Write the jobs of a dry run to this file, as JSON: rule, wildcards, reason.",
            "metavar": "FILE",
        },
    )


class LogHandler(LogHandlerBase):
    """Prints what a person wants to know while a run goes on.

    Records come in the order in which they were logged, one at a time, in a thread of Snakemake's.
    """

    settings: LogHandlerSettings

    def __post_init__(self) -> None:
        self._jobs: list[tuple[str, dict[str, str], str]] = []
        self._failed: set[str] = set()
        self._overviews = 0
        self._is_ending = self._is_closed = self._has_nothing_to_do = False

    @property
    def writes_to_stream(self) -> bool:
        """Yes: Snakemake's own output is then switched off."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """No: Snakemake keeps its log file itself."""
        return False

    @property
    def has_filter(self) -> bool:
        """No: ``--quiet`` and ``--verbose`` mean what they mean elsewhere."""
        return False

    @property
    def has_formatter(self) -> bool:
        """No: a record that is shown looks as it does elsewhere."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """No."""
        return False

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record if a person wants to know, and remember what the later ones depend on."""
        try:
            self._note(record)
            if self._is_shown(record):
                self._print(record)
        except BrokenPipeError:
            raise
        except Exception:  # as each handler of logging does: a message must not end a run
            self.handleError(record)

    def _note(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            self._overviews += 1
        elif event is None and record.getMessage().startswith(_NOTHING):
            self._has_nothing_to_do = True
        elif event == LogEvent.JOB_INFO and self.common_settings.dryrun:
            fields: Mapping[str, object] = vars(record)
            wildcards = fields.get("wildcards") or {}
            assert isinstance(wildcards, Mapping)
            self._jobs.append(
                (str(fields["rule_name"]), dict(wildcards), str(fields.get("reason", "")))
            )
        elif failed := getattr(record, "daydream_failed", None):
            self._failed.add(failed)

    def _is_shown(self, record: logging.LogRecord) -> bool:
        if self.common_settings.verbose:
            return True
        event = getattr(record, "event", None)
        if event is None:
            return self._is_news(record)
        if event == LogEvent.JOB_ERROR:
            return self._failed.isdisjoint(getattr(record, "output", None) or ())
        if event == LogEvent.ERROR:
            return "\nGenerationFailed in " not in record.getMessage()
        if event == LogEvent.RUN_INFO:
            return self._overviews < 2  # a dry run repeats it behind its jobs
        return event not in _PER_JOB

    def _is_news(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if text.startswith(_ENDING):
            was_ending, self._is_ending = self._is_ending, True
            return not was_ending
        is_known_cause = getattr(record, "daydream_is_known_cause", False)
        return not is_known_cause and not text.startswith(_ROUTINE)

    def _print(self, record: logging.LogRecord) -> None:
        told = "" if self.common_settings.verbose else _misread_config(record)
        text = told or self.format(record)
        if text and text != "None":
            self._write(self._coloured(text, record.levelno))

    def _write(self, text: str) -> None:
        """Write in one piece, in place of the status line, which another thread writes again."""
        erased = _ERASE if self._stream.isatty() else ""
        self._stream.write(f"{erased}{text}\n")
        self._stream.flush()

    def _coloured(self, text: str, level: int) -> str:
        if level < logging.WARNING or not self._has_colours:
            return text
        return f"{_RED if level >= logging.ERROR else _YELLOW}{text}{_PLAIN}"

    @property
    def _has_colours(self) -> bool:
        is_plain = self.common_settings.nocolor or os.environ.get("TERM") == "dumb"
        return not is_plain and self._stream.isatty()

    @property
    def _stream(self) -> TextIO:
        return sys.stdout if self.common_settings.stdout else sys.stderr

    def close(self) -> None:
        """End the output; that of a dry run ends with the plan."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.common_settings.dryrun and self.settings and self.settings.jobs:
            Path(self.settings.jobs).write_text(json.dumps(self._jobs), encoding="utf-8")
        elif self.common_settings.dryrun and self._overviews > 1:  # one before, one after the jobs
            from daydream.workflow.open_runs import describe_dry_run

            print(*describe_dry_run(self._jobs), sep="\n", file=self._stream, flush=True)
        elif not self.common_settings.dryrun and not self.common_settings.quiet:
            for line in _last_lines(self._has_nothing_to_do):
                self._write(line)
        super().close()


def _misread_config(record: logging.LogRecord) -> str:
    """The message of a configuration file that Snakemake ends with a traceback for; else blank."""
    is_error = getattr(record, "event", None) == LogEvent.ERROR
    if not is_error or _CONFIG_READER not in record.getMessage():
        return ""
    from daydream.workflow.misread_config import misread_config

    told = misread_config(sys.argv[1:])
    return f"Error: {told}" if told else ""


def _last_lines(nothing_to_do: bool) -> list[str]:
    """Where what was made is; nothing where no experiment was opened."""
    if "daydream.workflow.open_runs" not in sys.modules:
        return []
    from daydream.workflow.open_runs import last_lines

    return last_lines(nothing_to_do)
