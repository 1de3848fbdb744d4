"""A limit on the whole of an exchange, whatever each operation may take."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from daydream.llm.time_limit import _Backend, within


class Wire:
    """A network that records the time that it is given."""

    def __init__(self) -> None:
        self.given: list[float | None] = []

    def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> Wire:
        self.given.append(timeout)
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.given.append(timeout)
        return b"x"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.given.append(timeout)


def test_each_byte_gets_what_is_left_and_then_nothing() -> None:
    wire = Wire()
    with within(0.2):
        stream: Any = _Backend(wire).connect_tcp("here", 1, timeout=60)
        for _ in range(3):
            stream.read(1, timeout=60)
            time.sleep(0.05)
        time.sleep(0.1)
        with pytest.raises(TimeoutError):
            stream.read(1, timeout=60)
    left = [given for given in wire.given if given is not None]
    assert len(left) == 4 and left == sorted(left, reverse=True) and left[0] <= 0.2
    stream.read(1, timeout=60)
    assert wire.given[-1] == 60


def test_a_limit_is_of_one_thread() -> None:
    wire = Wire()
    with within(0.01):
        other = threading.Thread(target=lambda: _Backend(wire).connect_tcp("here", 1, timeout=60))
        other.start()
        other.join()
    assert wire.given == [60]
