"""A generation's metadata.json: read whole, and the error of its last failed attempt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from daydream.errors import BudgetError, DaydreamError
from daydream.store.json_file import read_object
from daydream.store.layout import Layout, Stage


class RecordedError(NamedTuple):
    """Why a generation's last try brought nothing.

    ``kind`` is the error's class, ``cause`` a word for what went wrong within it (blank in the
    metadata of versions before 0.2.0), ``message`` what a person reads.
    """

    kind: str
    message: str
    cause: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether a budget refused the call, so that nothing was tried."""
        return self.kind == BudgetError.__name__

    @property
    def text(self) -> str:
        """Kind and message."""
        return f"{self.kind}: {self.message}"


def record_error(stage: Stage, error: DaydreamError) -> dict[str, Any]:
    """What metadata keep of an error: the state it leaves behind, and the error as data."""
    recorded = RecordedError(type(error).__name__, str(error), error.cause)
    status = "refused" if recorded.is_refusal else "failed"
    return {"status": status, "error": {"stage": stage, **recorded._asdict()}}


def failure_of(layout: Layout, stage: Stage, gen_id: str) -> RecordedError | None:
    """A generation's last failure; None when it did not fail."""
    return error_in(read_metadata(layout, stage, gen_id))


def error_in(metadata: Mapping[str, Any]) -> RecordedError | None:
    """The error that a generation's metadata tell of."""
    error = metadata.get("error")
    if not isinstance(error, dict):
        return None
    return RecordedError(*(str(error.get(name, "")) for name in RecordedError._fields))


def read_metadata(layout: Layout, stage: Stage, gen_id: str) -> dict[str, Any]:
    """A generation's metadata.json; empty when it is missing or damaged."""
    return read_object(f"{layout.generation(stage, gen_id)}/metadata.json")


def digest(content: bytes) -> str:
    """The SHA-256 by which metadata remember what was written to ``parsed.txt``."""
    return hashlib.sha256(content).hexdigest()


def is_as_written(metadata: Mapping[str, Any], content: bytes) -> bool:
    """Whether a ``parsed.txt`` is what its generation wrote, by the generation's metadata.

    Metadata of version 0.1.0 and of other software have no hash, and then nothing is known.
    """
    written = metadata.get("parsed_sha256")
    return written is None or written == digest(content)


def as_number(value: object) -> float | None:
    """A number of some metadata, None when it is none: metadata may be of any origin."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]  # it was checked


def as_whole(value: object) -> int | None:
    """A whole number of some metadata, None when it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_text(value: object) -> str | None:
    """A text of some metadata, None when it is none."""
    return value if isinstance(value, str) else None
