"""JSON files of the store, read without fail: whatever was damaged counts as not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from daydream.store.files import read_current


def read_json(path: str | Path) -> Any:
    """What a JSON file holds; None when it is missing, damaged, or nested beyond measure."""
    try:
        return json.loads(read_current(path).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def read_object(path: str | Path) -> dict[str, Any]:
    """The object that a JSON file holds; empty when it holds none."""
    content = read_json(path)
    return content if isinstance(content, dict) else {}
