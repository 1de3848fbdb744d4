"""The limit on open files: each generation under way holds its ledger open, waiting or not."""

from __future__ import annotations

import resource
from itertools import islice

from daydream.workflow.project import Project

FILES_OF_A_JOB = 3  # its ledger, its connection, the file that is being written
OTHER_FILES = 150  # of Python, Snakemake and its log files


def needed_files(jobs: int) -> int:
    """How many files may be open while so many generations are under way."""
    return jobs * FILES_OF_A_JOB + OTHER_FILES


def allow_open_files(project: Project, cores: int | None) -> list[str]:
    """Raise this process's limit as far as a run needs it; what is in the way.

    The soft limit, often 1,024, is a default that a process may raise up to the hard one.

    Args:
        project: the experiment; no more generations are under way than it has.
        cores: how many may be under way; None where they are made elsewhere.
    """
    return _allow(sum(1 for _ in islice(project.members(), cores or 0)))


def _allow(jobs: int) -> list[str]:
    needed, (soft, hard) = needed_files(jobs), resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        except (OSError, ValueError):  # macOS has a lower limit than the hard one says
            allowed = hard = soft
    if allowed >= needed:
        return []
    possible = max(1, (hard - OTHER_FILES) // FILES_OF_A_JOB)
    return [
        f"{jobs:,} generations at once may need {needed:,} open files, and this system allows a "
        f"process {hard:,}. Ask for fewer at once (snakemake -c {possible}), or have the hard "
        f"limit raised (ulimit -Hn {needed})."
    ]
