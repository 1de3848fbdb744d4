"""After what hits every call alike, no further call is made, and the provider's words are kept."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from daydream.errors import ClosedError
from daydream.llm.circuit_breaker import MAX_429_S, CircuitBreaker
from daydream.llm.faults import Fault as Failure
from tests.support.asking import ask, ask_all, client_of, numbered
from tests.support.mock_server import Fault, MockServer

LIMITED = Failure("http_429", "Add 10 credits.", is_retryable=True, status=429)


def test_a_refused_key_is_asked_once_and_not_forty_five_times(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.status(401, message="No such key."), times=None)
    client = client_of(server, tmp_path, max_concurrency=1)
    done = ask_all(client, numbered(45))
    assert server.received == 1
    assert [len(outcome.attempts) for outcome in done].count(0) == 44
    assert all("No such key" in outcome.error for outcome in done)
    assert ["not asked" in outcome.error for outcome in done].count(True) == 44


def test_one_model_that_is_not_found_leaves_the_endpoint_open(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.status(404))
    done = ask_all(client_of(server, tmp_path, max_concurrency=1), numbered(5))
    assert [bool(outcome.error) for outcome in done].count(True) == 1
    assert server.received == 5


def test_nothing_but_429_for_too_long_closes_the_endpoint_in_its_own_words() -> None:
    now = 0.0
    breaker = CircuitBreaker("router", clock=lambda: now)
    breaker.learn(LIMITED)
    now = MAX_429_S
    breaker.learn(LIMITED)
    breaker.check()
    now += 1
    breaker.learn(LIMITED)
    with pytest.raises(ClosedError, match=r"router takes no calls .*Add 10 credits\."):
        breaker.check()


def test_an_answer_in_between_shows_that_the_429_do_not_last() -> None:
    now = 0.0
    breaker = CircuitBreaker("router", clock=lambda: now)
    breaker.learn(LIMITED)
    now = MAX_429_S + 1
    breaker.learn(None)
    breaker.learn(LIMITED)
    breaker.check()


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_is_named_and_not_followed(
    status: int, server: MockServer, tmp_path: Path
) -> None:
    with MockServer() as other:
        where = {"Location": f"{other.base_url}/chat/completions"}
        server.fault(Fault.status(status, headers=where), times=None)
        done = ask(client_of(server, tmp_path, headers={"X-Key": "secret"}))
        assert (server.received, other.received) == (1, 0)
    assert done.told == ["redirect"]
    assert str(other.port) in done.error and "base_url" in done.error


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhm",
        b"HTTP/1.1 500 Bad\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhmhm",
        b"HTTP/1.1 400 Bad\r\nContent-Length: 400\r\n\r\nhm",
    ],
    ids=["chunks", "gzip", "length"],
)
def test_a_broken_error_body_is_a_failed_call_in_the_ledger(
    reply: bytes, server: MockServer, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broken:
        threading.Thread(target=_answer, args=(broken, reply), daemon=True).start()
        server.port = broken.getsockname()[1]
        done = ask(client_of(server, tmp_path, timeout_s=2.0, max_attempts=1))
    assert len(done.attempts) == 1 and done.attempts[0].outcome == "failed"
    assert done.error


def _answer(listening: socket.socket, reply: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(reply)
