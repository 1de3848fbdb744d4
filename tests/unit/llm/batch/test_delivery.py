"""Requests are put into batches by model, by number and by size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daydream.llm.batch import delivery
from daydream.llm.batch.delivery import groups
from daydream.llm.batch.registry import Waiter
from daydream.llm.batch.state import Line
from daydream.llm.request import Request
from tests.unit.llm.test_request import MODEL, SERVER, STAGE, TEMPLATE


def waiter(number: int, model: str = "lab/writer") -> Waiter:
    asked = replace(MODEL, model=model)
    request = Request.build(f"Of {number}.", asked, STAGE, 1, TEMPLATE, SERVER, f"d_{number}")
    return Waiter(request, Line.of(request, forced=False))


def test_one_model_and_at_most_so_many_in_each() -> None:
    waiters = [waiter(n, f"lab/{n % 2}") for n in range(10)]
    made = list(groups(waiters, max_requests=3))
    assert [len(group.waiters) for group in made] == [3, 2, 3, 2]
    assert all(len({w.line.model for w in group.waiters}) == 1 for group in made)
    assert all(group.content.count(b"\n") == len(group.waiters) for group in made)


def test_no_file_is_larger_than_providers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(next(iter(groups([waiter(1)], 9))).content)
    monkeypatch.setattr(delivery, "MAX_UPLOAD_BYTES", 2 * size)
    made = list(groups([waiter(n) for n in range(5)], max_requests=9))
    assert [len(group.waiters) for group in made] == [2, 2, 1]
    assert all(len(group.content) <= 2 * size for group in made)
