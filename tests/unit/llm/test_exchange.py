"""What an HTTP exchange may take, and what its errors are."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from daydream.experiment.endpoint import Endpoint
from daydream.llm.exchange import MAX_ERROR_BYTES, check_status, exchange, read_body
from daydream.llm.faults import Fault

SERVER = Endpoint("mock", base_url="http://127.0.0.1:9/v1", api_key_env="MOCK_KEY")


def response(status: int, *chunks: bytes, breaks: bool = False, **headers: str) -> Any:
    def read() -> Any:
        yield from chunks
        if breaks:
            raise OSError("cut")

    return SimpleNamespace(status_code=status, headers=headers, iter_bytes=read)


def fault_of(of: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        check_status(of)
    return caught.value


def test_a_body_that_is_too_large_is_not_read_on() -> None:
    with pytest.raises(Fault) as caught:
        read_body([b"x" * 600_000] * 2, max_bytes=10**6)
    assert (caught.value.kind, caught.value.is_retryable) == ("too_large", False)
    assert read_body([b"\xff", b"a"]) == "\ufffda"


def test_an_error_keeps_its_words_even_when_its_body_breaks_off() -> None:
    fault = fault_of(response(400, b'{"error": {"message": "Too ', breaks=True))
    assert fault.kind == "http_400" and "broke off" in fault.message
    google = fault_of(
        response(429, b'[{"error": {"message": "Slow.", "details": [{"retryDelay": "7s"}]}}]')
    )
    assert (google.message, google.retry_after) == ("Slow.", 7.0)
    assert fault_of(response(503)).message == "status 503 without a word"


def test_of_an_endless_error_only_so_much_is_read() -> None:
    read = []

    def endless() -> Any:
        while True:
            read.append(1)
            yield b"x" * 2**16

    of = SimpleNamespace(status_code=500, headers={}, iter_bytes=endless)
    assert len(fault_of(of).message) <= 250
    assert len(read) <= MAX_ERROR_BYTES // 2**16 + 1


def test_a_redirect_names_where_to() -> None:
    fault = fault_of(response(307, location="https://elsewhere.example/v1"))
    assert (fault.kind, fault.is_retryable) == ("redirect", False)
    assert "https://elsewhere.example/v1" in fault.message
    check_status(response(204))


def test_no_error_tells_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_KEY", "sk-secret")
    for error in (Fault("http_401", "sk-secret is wrong", False), RuntimeError("sk-secret")):
        with pytest.raises(Fault) as caught, exchange(SERVER, 5):
            raise error
        assert "***" in caught.value.message and "sk-secret" not in caught.value.message


def test_mistakes_of_ours_are_no_faults_of_the_endpoint() -> None:
    with pytest.raises(TypeError), exchange(SERVER, 5):
        raise TypeError("ours")
    began = time.monotonic()
    with pytest.raises(Fault, match="no answer within 3 s"), exchange(SERVER, 3):
        raise TimeoutError
    assert time.monotonic() - began < 1
