"""The file in which a model's server, started on some host, says where it listens.

Its writer holds it for as long as the server is up: a file that nobody holds is that of a server
that is over, however it ended.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from daydream.errors import CallError
from daydream.store.files import unless_gone, write_all
from daydream.store.locks import hold, is_held


class EndpointFile:
    """The endpoint file of one server, held by the process that looks after it."""

    def __init__(self, path: str) -> None:
        """Hold the file; it has no address yet.

        Raises:
            CallError: when another server has it.
            LockError: when the file system has no locks.
        """
        file = hold(path)
        if file is None:
            raise CallError(
                f"{path} is held: a server of this endpoint is up, or is starting. Use that one, "
                "or end it first."
            )
        self._file: FileIO = file
        self._path = Path(path)
        self.withdraw()

    def write(self, base_url: str) -> None:
        """Say where the server listens, once it is healthy."""
        self.withdraw()
        write_all(self._file, (json.dumps({"base_url": base_url}) + "\n").encode())
        os.fsync(self._file.fileno())

    def withdraw(self) -> None:
        """Say that the server does not listen just now."""
        self._file.truncate(0)

    def close(self) -> None:
        """Remove the file; the server is over."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def read_address(path: str) -> str | None:
    """Where the server of an endpoint file listens; None when it does not, or is over."""
    with unless_gone(), suppress(ValueError, KeyError, TypeError):
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if is_held(path):
            return str(content["base_url"])
    return None
