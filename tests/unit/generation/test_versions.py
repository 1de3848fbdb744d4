"""The code that made a generation is named."""

from __future__ import annotations

import platform

from daydream import __version__
from daydream.generation.versions import versions


def test_versions_are_those_of_this_process() -> None:
    told = versions()
    assert told["daydream_version"] == __version__
    assert told["python_version"] == platform.python_version()
    commit = told["git_commit"]
    assert commit is None or (isinstance(commit, str) and len(commit) == 40)
    assert (told["git_dirty"] is None) == (commit is None)
    assert versions() is told  # asked once a process
