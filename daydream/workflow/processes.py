"""The process of a run, and those that Snakemake starts for its jobs."""

from __future__ import annotations

import atexit
import functools
import gc
import os

_THRESHOLDS = (200_000, 50, 1000)


def share_package(folder: str) -> None:
    """Let ``script:`` processes import the package from where it was imported here."""
    known = os.environ.get("PYTHONPATH", "")
    if folder not in known.split(os.pathsep):
        os.environ["PYTHONPATH"] = folder + (os.pathsep + known if known else "")


def collect_garbage_rarely() -> None:
    """Have Python search for unreachable cycles less often than it does by default.

    Snakemake keeps about a hundred objects for each generation to the end of a run, and each search
    goes through all of them: a quarter of the time that a run with nothing to do takes. At the end
    Python would take them apart one by one, a third of that time; the process ends anyway.
    """
    gc.set_threshold(*map(max, gc.get_threshold(), _THRESHOLDS))
    _leave_all_at_exit()


@functools.cache
def _leave_all_at_exit() -> None:
    atexit.register(gc.freeze)  # what is frozen is left to the system
