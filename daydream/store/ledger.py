"""``attempts.jsonl``: every answer and every failed call of a generation, never rewritten."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from io import FileIO
from pathlib import Path
from typing import Any

from daydream.store.files import append_to, locked

NAME = "attempts.jsonl"


@dataclass(frozen=True)
class Attempt:
    """One call to a model and what came of it.

    ``outcome`` is ``answer`` (it was paid for and is worth keeping) or ``failed``. Times are UTC,
    durations seconds, costs USD (None: the price is unknown), usage in tokens.
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
    response_id: str | None = None
    finish_reason: str | None = None
    usage: dict[str, int] = field(default_factory=dict)
    cost_usd: float | None = None
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

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self.attempts = list(_parse(file.read()))

    @classmethod
    @contextmanager
    def open(cls, folder: str) -> Iterator[Ledger]:
        """Open a generation's ledger, holding its folder.

        Whoever waits for the folder reads the answer that its holder paid for.
        """
        with locked(folder):
            descriptor = os.open(f"{folder}/{NAME}", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
            with FileIO(descriptor, "r+") as file:
                yield cls(file)

    def answers(self, fingerprint: str) -> list[Attempt]:
        """The answers to a request, oldest first."""
        return [a for a in self.attempts if a.is_answer and a.fingerprint == fingerprint]

    def append(self, attempt: Attempt) -> None:
        """Add an attempt; it is on disk when this returns."""
        append_to(self._file, json.dumps(_as_json(attempt), ensure_ascii=False))
        self.attempts.append(attempt)


def read_attempts(folder: str) -> list[Attempt]:
    """The attempts of a generation, without a lock; a missing ledger is empty."""
    try:
        content = Path(f"{folder}/{NAME}").read_bytes()
    except FileNotFoundError:
        return []
    return list(_parse(content))


def _as_json(attempt: Attempt) -> dict[str, Any]:
    return {
        key: value
        for key, value in asdict(attempt).items()
        if key in _REQUIRED or value not in (None, {})
    }


def _parse(content: bytes | None) -> Iterator[Attempt]:
    """The whole lines of a ledger; a torn line is passed over, as nothing can be read from it."""
    for line in (content or b"").split(b"\n"):
        try:
            values = json.loads(line)
        except ValueError:
            continue
        if isinstance(values, dict) and all(name in values for name in _REQUIRED):
            yield Attempt(**{key: value for key, value in values.items() if key in _FIELDS})
