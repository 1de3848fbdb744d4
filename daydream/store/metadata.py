"""A generation's metadata.json: read whole, and the error of its last failed attempt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daydream.store.layout import Layout, Stage


def failure_of(layout: Layout, stage: Stage, gen_id: str) -> tuple[str, str] | None:
    """Kind and message of a generation's last failure; None when it did not fail."""
    error = read_metadata(layout, stage, gen_id).get("error")
    if not isinstance(error, dict):
        return None
    return str(error.get("kind", "")), str(error.get("message", ""))


def read_metadata(layout: Layout, stage: Stage, gen_id: str) -> dict[str, Any]:
    """A generation's metadata.json; empty when it is missing or damaged."""
    path = Path(layout.generation(stage, gen_id)) / "metadata.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


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
