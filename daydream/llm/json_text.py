"""JSON of providers, read without a limit that Python sets and without fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def load_json(text: str) -> Any:
    """What a text of JSON holds; None when it is none."""
    try:
        return json.loads(text.lstrip("\ufeff"), parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> float:
    """An integer; Python refuses to read thousands of digits, which no count of ours has."""
    return int(digits) if len(digits) < 400 else float("inf")


def mapping(value: object) -> Mapping[str, Any]:
    """A value that should be an object of JSON; empty when it is none."""
    return value if isinstance(value, dict) else {}
