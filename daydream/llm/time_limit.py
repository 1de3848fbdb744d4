"""A limit on the whole of an HTTP exchange, below the HTTP library, for every byte of it.

The library's own timeout starts anew with each byte, so that a server which drips its status line,
headers or an error body holds a call for ever. Here reading and writing get what is left of the
time of the thread's exchange: calls are synchronous, so an exchange is one thread's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_exchange = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let what this thread reads and writes meanwhile end in a timeout after some seconds."""
    before = getattr(_exchange, "until", None)
    _exchange.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _exchange.until = before


def _left(timeout: float | None) -> float | None:
    """The time that the next operation may take.

    Raises:
        TimeoutError: when there is none.
    """
    until = getattr(_exchange, "until", None)
    if until is None:
        return timeout
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return float(left) if timeout is None else min(timeout, left)


def limit_time(http_client: Any) -> None:
    """Make an HTTP client, new and unused, obey ``within``.

    The client has no door for it, so its pools get another network backend (httpcore2 2.16; the
    same attributes as in httpcore 1.0). ``tests/faults/test_slow_answers.py`` holds it to that.
    """
    for transport in (http_client._transport, *http_client._mounts.values()):
        if transport is not None:
            pool = transport._pool
            pool._network_backend = _Backend(pool._network_backend)


class _Backend:
    """A network backend whose connections obey the limit."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: Any
    ) -> _Stream:
        return _Stream(self._inner.connect_tcp(host, port, _left(timeout), **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Stream:
    """A connection that obeys the limit."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._inner.read(max_bytes, _left(timeout))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
