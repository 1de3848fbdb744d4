"""The ledger of a generation, `attempts.jsonl`: every answer and every failed call, append-only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

from daydream.store.files import append_to, check_room
from daydream.store.layout import exists
from daydream.store.locks import locked

NAME = "attempts.jsonl"
ROOM_BYTES = 16 * 1024**2  # free before a call; hundreds of usual answers may come at once


@dataclass(frozen=True)
class Attempt:
    """One call to a model and what came of it.

    ``outcome`` is ``answer`` (it was paid for and is worth keeping) or ``failed``. Times are UTC,
    durations seconds, costs USD (None: the price is unknown), usage in tokens. ``body_keys``
    are keys of ``parameters`` that were sent under another name, or not at all (None).
    ``fallback`` is who was called in place of the model asked for (a model's id, or an endpoint),
    ``fallback_reason`` why; None when it was that model itself.
    """

    at: str
    outcome: str
    fingerprint: str
    endpoint: str
    model: str
    parameters: dict[str, Any]
    replicate: int
    attempt: int = 1
    forced: bool = False
    latency_s: float = 0.0
    returned_model: str | None = None
    provider: str | None = None
    system_fingerprint: str | None = None
    response_id: str | None = None
    finish_reason: str | None = None
    usage: dict[str, int] = field(default_factory=dict)
    body_keys: dict[str, str | None] = field(default_factory=dict)
    cost_usd: float | None = None
    fallback: str | None = None
    fallback_reason: str | None = None
    error: dict[str, Any] | None = None
    reasoning: str | None = None
    text: str | None = None

    @property
    def is_answer(self) -> bool:
        """Whether a model's text came back."""
        return self.outcome == "answer"


_FIELDS = {f.name for f in fields(Attempt)}
_REQUIRED = ("at", "outcome", "fingerprint", "endpoint", "model", "parameters", "replicate")


class Ledger:
    """A generation's attempts, held under a lock by one process and one thread at a time."""

    def __init__(self, file: FileIO, folder: str, keep: Callable[[], None] = lambda: None) -> None:
        self._file, self._folder, self._keep = file, folder, keep
        self.read()

    def read(self) -> None:
        """Read all lines, as at the beginning."""
        self._file.seek(0)
        self.attempts, self.damaged = reading_of(self._file.read() or b"")

    @classmethod
    @contextmanager
    def open(
        cls, folder: str, keep: Callable[[str], None] = lambda folder: None
    ) -> Iterator[Ledger]:
        """Open a generation's ledger, holding it: the ledger is its own lock file.

        Whoever waits for it reads the answer that its holder paid for.

        Args:
            folder: of the generation.
            keep: what keeps a copy of the ledger elsewhere, called with the folder as it grows.

        Raises:
            LockError: when the file system has no locks.
        """
        with locked(f"{folder}/{NAME}") as file:
            yield cls(file, folder, partial(keep, folder))

    def check_room(self) -> None:
        """Refuse when the disk may not have room for an answer, before it is bought.

        Raises:
            OSError: ``ENOSPC``.
        """
        check_room(self._folder, ROOM_BYTES)

    def append(self, attempt: Attempt) -> None:
        """Add an attempt; it is on disk, and in the copy if there is one, when this returns."""
        try:
            append_to(self._file, json.dumps(_as_json(attempt), ensure_ascii=False))
        except OSError as error:
            error.filename = f"{self._folder}/{NAME}"
            raise
        self.attempts.append(attempt)
        self._keep()


class Reading(NamedTuple):
    """What a ledger holds: attempts, oldest first, and the numbers of lines that were damaged.

    Lines are counted from 1. A damaged one may be an answer that was paid.
    """

    attempts: list[Attempt]
    damaged: list[int]


def read_ledger(folder: str) -> Reading:
    """The ledger of a generation, without a lock; a missing one is empty."""
    try:
        content = Path(f"{folder}/{NAME}").read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Reading([], [])
    return reading_of(content)


def read_attempts(folder: str) -> list[Attempt]:
    """The attempts of a generation, without a lock; a missing ledger is empty."""
    return read_ledger(folder).attempts


def lost_answer(folder: str, ledger: Ledger | Reading) -> str:
    """How an answer was lost that was paid and that the ledger does not show; blank if none was."""
    if ledger.damaged:
        return (
            f"{folder}/{NAME}, line {ledger.damaged[0]} cannot be read: it was damaged after it "
            "was written and may hold an answer that was paid."
        )
    # It is written only after its answer is in the ledger, and Snakemake does not remove it.
    raw = f"{folder}/raw.txt"
    if not any(attempt.is_answer for attempt in ledger.attempts) and exists(raw):
        return f"{folder}/{NAME} has no answer, though {raw} is one: it was emptied or lost."
    return ""


def reading_of(content: bytes) -> Reading:
    """What the bytes of a ledger say.

    Lines count as an editor counts them, blank ones too. One that is there twice, as after a bad
    copy, was one call: no two calls have the same line.
    """
    reading, seen = Reading([], []), set[bytes]()
    for number, content_of_line in enumerate(content.split(b"\n"), 1):
        if content_of_line in seen:
            continue
        seen.add(content_of_line)
        line = _line(content_of_line)
        if line.attempt:
            reading.attempts.append(line.attempt)
        if line.is_damaged:
            reading.damaged.append(number)
    return reading


def _as_json(attempt: Attempt) -> dict[str, Any]:
    return {
        key: value
        for key, value in asdict(attempt).items()
        if key in _REQUIRED or value not in (None, {})
    }


class _Line(NamedTuple):
    """What one line of a ledger is: an attempt, torn off by a kill, or damaged afterwards."""

    attempt: Attempt | None
    is_damaged: bool = False


def _line(line: bytes) -> _Line:
    """One line, read as far as possible: a byte that is no UTF-8 costs a character, not an answer.

    A kill leaves the beginning of a line, from which nothing can be read. Any other line that is
    not JSON was damaged after it was written and may hold an answer that was paid.
    """
    text = line.decode("utf-8", "replace").strip("\r \t")
    try:
        values = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        return _Line(None, bool(text) and not _is_torn(text, error))
    except (ValueError, RecursionError):
        return _Line(None, True)
    if not isinstance(values, dict) or any(name not in values for name in _REQUIRED):
        return _Line(None, isinstance(values, dict) and bool(values))
    return _Line(Attempt(**{key: value for key, value in values.items() if key in _FIELDS}))


def _is_torn(text: str, error: json.JSONDecodeError) -> bool:
    """Whether a line just stops: without the brace of its end, or where more was to come."""
    return not text.endswith("}") or error.pos >= len(text)
