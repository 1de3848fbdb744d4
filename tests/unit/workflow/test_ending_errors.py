"""What ended a run is told in our words where there are some, and else in Snakemake's."""

from __future__ import annotations

import errno
import logging
from typing import Any
from unittest.mock import MagicMock

import pytest
import snakemake.api
from snakemake.exceptions import InputFunctionException, MissingRuleException, WorkflowError

from daydream.errors import CohortError
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.ending_errors import message_of


def around(error: Exception) -> InputFunctionException:
    """What Snakemake makes of an error in an input function."""
    rule = MagicMock()
    rule.name, rule.lineno, rule.snakefile, rule.workflow.linemaps = "draft", 1, "Snakefile", {}
    try:
        raise error
    except Exception as caught:
        try:
            raise InputFunctionException(caught, rule=rule, wildcards={})  # as there
        except InputFunctionException as wrapped:
            return wrapped


def test_an_error_of_ours_is_its_message_also_in_an_input_function() -> None:
    assert message_of(CohortError("It is cut.")) == "It is cut."
    assert "Traceback" in str(around(CohortError("It is cut.")))
    assert message_of(around(CohortError("It is cut."))) == "It is cut."


def test_a_file_that_is_refused_is_told_with_what_to_do() -> None:
    error = OSError(errno.ELOOP, "Too many levels", "data/x.json")
    for each in (error, around(error)):
        assert str(message_of(each)).startswith("data/x.json is, or is below, a link")


def test_a_target_that_is_none_is_told_with_those_that_there_are() -> None:
    targets = ("cohort", "evaluation", "all")
    told = message_of(MissingRuleException("evaluations"), lambda: targets)
    assert told == (
        "there is no target 'evaluations'. Did you mean 'evaluation'? "
        "Targets: cohort, evaluation, all."
    )
    assert message_of(MissingRuleException("data/gens/x.txt"), lambda: targets) is None
    assert message_of(MissingRuleException("evaluations")) is None


def test_bugs_and_errors_of_snakemake_are_left_to_it() -> None:
    for error in (KeyError("a"), WorkflowError("a"), around(KeyError("a")), ConnectionResetError()):
        assert message_of(error) is None


def test_snakemake_shows_our_words_and_its_own_for_all_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(
        snakemake.api, "print_exception", lambda error, maps=None: shown.append(error)
    )
    monkeypatch.setattr(InputFunctionException, "__init__", InputFunctionException.__init__)
    compat.tell_plainly(message_of)
    logger = logging.getLogger("snakemake.logging")
    monkeypatch.setattr(logger, "propagate", True)
    bug = KeyError("a")
    with caplog.at_level(logging.INFO, logger.name):
        snakemake.api.print_exception(bug)
        wrapped = around(CohortError("It is cut."))
        snakemake.api.print_exception(wrapped)
        wrapped.__context__ = KeyError("a job")  # as where it is raised again in an `except`
        snakemake.api.print_exception(wrapped)
    assert shown == [bug]
    assert caplog.messages == ["Error: It is cut."] * 2
