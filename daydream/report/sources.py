"""The files of the package that decide what a report looks like, as inputs of its rule."""

from __future__ import annotations

from pathlib import Path

_SUFFIXES = {".py", ".html", ".css", ".js"}


def page_sources() -> list[str]:
    """Their paths, sorted: a report that was made by an older package is out of date."""
    files = Path(__file__).parent.rglob("*")
    return sorted(str(path) for path in files if path.suffix in _SUFFIXES and path.is_file())
