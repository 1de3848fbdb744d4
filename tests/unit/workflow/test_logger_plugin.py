"""What of a run's log the plugin shows, by records as the installed Snakemake makes them."""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from snakemake.common.configfile import load_configfile
from snakemake.logging import LoggerManager
from snakemake.settings.enums import Quietness
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from snakemake_logger_plugin_daydream import LogHandlerSettings

OUTPUT = "data/gens/draft/d_1/parsed.txt"


class Terminal:
    """A logger with the plugin, set up by Snakemake's own manager, queue included."""

    def __init__(self, jobs: str = "", **settings: Any) -> None:
        self.logger = logging.Logger("snakemake under test")
        plugins = {"daydream": LogHandlerSettings(jobs=jobs)}
        self.manager = LoggerManager(
            self.logger, OutputSettings(log_handler_settings=plugins, nocolor=True, **settings)
        )

    def log(self, text: str | None, level: int = logging.INFO, **marks: Any) -> None:
        self.logger.log(level, text, extra=marks)

    def job(self, rule: str = "generate_draft", gen_id: str = "d_1") -> None:
        """A job, with the attributes that ``Job.log_info`` gives the record."""
        self.log(
            f"Rule: {rule}, Jobid: 1",
            event=LogEvent.JOB_INFO,
            jobid=1,
            rule_msg=None,
            rule_name=rule,
            local=False,
            input=[],
            output=[OUTPUT],
            log=[],
            benchmark=None,
            wildcards={"gen_id": gen_id},
            reason="Missing output files",
            resources={},
            priority=0,
            threads=1,
            indent=False,
            is_checkpoint=False,
            is_handover=False,
        )

    def failure(self, message: str, known: bool = False) -> None:
        marks = {"daydream_failed": OUTPUT, "daydream_is_known_cause": known}
        self.log(message, logging.ERROR, **marks)
        self.error(f"GenerationFailed in file 'x.smk', line 9:\n{message}")

    def error(self, text: str) -> None:
        self.log(f"RuleException:\n{text}", logging.ERROR, event=LogEvent.ERROR)

    def shown(self, capsys: pytest.CaptureFixture[str]) -> str:
        self.manager.stop()
        captured = capsys.readouterr()
        return captured.err + captured.out


def test_snakemake_finds_the_plugin_by_its_name() -> None:
    assert "daydream" in LoggerPluginRegistry().get_registered_plugins()


def test_the_routine_of_single_jobs_is_out_of_sight_and_news_are_not(capsys) -> None:
    terminal = Terminal()
    terminal.job()
    terminal.log("Execute 36 jobs...", event=LogEvent.JOB_STARTED, jobs=[])
    terminal.log("Finished jobid: 3", event=LogEvent.JOB_FINISHED, job_id=3)
    terminal.log(None, event=LogEvent.PROGRESS, done=1, total=2)
    terminal.log("Select jobs to execute...")
    terminal.log("Job stats: 36", event=LogEvent.RUN_INFO, stats={})
    terminal.log("Nothing to be done")
    assert terminal.shown(capsys) == "Job stats: 36\nNothing to be done\n"


def test_a_failure_is_one_line_for_each_cause_without_snakemakes_blocks(capsys) -> None:
    terminal = Terminal()
    terminal.failure("d_1: ParseError: no score")
    terminal.log("x", logging.ERROR, event=LogEvent.JOB_ERROR, output=[OUTPUT])
    terminal.failure("d_2: ParseError: no score", known=True)
    assert terminal.shown(capsys) == "d_1: ParseError: no score\n"


def test_the_blocks_of_any_other_failure_are_shown(capsys) -> None:
    terminal = Terminal()
    terminal.failure("d_1: ParseError: no score")
    terminal.error("KeyError in file 'x.smk', line 3:\n'x'")
    terminal.log(
        "Error in rule ranking",
        logging.ERROR,
        event=LogEvent.JOB_ERROR,
        rule_name="ranking",
        rule_msg="broken",
        jobid=4,
        input=[],
        output=["data/6_summary/c/ranking.csv"],
        log=[],
        conda_env=None,
        container_img=None,
        aux={},
        indent=False,
        shellcmd=None,
    )
    output = terminal.shown(capsys)
    assert "KeyError" in output
    assert "ranking.csv" in output


def test_a_configuration_that_snakemake_cannot_read_is_one_message(
    capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, latin = tmp_path / "a.yaml", tmp_path / "b.yaml"
    whole.write_text("k_max: 2")
    latin.write_bytes(b"data_root: caf\xe9")
    monkeypatch.setattr(sys, "argv", ["snakemake", "--configfile", str(whole), str(latin), "-n"])
    with pytest.raises(UnicodeDecodeError) as caught:
        load_configfile(latin)
    shown = []
    for settings in ({}, {"verbose": True}):
        terminal = Terminal(**settings)
        trace = "".join(traceback.format_exception(caught.value))
        terminal.log(trace, logging.ERROR, event=LogEvent.ERROR, exception="UnicodeDecodeError")
        shown.append(terminal.shown(capsys))
    assert shown[0] == f"Error: config file {latin} is not UTF-8 (byte 14). Save it as UTF-8.\n"
    assert "Traceback" in shown[1]


def test_an_error_that_the_configuration_is_not_to_blame_for_keeps_its_words(
    capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["snakemake", "--configfile", "/nowhere.yaml"])
    terminal = Terminal()
    terminal.log("Why.", logging.ERROR, event=LogEvent.ERROR, exception="WorkflowError")
    assert terminal.shown(capsys) == "Why.\n"


def test_that_a_run_is_ending_is_said_once(capsys) -> None:
    terminal = Terminal()
    for _ in range(3):
        terminal.log("Will exit after finishing currently running jobs (scheduler).")
    assert terminal.shown(capsys).count("Will exit") == 1


def test_verbose_shows_all_of_it(capsys) -> None:
    terminal = Terminal(verbose=True)
    terminal.job()
    assert "rule generate_draft:" in terminal.shown(capsys)


def test_quiet_means_what_it_means_elsewhere(capsys) -> None:
    terminal = Terminal(quiet={Quietness.ALL})
    terminal.log("Nothing to be done")
    assert not terminal.shown(capsys)


def test_the_jobs_of_a_dry_run_are_written_to_a_file(capsys, tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    terminal = Terminal(jobs=str(path), dryrun=True, stdout=True)
    terminal.job("generate_draft", "d_1")
    terminal.job("generate_draft", "d_2")
    terminal.shown(capsys)
    jobs = json.loads(path.read_text())
    assert jobs == [
        ["generate_draft", {"gen_id": gen_id}, "Missing output files"] for gen_id in ("d_1", "d_2")
    ]


def test_a_record_that_the_plugin_cannot_read_stops_nothing(capsys) -> None:
    terminal = Terminal(dryrun=True, stdout=True)
    terminal.log("a job without a rule", event=LogEvent.JOB_INFO)
    terminal.log("Nothing to be done")
    assert "Nothing to be done" in terminal.shown(capsys)
