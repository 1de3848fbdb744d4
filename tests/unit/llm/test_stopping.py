"""A stop ends every wait for a call, starts none, keeps what is under way; a handler may ask it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from daydream.errors import CallError, NotAskedError, StoppedError
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.settings import Limit
from daydream.llm.amounts import Amount
from daydream.llm.budget import Budget
from daydream.llm.client import Client
from daydream.llm.rate_limit import RateLimiter
from daydream.llm.request import Request
from daydream.llm.stopping import Stop
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt
from tests.support.asking import model
from tests.support.mock_server import Fault, MockServer


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads


def client_of(server: MockServer, root: Path, stop: Stop, **settings: object) -> Client:
    endpoint = Endpoint("mock", base_url=server.base_url, **settings)  # type: ignore[arg-type]
    client = Client(endpoint, Budget(Layout(str(root)), Limit(), stop), stop)
    client._connection()
    return client


def complete(client: Client, number: int, record: list[Attempt]) -> Attempt:
    request = Request(f"Question {number}.", model(), "mock", 100, 0.0, 1)
    return client.complete(request, record.append)


def wait_until(condition: object) -> None:
    end = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def test_after_a_stop_calls_under_way_finish_and_none_starts(
    server: MockServer, tmp_path: Path, stop: Stop, pool: ThreadPoolExecutor
) -> None:
    server.latency_s = 0.5
    client, record = client_of(server, tmp_path, stop, max_concurrency=4), []
    asked = [pool.submit(complete, client, number, record) for number in range(12)]
    wait_until(lambda: server.in_flight == 4)
    stop.request()
    errors = [future.exception(5) for future in asked]
    assert server.received == server.paid == len(record) == 4
    assert [error is None for error in errors].count(True) == 4
    assert {type(error) for error in errors} == {type(None), StoppedError}
    with pytest.raises(StoppedError, match="Run again"):
        complete(client, 99, record)
    assert server.received == 4


def test_a_stop_ends_the_pause_before_a_retry(
    server: MockServer, tmp_path: Path, stop: Stop, pool: ThreadPoolExecutor
) -> None:
    server.fault(Fault.status(503, retry_after=30), times=None)
    client, record = client_of(server, tmp_path, stop), []
    asked = pool.submit(complete, client, 1, record)
    wait_until(lambda: len(record) == 1)
    assert _seconds_to_end(stop, asked) < 1
    assert server.received == 1


def test_a_stop_ends_the_wait_for_a_rate(stop: Stop, pool: ThreadPoolExecutor) -> None:
    limiter = RateLimiter(9, requests_per_minute=1, stop=stop)
    with limiter.slot(0):
        pass
    asked = pool.submit(limiter.slot(0).__enter__)
    wait_until(lambda: limiter.in_flight == 1)
    assert _seconds_to_end(stop, asked) < 1
    assert limiter.in_flight == 0


def test_a_stop_ends_the_wait_for_a_budget(
    tmp_path: Path, stop: Stop, pool: ThreadPoolExecutor
) -> None:
    budget = Budget(Layout(str(tmp_path)), Limit(calls=1), stop)
    with budget.reserved(Amount(calls=1)):
        asked = pool.submit(budget.reserved(Amount(calls=1)).__enter__)
        time.sleep(0.1)
        assert _seconds_to_end(stop, asked) < 1


def _seconds_to_end(stop: Stop, asked: Future[object]) -> float:
    began = time.monotonic()
    stop.request()
    assert isinstance(asked.exception(10), StoppedError)
    return time.monotonic() - began


def test_what_was_not_asked_is_a_call_without_an_answer_and_no_failure() -> None:
    assert issubclass(StoppedError, NotAskedError) and issubclass(NotAskedError, CallError)


def test_a_stop_may_be_requested_in_a_signal_handler_that_interrupts_one_who_waits(
    stop: Stop,
) -> None:
    """A handler that took a lock of its own thread would never come back."""
    previous = signal.signal(signal.SIGUSR1, lambda *_: stop.request())
    try:
        for _ in range(50):
            waiting = Stop()
            stop = waiting
            threading.Timer(0.005, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            with pytest.raises(StoppedError):
                waiting.wait(5)
    finally:
        signal.signal(signal.SIGUSR1, previous)


def test_nobody_who_listens_is_kept_alive_for_it(stop: Stop) -> None:
    for _ in range(3):
        RateLimiter(1, stop=stop)
    assert len(stop._listeners) <= 1
