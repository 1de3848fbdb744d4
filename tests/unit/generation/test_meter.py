"""The counters of a run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from daydream.errors import BudgetError, CallError, StoppedError
from daydream.generation.meter import Meter
from tests.unit.generation.test_cached_answers import answer
from tests.unit.llm.test_request import build

WANTED = {"draft": 4, "essay": 0, "evaluation": 0, "comparison": 0}


def test_what_is_made_failed_and_refused_is_counted_apart_and_a_stop_not_at_all() -> None:
    meter = Meter()
    with meter.making("draft"):
        pass
    for error in (BudgetError("spent"), CallError("no"), StoppedError("stop"), ValueError("bug")):
        with pytest.raises(type(error)), meter.making("draft"):
            raise error
    assert (meter.done["draft"], meter.failed, meter.refused) == (1, 2, 1)
    assert "drafts 1/4" in meter.line(WANTED, 2) and "failed 2  refused 1" in meter.line(WANTED, 2)


def test_calls_of_many_threads_are_added_up_and_fallbacks_are_seen() -> None:
    meter = Meter()
    attempt = answer(build(), "Text.", usage={"completion_tokens": 3}, cost_usd=0.25)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(meter.add, [attempt] * 400))
    assert (meter.calls, meter.tokens, meter.usd) == (400, 1200, 100.0)
    assert "fallbacks" not in meter.line(WANTED, 0)
    meter.add(replace(attempt, fallback="spare", cost_usd=None))
    meter.add(replace(attempt, fallback="spare", outcome="failed"))
    line = meter.line(WANTED, 0)
    assert "by fallbacks 1" in line and "and more (unknown prices)" in line
