"""A generation's metadata.json: read whole, and the error of its last failed attempt."""

from __future__ import annotations

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
