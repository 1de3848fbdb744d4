"""A server that sends the bytes it is told to, at its own pace, whatever HTTP says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Speak = Callable[[socket.socket], None]


@contextmanager
def raw_server(speak: Speak) -> Iterator[int]:
    """The port of a server that lets ``speak`` answer each connection's first request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, speak), daemon=True).start()
        yield listening.getsockname()[1]


def _serve(listening: socket.socket, speak: Speak) -> None:
    with suppress(OSError):  # the test is over
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_answer, args=(connection, speak), daemon=True).start()


def _answer(connection: socket.socket, speak: Speak) -> None:
    with connection, suppress(OSError):  # the client leaves when its time is up
        connection.recv(65536)
        speak(connection)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):  # closed with bytes unread, it would reset the connection
            pass


def once(data: bytes) -> Speak:
    """Send some bytes and close."""
    return lambda connection: connection.sendall(data)


def stalling(data: bytes) -> Speak:
    """Send some bytes, and then nothing for long."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(data)
        time.sleep(30)

    return speak


def dripping(head: bytes, drop: bytes, times: int = 300) -> Speak:
    """Send the head, and then a drop each tenth of a second."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(times):
            connection.sendall(drop)
            time.sleep(0.1)

    return speak
