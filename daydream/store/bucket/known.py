"""What was last in step between a data root and its copy, file by file, on disk.

A line is appended after each transfer, so that a killed process leaves what it had done. Without
the file everything is compared by content once more.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import NamedTuple

from daydream.store.files import write_text

FOLDER = ".bucket"  # in the data root; hidden, so it has no copy itself


class Stat(NamedTuple):
    """A local file's time and size, by which a change is noticed."""

    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: str) -> Stat | None:
        """Of a file; None when there is none."""
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return None
        return cls(found.st_mtime_ns, found.st_size)


class Pair(NamedTuple):
    """A version of an object and the local file that is the same.

    ``modified`` is the server's time; None when no listing has told it yet.
    """

    etag: str
    modified: float | None
    local: Stat


class Known:
    """The pairs of one data root and one address; threads may share it."""

    def __init__(self, root: str, address: str) -> None:
        name = hashlib.sha256(address.encode()).hexdigest()[:16]
        self._path = Path(root, FOLDER, f"{name}.jsonl")
        self._pairs: dict[str, Pair] = {}
        self._writing = threading.Lock()
        self._read()

    def get(self, name: str) -> Pair | None:
        """What was last in step under a name."""
        return self._pairs.get(name)

    def set(self, name: str, pair: Pair) -> None:
        """Remember that a file is in step."""
        with self._writing:
            self._pairs[name] = pair
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(_line(name, pair))

    def forget(self, name: str) -> None:
        """Remember that there is no object of this name."""
        with self._writing:
            if self._pairs.pop(name, None):
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([name]) + "\n")

    def _read(self) -> None:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            self._learn(line)
        if len(lines) > 2 * len(self._pairs) + 100:
            write_text(self._path, "".join(_line(*item) for item in self._pairs.items()))

    def _learn(self, line: str) -> None:
        try:
            name, *rest = json.loads(line)
            if rest:
                etag, modified, mtime_ns, size = rest
                self._pairs[name] = Pair(etag, modified, Stat(mtime_ns, size))
            else:
                self._pairs.pop(name, None)
        except ValueError:  # a line that a kill tore off: that file is compared again
            return


def _line(name: str, pair: Pair) -> str:
    return json.dumps([name, pair.etag, pair.modified, *pair.local]) + "\n"
