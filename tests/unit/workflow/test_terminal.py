from __future__ import annotations

import logging

import pytest

from daydream.errors import BudgetError, DaydreamError, ParseError
from daydream.workflow.terminal import News

OUTPUT = "data/gens/draft/d_1/parsed.txt"


def record(text: str = "", **extra: object) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": text, **extra})


def block(message: str) -> str:
    """An exception in a job, as Snakemake prints it."""
    return (
        f'RuleException:\nParseError in file "x.smk", line 9:\n{message}\n  File "x.smk", in rule'
    )


def test_the_first_failure_of_a_cause_is_one_line_with_where_and_why():
    line = News().failure(OUTPUT, ParseError("no score in 'abc'"))
    assert line == "data/gens/draft/d_1: ParseError: no score in 'abc'"


def test_another_failure_of_the_same_cause_is_not_told_again():
    news = News()
    assert news.failure(OUTPUT, BudgetError("the budget of 20 calls is spent: 21 so far"))
    assert not news.failure("d_2", BudgetError("the budget of 20 calls is spent: 22 so far"))
    assert news.failure("d_3", DaydreamError("something else"))


def test_the_blocks_of_a_failure_that_was_told_are_hidden():
    news = News()
    news.failure(OUTPUT, ParseError("no score"))
    assert not news.filter(record(block("no score"), event="error"))
    assert not news.filter(record(event="job_error", output=[OUTPUT]))


def test_the_blocks_of_any_other_failure_are_shown():
    news = News()
    news.failure(OUTPUT, ParseError("no score"))
    assert news.filter(record(block("KeyError: 'x'"), event="error"))
    assert news.filter(record(event="job_error", output=["data/6_summary/c/ranking.csv"]))
    assert news.filter(record(event="job_error"))


@pytest.mark.parametrize(
    ("event", "message", "shown"),
    [
        ("job_info", "", False),
        ("job_started", "Execute 36 jobs...", False),
        ("job_finished", "Finished jobid: 3", False),
        ("progress", "", False),
        ("error", "it broke", True),
        ("run_info", "Job stats", True),
        (None, "Nothing to be done", True),
        (None, "Select jobs to execute...", False),
    ],
)
def test_the_terminal_shows_news_and_no_routine(event: str | None, message: str, shown: bool):
    assert News().filter(record(message, event=event)) is shown


def test_that_a_run_is_ending_is_said_once():
    news, ending = News(), record("Will exit after finishing currently running jobs (scheduler).")
    assert [news.filter(ending) for _ in range(3)] == [True, False, False]
