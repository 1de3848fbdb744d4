"""A generation's metadata.json: read whole, and the error of its last failed attempt."""

from __future__ import annotations

import hashlib
import json
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


def is_as_written(layout: Layout, stage: Stage, gen_id: str, content: bytes) -> bool:
    """Whether a ``parsed.txt`` is what its generation wrote.

    Metadata of version 0.1.0 and of other software have no hash, and then nothing is known.
    """
    written = read_metadata(layout, stage, gen_id).get("parsed_sha256")
    return written is None or written == digest(content)
