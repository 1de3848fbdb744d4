"""Versions of the code that made a generation."""

from __future__ import annotations

import platform
import subprocess
from functools import cache

from daydream import __version__
from daydream.experiment.installation import WORKFLOW


@cache
def versions() -> dict[str, str | bool | None]:
    """Versions of daydream and Python, and the git commit of the source; asked once a process.

    ``git_commit`` is None outside a repository; ``git_dirty`` tells of uncommitted changes to
    tracked files.
    """
    commit = _git("rev-parse", "HEAD")
    return {
        "daydream_version": __version__,
        "python_version": platform.python_version(),
        "git_commit": commit,
        "git_dirty": None if commit is None else bool(_git("status", "--porcelain", "-uno")),
    }


def _git(*arguments: str) -> str | None:
    if not (WORKFLOW / ".git").exists():  # the repository around an installed package is not ours
        return None
    command = ("git", "-C", str(WORKFLOW), *arguments)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
