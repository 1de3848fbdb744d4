"""The limit on failures of a run, counted by many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from daydream.errors import CallError, EnoughErrors
from daydream.llm.error_limit import ErrorLimit


def test_threads_that_fail_at_once_are_all_counted_and_the_first_reason_stays() -> None:
    limit = ErrorLimit(50)
    errors = [CallError(f"number {n}", cause="http_500") for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(limit.learn, errors))
    with pytest.raises(EnoughErrors, match="50 of 50 generations") as caught:
        limit.check()
    assert caught.value.cause == "stop_after_errors"


def test_answers_between_failures_do_not_hide_them() -> None:
    limit = ErrorLimit(2)
    for error in (CallError("a"), None, None, CallError("b"), None):
        limit.learn(error)
    with pytest.raises(EnoughErrors, match="2 of 4"):
        limit.check()
